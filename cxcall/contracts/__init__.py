"""API schemas: shipped and users' OpenAPI documents as operations."""
