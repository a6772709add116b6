"""Load contacts into a dialer's list: rows are checked as those of any batch, and sent many in one request."""
