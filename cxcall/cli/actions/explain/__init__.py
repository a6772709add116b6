"""What `cxcall explain` does."""
