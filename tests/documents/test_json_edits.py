"""Edits of JSON: the same result in text and in memory as with an independent JSON Patch library, and no other change."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonpatch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxcall.documents.json_document import parse_json
from cxcall.documents.json_edits import apply_edits, edit_text
from cxcall.documents.json_pointer import has_value, join_pointer, objects
from cxcall.findings.edit import Applicability, Edit, move, write
from helpers.work import examples

SAFE = Applicability.SAFE
NAMES = st.sampled_from(["a", "b", "c/d", "e~f", "é", '"', ""])
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["x", 'a"b', "\n", "é"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
BODIES = st.dictionaries(NAMES, VALUES, min_size=1, max_size=5)


@st.composite
def edits_of(draw: st.DrawFn, value: Any) -> list[Edit]:
    """Draw edits that can be applied one after the other."""
    value, edits = copy.deepcopy(value), list[Edit]()
    for _ in range(draw(st.integers(1, 5))):
        found = [(pointer, members) for pointer, members in objects(value) if pointer or members]
        if not found:
            break
        above, members = draw(st.sampled_from(found))
        new, other = draw(NAMES), draw(st.sampled_from(found))[0]
        kind = draw(st.sampled_from(["add", "replace", "remove", "rename", "move"]))
        name = draw(st.sampled_from(sorted(members))) if members else None
        edit = write("add", join_pointer(above, new), draw(VALUES), SAFE)
        if kind != "add" and name is not None:
            source = join_pointer(above, name)
            target = join_pointer(above if kind == "rename" else other, new)
            edit = Edit("remove", source)
            if kind == "replace":
                edit = write("replace", source, draw(VALUES), SAFE)
            elif kind != "remove" and not target.startswith(f"{source}/"):
                edit = move(source, target, SAFE)
        if edit.op in ("add", "move") and has_value(value, edit.pointer):
            continue
        apply_edits(value, [edit])
        edits.append(edit)
    return edits


@pytest.mark.slow
@settings(max_examples=examples(500), deadline=None)
@given(
    body=BODIES,
    data=st.data(),
    indent=st.sampled_from([None, 0, 2, "\t"]),
    separators=st.sampled_from([(", ", ": "), (",", ":"), (" ,", " : ")]),
)
def test_text_and_memory_agree_with_json_patch(
    body: Any, data: st.DataObject, indent: Any, separators: tuple[str, str]
) -> None:
    edits = data.draw(edits_of(body))
    text = json.dumps(
        body, indent=indent, separators=separators, ensure_ascii=data.draw(st.booleans())
    )
    expected = jsonpatch.apply_patch(body, [edit.as_dict() for edit in edits])
    assert apply_edits(copy.deepcopy(body), edits) == expected
    assert json.loads(edit_text(parse_json(text, "p"), edits)) == expected


TEXT = """{
  "a":   1,   "b" : [ 1,2 ],
\t"c": {"d": null},\r
  "last": "\\u00e9"
}
"""


@pytest.mark.parametrize(
    ("edit", "before", "after"),
    [
        (move("/a", "/z", SAFE), '"a":', '"z":'),
        (write("replace", "/b/1", "x", SAFE), "1,2 ]", '1,"x" ]'),
        (Edit("remove", "/a"), '"a":   1,   "b"', '"b"'),
        (Edit("remove", "/last"), ',\r\n  "last": "\\u00e9"', "\r"),
        (Edit("remove", "/c/d"), '{"d": null}', "{}"),
        (write("add", "/new", {}, SAFE), '"\\u00e9"', '"\\u00e9",\r\n  "new": {}'),
        (write("add", "/c/e", 1, SAFE), "null}", 'null, "e": 1}'),
        (move("/last", "/c/last", SAFE), ',\r\n  "last": "\\u00e9"', "\r"),
    ],
)
def test_rest_of_the_text_stays_as_it_was(edit: Edit, before: str, after: str) -> None:
    changed = edit_text(parse_json(TEXT, "p"), [edit])
    expected = TEXT.replace(before, after).replace("\r\n}", "\n}")
    if edit.pointer == "/c/last":
        expected = expected.replace("null}", 'null, "last": "\\u00e9"}')
    assert changed.replace("\r\n}", "\n}") == expected


def test_edit_of_a_place_that_does_not_exist_is_left_out() -> None:
    edits = [move("/no", "/x", SAFE), move("/a", "/b", SAFE), write("replace", "/a", 2, SAFE)]
    assert edit_text(parse_json('{"a": 1, "b": 3}', "p"), edits) == '{"a": 2, "b": 3}'


@pytest.mark.slow
def test_many_renames_take_one_pass() -> None:
    body = {f"name{number}": number for number in range(5000)}
    edits = [move(f"/{name}", f"/{name}x", SAFE) for name in body]
    changed = json.loads(edit_text(parse_json(json.dumps(body), "p"), edits))
    assert changed == {f"{name}x": number for name, number in body.items()}
