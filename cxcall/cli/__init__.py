"""The command line: assemble the commands, run one, and turn every error into a report."""
