"""The actions of `cxcall explain`."""
