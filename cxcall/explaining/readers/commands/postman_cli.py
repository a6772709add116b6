"""Read commands of the Postman CLI (`postman request`) by converting them to curl commands."""

from __future__ import annotations

from cxcall.explaining.readers.request_builder import METHODS

_OPTIONS = {"--body": "--data-raw", "-d": "--data-raw", "-f": "--form", "--timeout": "--max-time"}


def postman_as_curl(words: list[str]) -> list[str]:
    """Return the words of a Postman CLI command as those of a curl command."""
    curl = ["curl"]
    for word in words[2:]:
        if word.upper() in METHODS and len(curl) == 1:
            curl += ["-X", word]
        else:
            curl.append(_OPTIONS.get(word, word))
    return curl
