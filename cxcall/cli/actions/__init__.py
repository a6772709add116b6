"""What the commands do: one file per command, called with options that are already parsed."""
