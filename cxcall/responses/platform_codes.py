"""Look up the codes and texts in responses of the platforms, unlike the finding codes of cxcall."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cxcall.named_tuple import NamedTuple

_CERTAINTY = {
    "H": "the vendor's specification or SDK, or two independent sources",
    "M": "one source",
    "L": "one weak source, or inferred",
}


class PlatformCode(NamedTuple):
    """One meaning of a platform's code; `certainty` is H, M, or L, as docs/platforms/ explains.

    `already` is the role of the operation that is refused with it because nothing is left to do, if there is one.
    """

    name: str
    platform: str
    where: str
    means: str
    cause: str
    do: str
    source: str
    certainty: str
    already: str = ""

    def __str__(self) -> str:
        lines = (
            ("means:", self.means),
            ("cause:", self.cause),
            ("do:", self.do),
            ("known from:", _CERTAINTY[self.certainty]),
        )
        shown = "\n".join(f"  {label:<12}{text}".rstrip() for label, text in lines if text)
        return f"{self.name} ({self.platform}; {self.where})\n{shown}"


@cache
def load_platform_codes() -> dict[str, tuple[PlatformCode, ...]]:
    """Return the meanings of each code, by its name in lower case."""
    codes: dict[str, tuple[PlatformCode, ...]] = {}
    for line in Path(__file__).with_suffix(".tsv").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            code = PlatformCode(*line.split("\t"))
            key = code.name.lower()
            codes[key] = (*codes.get(key, ()), code)
    return codes


def find_platform_codes(name: str) -> tuple[PlatformCode, ...]:
    """Return the meanings of a code or text of the platforms, in any case; empty if it is unknown.

    The name of its member may precede it, as in `disconnectType=timeout`.
    """
    return load_platform_codes().get(name.rpartition("=")[2].strip().lower(), ())


def is_already_done(role: str, platform: str, status: int | None, code: str) -> bool:
    """Return whether a code of a response says that what the operation with a role would do is done already."""
    said = (platform, f"HTTP {status}", role)
    found = find_platform_codes(code)
    return any((each.platform, each.where, each.already) == said for each in found)
