"""The codes of findings, each with what it means, what to do, and an example (`codes.json`)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cxcall.findings.errors import UsageError


class Code(NamedTuple):
    """What a code stands for."""

    name: str
    means: str
    do: str
    example: str

    def __str__(self) -> str:
        return f"{self.name}\n  {self.means}\n  do:      {self.do}\n  example: {self.example}"


@cache
def codes() -> dict[str, Code]:
    """Return every code by its name, in the order of a request's way."""
    declared = json.loads(Path(__file__).with_name("codes.json").read_text("utf-8"))
    return {name: Code(name, **entry) for name, entry in declared.items()}


def find(name: str) -> Code:
    """Return one code; raises UsageError with the nearest name where there is none."""
    known = codes()
    if name in known:
        return known[name]
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1)
    raise UsageError(
        f"`{name}` is no file, and no code of a finding",
        where="explain",
        fix=f"did you mean `{close[0]}`?" if close else "see `cxcall explain --codes`",
    )
