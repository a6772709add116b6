"""Counts of a batch: its results, its checks, and the times of its requests."""
