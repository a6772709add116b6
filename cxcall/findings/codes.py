"""The finding codes (`codes.json`): meaning, what to do, and an example of each."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cxcall.findings.errors import UsageError
from cxcall.named_tuple import NamedTuple
from cxcall.version import SOURCE_URL

if TYPE_CHECKING:
    from collections.abc import Iterable


class Code(NamedTuple):
    """The description of one finding code."""

    name: str
    means: str
    do: str
    example: str

    @property
    def url(self) -> str:
        """The address of its description in the documentation."""
        return f"{SOURCE_URL}docs/reference/findings.md#{self.name}"

    def __str__(self) -> str:
        return f"{self.name}\n  {self.means}\n  do:           {self.do}\n  reported for: {self.example}"


@cache
def load_codes() -> dict[str, Code]:
    """Return all codes by name: from the URL of a request to its outcome."""
    declared = json.loads(Path(__file__).with_name("codes.json").read_text("utf-8"))
    return {name: Code(name, **description) for name, description in declared.items()}


def find_code(name: str, others: Iterable[str]) -> Code:
    """Return the code with a name; raises UsageError with the nearest name if there is none.

    `others` are other names that may have been meant.
    """
    known = load_codes()
    if name in known:
        return known[name]
    from difflib import get_close_matches

    close = get_close_matches(name, [*known, *others], n=1)
    raise UsageError(
        f"no such file or finding code: `{name}`",
        where="file",
        fix=f"the most similar code is `{close[0]}`" if close else "see `cxcall explain --codes`",
    )
