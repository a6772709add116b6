"""Read code of any language, PowerShell included, as far as it is literal: tokens, values, calls, requests.

There is no reader for each language: their syntax is in `tokens`, `calls`, and `collection_literals`, and the names of
libraries in `request_roles` and `request_draft`.
"""
