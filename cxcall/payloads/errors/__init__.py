"""Explain the errors of the JSON Schema validator, and correct what they are about."""
