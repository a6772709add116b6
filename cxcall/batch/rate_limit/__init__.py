"""How many requests a batch sends in a time, on one machine or on many."""
