"""The operations that the platforms publish: which paths and methods exist, and which is nearest to one that does not."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache, cached_property
from math import log
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cxcall.contracts import contract
from cxcall.named_tuple import NamedTuple
from cxcall.payloads.placeholders import is_placeholder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.contracts.operation import Operation

GENESYS, CXONE = "genesys-cloud", "nice-cxone"
PLATFORM_NAMES = {GENESYS: "Genesys Cloud", CXONE: "NICE CXone"}
ACD_BASE_PATH = re.compile(r"^/incontactapi/services/v[0-9]+(?:\.[0-9]+)?(?=/|$)", re.IGNORECASE)
"""The base path of the ACD operations of NICE CXone, in any version and case (docs/platforms/nice-cxone.md#base-url-and-versions)."""

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
READ_METHODS = ("GET", "HEAD")

# Base paths of NICE CXone whose operations no contract declares (docs/platforms/nice-cxone.md#base-url-and-versions).
_UNDECLARED_BASE_PATHS = (
    "/dfo/",
    "/user-management/",
    "/access-key-management/",
    "/data-extraction/",
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[0-9]+")
_PARAMETER = re.compile(r"\{[^/]*\}")
# Shares of words, weighted by rarity: of a path's words that the nearest one must have, and of the words
# of both paths that they must have in common.
_MIN_COVERAGE = 0.3
_MIN_SIMILARITY = 0.35


def is_undeclared_cxone_path(path: str) -> bool:
    """Tell whether a path lies among NICE CXone operations that no contract declares."""
    return f"{path}/".lower().startswith(_UNDECLARED_BASE_PATHS)


def published_source(*platforms: str) -> str:
    """Return the source of a finding that rests on what the platforms publish."""
    names = " and ".join(PLATFORM_NAMES[platform] for platform in platforms)
    return f"the published operations of {names}"


class PublishedOperation(NamedTuple):
    """One published operation; any one of `permissions` is enough. `base_path` precedes its path."""

    method: str
    path: str
    permissions: tuple[str, ...] = ()
    base_path: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.base_path}{self.path}"


class PublishedPath(NamedTuple):
    """A published path template, and its operations by method."""

    path: str
    methods: dict[str, PublishedOperation]


class PublishedOperations:
    """The published operations of one platform; `is_complete` where none is missing from them."""

    def __init__(
        self, platform: str, operations: Iterable[PublishedOperation], *, is_complete: bool
    ) -> None:
        self.platform, self.is_complete = platform, is_complete
        self.operations = tuple(operations)

    def match(self, path: str) -> PublishedPath | None:
        """Return what is published at a path; literal segments win over parameters."""
        segments = path.rstrip("/").split("/")
        candidates = self._paths_by_length.get(len(segments), [])
        return next((each for template, each in candidates if self._fits(template, segments)), None)

    @cached_property
    def _paths_by_length(self) -> dict[int, list[tuple[list[str], PublishedPath]]]:
        """Lower-case segments and path by the number of segments, fewer parameters first."""
        methods: dict[str, dict[str, PublishedOperation]] = {}
        for operation in self.operations:
            methods.setdefault(operation.path, {})[operation.method] = operation
        by_length: dict[int, list[tuple[list[str], PublishedPath]]] = {}
        for path in sorted(methods, key=lambda each: each.count("{")):
            segments = path.lower().split("/")
            entry = segments, PublishedPath(path, methods[path])
            by_length.setdefault(len(segments), []).append(entry)
        return by_length

    def _fits(self, template: list[str], segments: list[str]) -> bool:
        """Tell whether segments fit a template; a word that other paths contain is not an ID."""
        return all(
            expected == segment.lower()
            or (
                expected[:1] == "{"
                and (may_be_id(segment) or segment.lower() not in self._literals)
            )
            for expected, segment in zip(template, segments, strict=True)
        )

    @cached_property
    def _literals(self) -> set[str]:
        segments = {segment for each in self.operations for segment in each.path.split("/")}
        return {segment.lower() for segment in segments if segment[:1] != "{"}

    def nearest(self, method: str, path: str) -> PublishedOperation | None:
        """Return the operation with the most similar path; a read for a read. None where none is similar."""
        words = _path_words(path)
        is_read = method in READ_METHODS
        nearest = max(
            (each for each in self.operations if (each.method in READ_METHODS) == is_read),
            key=lambda each: self._similarity(words, each) + 0.1 * (each.method == method),
            default=None,
        )
        if nearest is None or self._similarity(words, nearest) < _MIN_SIMILARITY:
            return None
        coverage = self._weight(words & _path_words(nearest.path)) / (self._weight(words) or 1.0)
        return nearest if coverage >= _MIN_COVERAGE else None

    def _similarity(self, words: set[str], operation: PublishedOperation) -> float:
        others = _path_words(operation.path)
        return self._weight(words & others) / (self._weight(words | others) or 1.0)

    def _weight(self, words: set[str]) -> float:
        total = len(self.operations) + 1
        return sum(log(total / (self._word_counts[word] or 1)) for word in words)

    @cached_property
    def _word_counts(self) -> Counter[str]:
        return Counter(word for each in self.operations for word in _path_words(each.path))


def may_be_id(segment: str) -> bool:
    """Tell whether a path segment may be an ID or a placeholder for one; a plain word is not."""
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
def _path_words(path: str) -> set[str]:
    """Return the words of a path in the singular, without parameters, IDs, and version."""
    segments = [
        segment
        for segment in ACD_BASE_PATH.sub("", path).removeprefix("/api/v2/").split("/")
        if not (_PARAMETER.fullmatch(segment) or UUID.fullmatch(segment) or segment.isdigit())
    ]
    words = {word.lower() for segment in segments for word in _WORD.findall(segment)}
    return {word.removesuffix("s") for word in words if not re.fullmatch(r"v?[0-9]+|api|v", word)}


@cache
def load_published_operations(platform: str) -> PublishedOperations:
    """Return what a platform publishes. For NICE CXone, only what its contract declares is known."""
    file = Path(__file__).parents[1] / "contracts" / "published" / f"{platform}.tsv"
    if not file.exists():
        declared = (
            PublishedOperation(operation.method, operation.path, base_path=_base_path(operation))
            for operation in contract.load_operations()
            if operation.platform == platform and operation.provenance == "published"
        )
        return PublishedOperations(platform, declared, is_complete=False)
    rows = (line.split("\t") for line in file.read_text("utf-8").splitlines() if line[:1] != "#")
    published = (
        PublishedOperation(method, path, tuple(permissions.split()))
        for method, path, permissions in rows
    )
    return PublishedOperations(platform, published, is_complete=True)


def _base_path(operation: Operation) -> str:
    return urlsplit(operation.server or operation.contract.base_url()).path.rstrip("/")
