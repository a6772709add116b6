"""The commands: one file per command, with its options, its help, and what it does.

The types of options are imported at run time, not only for type checkers: they convert the values.
"""
