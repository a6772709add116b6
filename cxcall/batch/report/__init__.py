"""Report the results of a batch from the ledger: as text, CSV, JSON Lines, or one HTML file."""
