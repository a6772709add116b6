"""Validation results in the formats that CI systems read: one module per format."""
