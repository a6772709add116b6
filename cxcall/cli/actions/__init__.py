"""The actions of the commands: what they do with the options that were given."""
