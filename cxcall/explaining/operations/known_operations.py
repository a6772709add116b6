"""Known operations: published by the platforms, reported by users, or in the user's own document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cxcall.contracts import contract
from cxcall.contracts.contract import Contract
from cxcall.contracts.openapi_document import PLATFORMS
from cxcall.contracts.operation import Operation
from cxcall.contracts.path_templates import is_mixed_segment
from cxcall.contracts.unknown_operations import LeftOutOperation, read_left_out_operations
from cxcall.explaining.operations.path_distance import ID, VALUE, PathTree, may_be_id
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import compile_on_use

GENESYS, CXONE = PLATFORMS
PLATFORM_NAMES = {GENESYS: "Genesys Cloud", CXONE: "NICE CXone"}
ACD_BASE_PATH = compile_on_use(
    r"^/incontactapi/services/v[0-9]+(?:\.[0-9]+)?(?=/|$)", re.IGNORECASE
)
"""The base path of ACD operations, in any version and case (docs/platforms/nice-cxone.md#base-url-and-versions)."""

READ_METHODS = ("GET", "HEAD")
_ACD_SEGMENTS = "/incontactapi/services/v0.0"
_ID_NAME = compile_on_use(r"\{.*(ids?|no|number|session)\}", re.IGNORECASE)


def published_source(*platforms: str) -> str:
    """Return the text that names the published list as the source of a finding."""
    names = " and ".join(PLATFORM_NAMES[platform] for platform in platforms)
    return f"the published operations of {names}"


class PublishedOperation(NamedTuple):
    """One known operation; `path` includes the base path of its server.

    Any one of `permissions` (separated by spaces) is enough. `contract` declares it as `name`; it is
    None if only the list of the platform has it.
    """

    method: str
    path: str
    permissions: str = ""
    contract: Contract | None = None
    name: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def load(self) -> Operation | None:
        """Return the operation of the contract; None if no contract declares it."""
        return _load(self.contract, self.name) if self.contract else None


OWN_ID = "me"
"""The word for the caller's own ID in the paths of separate operations; elsewhere it stands for an ID."""


@cache
def _load(contract: Contract, name: str) -> Operation:
    return contract.find_by_name(name)[0]


class PublishedOperations:
    """The operations of one source.

    `rows` have the members of each. `platform` is empty for the user's own, whose `base_path` may be left out of a
    path. `is_complete` is False if the platform publishes more than the list has.
    """

    def __init__(
        self,
        platform: str,
        rows: Iterable[tuple[Any, ...]],
        *,
        is_complete: bool = True,
        base_path: str = "",
    ) -> None:
        self.platform, self.is_complete, self.base_path = platform, is_complete, base_path
        self._rows = tuple(rows)
        self._trees: dict[int, PathTree] = {}

    @cached_property
    def operations(self) -> tuple[PublishedOperation, ...]:
        """All operations."""
        return tuple(PublishedOperation(*row) for row in self._rows)

    def match(self, path: str) -> Place | None:
        """Return the operations at a path. A fixed segment takes precedence over a parameter at the same position."""
        segments = path_segments(path)
        found = self._find(segments)  # also of an operation with its own server
        if not found and not path.lower().startswith(f"{self.base_path.lower()}/"):
            segments = path_segments(self.base_path + path)
            found = self._find(segments)
        found.sort(key=lambda each: [(kind in (ID, VALUE), kind) for kind in each[0]])
        if not found:
            return None
        shape = found[0][0]
        ids = (word for word, kind in zip(segments, shape, strict=True) if kind == ID)
        words = tuple(word for word in ids if not may_be_id(word))
        if any(word in self.words and word != OWN_ID for word in words):
            return None
        is_parameter = [kind in (ID, VALUE) for kind in shape]
        methods = {
            each.method: each
            for other, operations in reversed(found)
            if is_parameter == [kind in (ID, VALUE) for kind in other]
            for each in reversed(operations)
        }
        return Place(self, methods, words)

    @cached_property
    def tree(self) -> PathTree:
        """The operations by the segments of their paths."""
        return _tree_of(self.operations)

    def _find(
        self, segments: tuple[str, ...]
    ) -> list[tuple[tuple[str, ...], list[PublishedOperation]]]:
        """Return each template that matches a path; only those with as many segments are prepared."""
        count = len(segments)
        if count not in self._trees:
            self._trees[count] = _tree_of(
                PublishedOperation(*row)
                for row in self._rows
                if row[1].rstrip("/").count("/") == count
            )
        return list(self._trees[count].find(segments))

    @cached_property
    def words(self) -> frozenset[str]:
        """The fixed segments of all paths, in lower case."""
        text = "/".join(row[1].lower() for row in self._rows)
        return frozenset(each for each in text.split("/") if each and "{" not in each)


def _tree_of(operations: Iterable[PublishedOperation]) -> PathTree:
    tree = PathTree()
    for each in operations:
        tree.add(map(_template_segment, path_segments(each.path)), each)
    return tree


class Place(NamedTuple):
    """The operations at a path by method, and the source that has them; `words` are plain words in place of IDs."""

    source: PublishedOperations
    methods: dict[str, PublishedOperation]
    words: tuple[str, ...]

    def operation(self, method: str) -> PublishedOperation | None:
        """Return the operation with a method (for HEAD, the GET operation); without a method, the only operation."""
        if method:
            return self.methods.get(method) or self.methods.get("GET" if method == "HEAD" else "")
        return next(iter(self.methods.values())) if len(self.methods) == 1 else None


def find_place(method: str, path: str, sources: Sequence[PublishedOperations]) -> Place | None:
    """Return the operations at a path from the first source that has it, preferably with this method."""
    matches = (_match(source, path) for source in sources) if path else ()
    places = [each for each in matches if each is not None]
    return next((each for each in places if each.operation(method)), places[0] if places else None)


@lru_cache(maxsize=64)
def _match(source: PublishedOperations, path: str) -> Place | None:
    """Return the operations at a path; cached, because many requests in a file share a path."""
    return source.match(path)


def path_segments(path: str) -> tuple[str, ...]:
    """Return the segments of a path; those of the ACD base path of NICE CXone without its version."""
    return tuple(ACD_BASE_PATH.sub(_ACD_SEGMENTS, path).rstrip("/").split("/")[1:])


@cache
def _template_segment(segment: str) -> str:
    """Return a word of a path template in lower case, ID or VALUE for a parameter, and a mixed segment unchanged."""
    if segment[:1] != "{" or is_mixed_segment(segment):
        return segment if "{" in segment else segment.lower()
    return ID if _ID_NAME.fullmatch(segment) else VALUE


@cache
def load_published_operations(platform: str) -> PublishedOperations:
    """Return the known operations of a platform: its published list, and the operations that contracts declare.

    The list of NICE CXone is not complete (docs/platforms/nice-cxone.md#base-url-and-versions).
    """
    folder = Path(contract.__file__).parent / "published"
    text = (folder / f"{platform}.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line[:1] != "#"]
    rights = {(method, path): names for method, path, names in rows}
    # What the platform documents and `send` does not offer.
    texts = (each.read_bytes() for each in folder.glob(f"{platform}.json"))
    name = f"{platform}-published"
    described = [contract.Contract(name, each, is_shipped=True) for each in texts]
    shipped = [
        each
        for each in contract.load_shipped_contracts()
        # The document of another platform, which has its name, need not be read.
        if each.name == platform or (each.name not in PLATFORMS and each.platform == platform)
    ]
    declared = [
        (method, path, rights.get((method, path), ""), owner, name)
        for owner in (*shipped, *described)
        for method, path, name in owner.routes
    ]
    published = [(*each, names) for each, names in rights.items()]
    return PublishedOperations(platform, declared + published, is_complete=platform == GENESYS)


def sources_of(platform: str, own: Contract | None) -> list[PublishedOperations]:
    """Return the user's own operations, and those of a platform, or of both platforms if it is not known."""
    published = map(load_published_operations, [platform] if platform else PLATFORM_NAMES)
    return [*([own_operations(own)] if own else ()), *published]


def is_published_path(path: str) -> bool:
    """Return whether an operation of one of the platforms has a path, with each of its words."""
    place = find_place("", path, sources_of("", None))
    return place is not None and not place.words


@cache
def count_published(platform: str) -> int:
    """Return the number of operations in the list of a platform."""
    return sum(not each.contract for each in load_published_operations(platform).operations)


def is_upload(path: str) -> bool:
    """Return whether a path is an upload of Genesys Cloud: uploads have their own host, and their body is a form."""
    return path.lower().startswith("/uploads/")


def is_cxone_service(path: str) -> bool:
    """Return whether a path starts with a service of NICE CXone, such as `/dfo/3.0/`."""
    start = tuple(path.lower().split("/")[1:3])
    return len(start) > 1 and start in _cxone_services()


@cache
def _cxone_services() -> set[tuple[str, ...]]:
    """Return the first two segments of the paths outside the ACD base path: a service and its version."""
    paths = (each.path.lower() for each in load_published_operations(CXONE).operations)
    starts = (tuple(path.split("/")[1:3]) for path in paths if not ACD_BASE_PATH.match(path))
    return {start for start in starts if re.search("[0-9]", start[-1])}


@cache
def own_operations(own: Contract) -> PublishedOperations:
    """Return the operations of the user's own contract."""
    declared = ((method, path, "", own, name) for method, path, name in own.routes)
    base = urlsplit(own.base_url()).path.rstrip("/")
    return PublishedOperations("", declared, base_path=base)


def find_left_out_operation(method: str, path: str, own: Contract) -> LeftOutOperation | None:
    """Return the operation at a path that the user's own contract declares, but that cannot be used."""
    source, names = _left_out(own)
    place = source.match(path) if names and path else None
    if place is None or own_operations(own).words.intersection(place.words):
        return None
    operation = place.operation(method)
    return names[operation.method, operation.path] if operation else None


@cache
def _left_out(
    own: Contract,
) -> tuple[PublishedOperations, dict[tuple[str, str], LeftOutOperation]]:
    found = read_left_out_operations(own)
    declared = (PublishedOperation(each.method, each.path) for each in found)
    base = urlsplit(own.base_url()).path.rstrip("/")
    source = PublishedOperations("", declared, base_path=base)
    return source, {(each.method, each.path): each for each in found}
