"""Explain a failed exchange: which part of the request or response is the cause."""
