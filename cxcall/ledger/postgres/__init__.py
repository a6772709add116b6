"""The ledger in PostgreSQL, which many machines share, with the queue of rows and the common rate limit."""
