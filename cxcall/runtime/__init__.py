"""The process: signals, standard streams, exit, and its secrets."""
