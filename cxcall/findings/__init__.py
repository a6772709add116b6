"""Findings, their codes, exit codes, and the errors that carry them."""
