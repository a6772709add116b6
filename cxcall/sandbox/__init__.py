"""The embedded API server: it responds as the platform would, and places no real calls."""
