"""Trigger outbound calls through contact-centre APIs, and say exactly why one was refused."""

__version__ = "0.1.0"
