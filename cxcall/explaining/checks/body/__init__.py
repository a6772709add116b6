"""Check the body of an observed request: its structure, and what its values are by their names."""
