"""Settings from flags, environment, `.env`, and profiles, each with its source."""
