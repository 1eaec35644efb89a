"""One file for each kind of row, as the port of `access.ports` that it implements asks for it."""
