"""Check payload files: JSON, JSON Lines, and CSV."""
