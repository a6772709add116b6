"""Everything that is written: reports as text or JSON, findings, and progress."""
