"""Explain responses that refuse a request: their cause, text, place in the request, and advice."""
