"""Read wget commands by converting them to curl commands."""

from __future__ import annotations

import re

from cxcall.explaining.readers.json_values.json_search import is_json

# No other option of wget with a value changes the request.
_OPTIONS = {
    "--method": "--request",
    "--header": "--header",
    "--body-data": "--data-raw",
    "--post-data": "--data-raw",
    "--body-file": "--data-binary",
    "--post-file": "--data-binary",
    "-O": "-o",
    **dict.fromkeys(
        tuple(
            """
            --output-document --timeout --user --password --user-agent --http-user
            --http-password --tries --input-file --output-file
            """.split()
        ),
        "--max-time",
    ),
}


def wget_as_curl(words: list[str]) -> list[str]:
    """Return the words of a wget command as those of a curl command."""
    curl = ["curl"]
    rest = iter(words[1:])
    for word in rest:
        name, equals, value = word.partition("=")
        if not word.startswith("--"):
            curl.append(_OPTIONS.get(word, word))
        elif name in _OPTIONS:
            value = value if equals else next(rest, "")
            curl += [_OPTIONS[name], f"@{value}" if name.endswith("-file") else _as_meant(value)]
    return curl


def _as_meant(body: str) -> str:
    r"""Return a body with line ends in place of the `\n` that command generators write between members."""
    if "\\n" not in body or body.lstrip()[:1] not in ("{", "[") or is_json(body):
        return body
    lines = re.sub(r"(?<=[\[{,\]}\"\w])\\n(?= *[\"\[{\]}\w-])", "\n", body)
    return lines if is_json(lines) else body
