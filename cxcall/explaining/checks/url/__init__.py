"""Check the URL of an observed request: host, path, and query."""
