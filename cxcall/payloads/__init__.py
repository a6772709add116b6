"""Build a request body and check it against the schema of an operation."""
