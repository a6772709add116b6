"""The actions of the commands: one file per command, called with parsed options."""
