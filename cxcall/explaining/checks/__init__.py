"""Checks of an observed request, one part each: host, path, method, headers, query, and body."""
