"""Report the name of a variable that was sent as the token, because the language did not insert its value."""

from __future__ import annotations

import re

from cxcall.findings.finding import Finding
from cxcall.payloads.placeholders import placeholder_finding

LANGUAGE_VARIABLE = re.compile(r"[$#]?\{\w[\w.]*\}|\$\w+")
_INSERTING = {  # how languages insert a variable, by its start
    "${": "JavaScript does it in backticks, most other languages in double quotes",
    "{": 'Python does it in `f"..."`, C# in `$"..."`',
    "": "shells, Ruby, PHP, and PowerShell do it in double quotes, not in single quotes",
}


def unfilled_token_finding(token: str) -> Finding:
    """Return the finding that a token is a text that was never filled in, with how languages insert a variable."""
    fix = "replace it with the token: `cxcall auth token`"
    if LANGUAGE_VARIABLE.fullmatch(token):
        fix += "; or insert the variable: "
        fix += next(each for start, each in _INSERTING.items() if token.startswith(start))
    return placeholder_finding("header:Authorization", "the token", fix)
