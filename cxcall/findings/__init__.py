"""Findings, their codes, exit codes, and the errors that contain them."""
