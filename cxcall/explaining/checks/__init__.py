"""Check one part of an observed request each: host, path, method, headers, query, and body."""
