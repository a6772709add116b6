"""Explain the errors of the JSON Schema validator, and correct names and values."""
