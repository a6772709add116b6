"""Recognize secrets, by name and by form, and mask those of this run and those of others."""
