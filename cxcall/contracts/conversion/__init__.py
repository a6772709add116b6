"""Convert OpenAPI 3.0 and Swagger 2.0 documents to OpenAPI 3.1."""
