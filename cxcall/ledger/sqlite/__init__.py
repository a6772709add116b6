"""The ledger in SQLite: its file, its connection, and the upgrade of older files."""
