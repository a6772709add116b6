"""Read pasted texts (curl, HAR, HTTP, Python, JSON) as observed requests."""
