"""Build a checked request, ask for consent, apply the guards, and send it at most once."""
