"""Check the credentials of an observed request: its token, and requests for tokens."""
