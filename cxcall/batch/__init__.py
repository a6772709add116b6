"""Send many requests from a file: rows, pace, results, totals, and resuming."""
