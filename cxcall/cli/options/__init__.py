"""The groups of options of each command; an action gets them as one value."""
