"""The platform's interfaces as OpenAPI documents."""
