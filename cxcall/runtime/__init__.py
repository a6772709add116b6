"""The process: signals, standard streams, exit, and redaction of secrets."""
