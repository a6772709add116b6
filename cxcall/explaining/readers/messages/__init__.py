"""Read HTTP messages and responses in text: raw, in logs and transcripts, and as clients report failures."""
