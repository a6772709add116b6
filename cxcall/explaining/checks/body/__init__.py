"""Check the body of an observed request: its structure, and whether its values fit their names."""
