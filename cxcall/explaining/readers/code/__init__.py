"""Read code of any language, PowerShell included, as far as it is literal: tokens, values, calls, requests."""
