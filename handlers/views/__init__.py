"""Pure Block Kit: values of access.model in, messages and modals out. What a form sends back is parsed beside it."""
