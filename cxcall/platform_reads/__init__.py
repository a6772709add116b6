"""Read-only requests to the platform: preflight checks, lookups, and call tracking."""
