"""Phone numbers and calling hours."""
