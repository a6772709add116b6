"""Limit the rate of the requests of a batch, on one machine or on many."""
