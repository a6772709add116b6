"""What the platforms publish: which paths and methods exist, and which is nearest to one that does not."""

from __future__ import annotations

import re
from functools import cache, cached_property
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from cxcall.contracts import contract
from cxcall.payloads.placeholders import is_placeholder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.contracts.contract import Operation

GENESYS, CXONE = "genesys-cloud", "nice-cxone"
FAMILY = re.compile(r"^/incontactapi/services/v[0-9]+(?:\.[0-9]+)?(?=/|$)", re.IGNORECASE)
"""Path prefix of the ACD operations of NICE CXone, in any version and case (docs/platforms/nice-cxone.md#base-url-and-versions)."""

_OTHER_FAMILIES = ("/dfo/", "/user-management/", "/access-key-management/", "/data-extraction/")
"""Path prefixes of NICE CXone operations that no contract here declares (docs/platforms/nice-cxone.md#base-url-and-versions)."""

_READS = ("GET", "HEAD")
_PREFIX = "/api/v2/"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[0-9]+")
_SLOT = re.compile(r"\{[^/]*\}")
_FIRM = 0.3
"""The share of a path's words, by weight, that a near one must have."""
_LIKE = 0.35
"""The share, by weight, that the words of both must have in common with all of theirs."""


def is_other_family(path: str | None) -> bool:
    """Tell whether a path lies among the operations of NICE CXone of which none is declared here."""
    return f"{path or ''}/".lower().startswith(_OTHER_FAMILIES)


class PublishedOperation(NamedTuple):
    """One published operation; any of the permissions is enough. Its path lies `under` another."""

    method: str
    path: str
    permissions: tuple[str, ...] = ()
    under: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.under}{self.path}"


class Match(NamedTuple):
    """What a platform publishes at a path: the template, and its operations by method."""

    path: str
    methods: dict[str, PublishedOperation]


class PublishedOperations:
    """The published operations of one platform; `whole` when none is missing from it."""

    def __init__(
        self, platform: str, entries: Iterable[PublishedOperation], *, whole: bool
    ) -> None:
        self.platform, self.whole = platform, whole
        self.entries = tuple(entries)

    @cached_property
    def _by_length(self) -> dict[int, list[tuple[list[str], Match]]]:
        methods: dict[str, dict[str, PublishedOperation]] = {}
        for entry in self.entries:
            methods.setdefault(entry.path, {})[entry.method] = entry
        found: dict[int, list[tuple[list[str], Match]]] = {}
        for path in sorted(methods, key=lambda each: each.count("{")):
            segments = path.lower().split("/")
            found.setdefault(len(segments), []).append((segments, Match(path, methods[path])))
        return found

    def match(self, path: str) -> Match | None:
        """Find what is published at a path: literal segments before slots, and each slot holds an ID."""
        if path not in self._matches:
            wanted = path.rstrip("/").split("/")
            same_length = self._by_length.get(len(wanted), [])
            fitting = (match for template, match in same_length if self._fits(template, wanted))
            self._matches[path] = next(fitting, None)
        return self._matches[path]

    def _fits(self, template: list[str], wanted: list[str]) -> bool:
        """Tell whether a path has this form; a word that is part of other paths stands for no ID."""
        return all(
            declared == segment.lower()
            or (
                declared[:1] == "{" and (holds_id(segment) or segment.lower() not in self._literals)
            )
            for declared, segment in zip(template, wanted, strict=True)
        )

    @cached_property
    def _literals(self) -> set[str]:
        return {
            segment.lower()
            for entry in self.entries
            for segment in entry.path.split("/")
            if segment[:1] != "{"
        }

    @cached_property
    def _matches(self) -> dict[str, Match | None]:
        return {}

    def nearest(self, method: str, path: str) -> PublishedOperation | None:
        """Return the operation whose words are nearest to those of a path; None when none is near."""
        wanted = _words(path)
        whole = sum(map(self._weight, wanted)) or 1.0
        reads = method in _READS
        best = max(
            (entry for entry in self.entries if (entry.method in _READS) == reads),
            key=lambda entry: self._likeness(wanted, entry) + 0.1 * (entry.method == method),
            default=None,
        )
        if best is None or sum(map(self._weight, wanted & _words(best.path))) < _FIRM * whole:
            return None
        return best if self._likeness(wanted, best) >= _LIKE else None

    def _likeness(self, wanted: set[str], entry: PublishedOperation) -> float:
        has = _words(entry.path)
        both = sum(map(self._weight, wanted & has))
        return both / (sum(map(self._weight, wanted | has)) or 1.0)

    @cached_property
    def _counts(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for entry in self.entries:
            for word in _words(entry.path):
                counts[word] = counts.get(word, 0) + 1
        return counts

    def _weight(self, word: str) -> float:
        return log((len(self.entries) + 1) / self._counts.get(word, 1))


def holds_id(segment: str) -> bool:
    """Tell whether a segment of a path may be an ID, or stands for one; a plain word is none."""
    return bool(
        segment
        and (
            is_placeholder(segment, id_wanted=True)
            or segment.startswith((":", "{", "<", "$", "["))
            or any(char.isdigit() for char in segment)
            or not segment.islower()
        )
    )


@cache
def _words(path: str) -> set[str]:
    """Return the words of a path in the singular, without its slots, IDs and version."""
    segments = [
        segment
        for segment in FAMILY.sub("", path).removeprefix(_PREFIX).split("/")
        if not (_SLOT.fullmatch(segment) or _UUID.fullmatch(segment) or segment.isdigit())
    ]
    found = {word.lower() for segment in segments for word in _WORDS.findall(segment)}
    return {word.removesuffix("s") for word in found if not re.fullmatch(r"v?[0-9]+|api|v", word)}


@cache
def load_published_operations(platform: str) -> PublishedOperations:
    """Return what a platform publishes. That of NICE CXone holds only what its contract declares."""
    file = Path(__file__).parents[1] / "contracts" / "published" / f"{platform}.tsv"
    if not file.exists():
        declared = (
            PublishedOperation(operation.method, operation.path, under=_base_path(operation))
            for operation in contract.operations()
            if operation.platform == platform and operation.provenance == "published"
        )
        return PublishedOperations(platform, declared, whole=False)
    rows = (line.split("\t") for line in file.read_text("utf-8").splitlines() if line[:1] != "#")
    entries = (
        PublishedOperation(method, path, tuple(needed.split())) for method, path, needed in rows
    )
    return PublishedOperations(platform, entries, whole=True)


def _base_path(operation: Operation) -> str:
    return urlsplit(operation.server or operation.contract.base_url()).path.rstrip("/")
