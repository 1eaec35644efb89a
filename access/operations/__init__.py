"""One verb a file: load, ask the model, record, commit. Each operation is one transaction on one workspace."""
