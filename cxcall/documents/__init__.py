"""Text formats with positions (JSON, YAML, TOML), text files, and files that only their owner can read."""
