"""Load contacts into a dialer's list: rows are checked as in any batch, and many rows are sent in one request."""
