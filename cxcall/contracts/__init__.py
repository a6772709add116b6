"""API schemas: OpenAPI documents, shipped or given by the user, as operations."""
