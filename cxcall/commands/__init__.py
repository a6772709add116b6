"""One file per command: parse, call one use case, return its report."""
