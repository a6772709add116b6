"""Get, store, and describe the credentials and tokens of a profile."""
