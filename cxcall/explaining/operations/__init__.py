"""The operations that are known, and which of them a request was meant for."""
