"""The OAuth endpoints of the sandbox: codes, tokens, and a CXone tenant."""
