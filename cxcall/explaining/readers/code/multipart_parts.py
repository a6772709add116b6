"""Find the parts of a multipart form that code sends: texts and files, each under a name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cxcall.explaining.readers.code.values import CodeCall, wrapped_text
from cxcall.explaining.readers.request_builder import encode_parts
from cxcall.explaining.readers.unresolved_variables import is_unresolved, variable_names

if TYPE_CHECKING:
    from collections.abc import Iterator

MULTIPART = "multipart/form-data"
_SENDS_PARTS = re.compile(
    r"\bFormData\b|multipart|CURLFile|\bnew File\(|\.attach\(|\badd(?:Upload|File|Form)\("
    r"|\bfiles *=",
    re.IGNORECASE,
)
_OTHER_TYPE = re.compile(r"json|urlencoded", re.IGNORECASE)
_FILE_CALLS = ("createformfile", "attach", "addfile", "addupload", "addbinarybody")
_PART_CALLS = (
    *_FILE_CALLS,
    "addformdatapart",
    "writefield",
    "addtextbody",
    "field",
    "formfield",
    "addpart",
)
_FILE_MAKERS = re.compile("file|stream|open|path|blob|buffer|bytes", re.IGNORECASE)
_QUOTED_NAME = re.compile(r"""["'](\w[\w.-]{0,60})["']""")


def sends_parts(text: str, content_type: str, body: Any, kind: str) -> bool:
    """Return whether code sends a multipart form; `kind` is the encoding that a call gives the body."""
    is_written = isinstance(body, str) and "Content-Disposition" in body
    if content_type.startswith(MULTIPART) or (is_written and not content_type):
        return True
    kind = kind if body and body != "{}" else ""
    is_other = _OTHER_TYPE.search(content_type) or kind in ("json", "text", "twice")
    return not is_other and _SENDS_PARTS.search(text) is not None


class CodeParts:
    """Collects the parts from calls and arguments such as `files=`."""

    def __init__(self) -> None:
        self._parts: dict[str, tuple[str, str]] = {}

    def take_call(self, name: str, call: CodeCall) -> None:
        """Add the part that a call adds to a form: a name and a text or a file, in either order."""
        folded = re.sub("[^a-z]", "", name.rpartition(".")[2].lower())
        values = call.values()
        values = values[1:] if values and isinstance(values[0], dict | list) else values
        is_adder = folded in ("add", "append", "set")
        if folded == "addform":
            for each in call.values():
                self.take_value(each if isinstance(each, list) else [])
        if len(values) < 2:
            return
        if is_adder and isinstance(values[0], CodeCall) and isinstance(values[1], str):
            self._add(values[1], values[0])
        elif isinstance(values[0], str) and (
            folded in _PART_CALLS or (is_adder and len(values) > 2)
        ):
            self._add(values[0], values[1], is_file=folded in _FILE_CALLS or len(values) > 2)

    def take_value(self, value: Any) -> None:
        """Add named parts: a map, pairs, or objects with `name` and `contents`."""
        for each in (
            value.items() if isinstance(value, dict) else value if isinstance(value, list) else ()
        ):
            if isinstance(each, dict) and isinstance(each.get("name"), str):
                content = each.get("contents", each.get("content"))
                self._add(each["name"], content, is_file=bool({"filename", "file"} & each.keys()))
            elif isinstance(each, list | tuple) and len(each) > 1 and isinstance(each[0], str):
                is_plain = isinstance(each[1], list) and each[1][:1] == [
                    None
                ]  # of `requests`: no file name
                self._add(each[0], each[1][-1] if is_plain else each[1], is_file=not is_plain)

    def _add(self, name: str, value: Any, *, is_file: bool = False) -> None:
        text = _first_text(value)
        is_file = is_file or (
            isinstance(value, CodeCall) and _FILE_MAKERS.search(value.name) is not None
        )
        self._parts[name] = ("", text or "file") if is_file else (text, "")

    def encode(
        self, body: Any, form: dict[str, Any], text: str
    ) -> tuple[str | None, dict[str, Any]]:
        """Return the parts as text, and possible further parts; None if no part can be read.

        A name that the code uses anywhere else may name a part, so it is not reported.
        """
        own = body if isinstance(body, dict) else {}
        if isinstance(body, list):
            self.take_value(body)
        for name, value in {**own, **form}.items():
            if isinstance(name, str) and name not in self._parts and name != "multipart":
                self._add(name, value, is_file=isinstance(value, CodeCall | list))
        if not self._parts or any(map(is_unresolved, self._parts)):
            is_whole = isinstance(body, str) and "Content-Disposition" in body
            is_whole = is_whole and not (variable_names(body) or "%@" in body)
            return body if is_whole else None, {}
        others = {name for name in _QUOTED_NAME.findall(text) if name not in self._parts}
        return encode_parts(self._rows()), {f"/{name}": () for name in others}

    def _rows(self) -> Iterator[tuple[str, str, str]]:
        for name, (text, file) in self._parts.items():
            yield name, text, file


def _first_text(value: Any) -> str:
    """Return a value as text, or the first text in a call or a list."""
    if isinstance(value, list):
        return next(filter(None, map(_first_text, value)), "")
    if isinstance(value, bool | int | float):
        return str(value).lower()
    return wrapped_text(value)
