"""Read the rows of a file: tables, JSON Lines, and sheets, and write rows that were rejected."""
