"""The durable record of deliveries, and the guard against duplicates."""
