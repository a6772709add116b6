"""The commands' options: one file per command, which calls one action and returns its report."""
