"""Known operations, and the one that a request was meant for."""
