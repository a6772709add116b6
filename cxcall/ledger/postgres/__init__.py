"""The ledger in PostgreSQL, which many machines share, and what only it has: the queue of rows and one pace."""
