"""Text formats with positions: JSON, TOML, and text files."""
