"""Read what people paste (curl, HAR, HTTP, Python, JSON) as observed requests."""
