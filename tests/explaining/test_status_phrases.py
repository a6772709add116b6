"""Each phrase that names a status is read in its example, and sentences around it decide which status counts."""

from __future__ import annotations

import re

from cxcall.explaining.readers.format_detection import read_exchanges
from cxcall.explaining.readers.messages.status_patterns import (
    COUNT,
    NAMED_STATUS,
    NOTED_STATUS,
    TOLD_FORMS,
    TOLD_STATUS,
    find_first,
)
from cxcall.explaining.readers.messages.status_phrases import (
    ERROR_LABELS,
    NOUNS,
    SIGNS,
    THINGS,
    VAGUE,
    VERBS,
)
from helpers.cases import each_case
from helpers.pasted_texts import URL

WORDS = {**NOUNS, **VERBS, **SIGNS, **VAGUE}


def has_phrase(phrase: str, example: str) -> bool:
    return re.search(f"{phrase}.*400", example, re.IGNORECASE) is not None


@each_case("phrase, example", WORDS.items())
def test_phrase_names_the_status_behind_it(phrase: str, example: str) -> None:
    found = NAMED_STATUS.search(example)
    assert has_phrase(phrase, example)
    assert found is not None
    assert found["status"] == "400"


@each_case("phrase, example", {**VERBS, **VAGUE}.items())
def test_phrase_of_a_sentence_names_no_number_of_things(phrase: str, example: str) -> None:
    assert has_phrase(phrase, example)
    for pattern in (NAMED_STATUS, TOLD_STATUS):
        assert pattern.search(re.sub("400.*", "400 rows", example)) is None, pattern.pattern
    noted = NOTED_STATUS.search(f"call()  # {example}")
    assert noted is not None
    assert NOTED_STATUS.search(re.sub("400.*", "400 rows", f"call()  # {example}")) is None


@each_case("label, example", ERROR_LABELS.items())
def test_label_names_the_error_status_behind_it(label: str, example: str) -> None:
    found = find_first(example, *TOLD_FORMS)
    assert has_phrase(label, example)
    assert found is not None
    assert found["status"] == "400"


@each_case("thing", THINGS)
def test_number_of_things_is_a_count_behind_a_verb(thing: str) -> None:
    text = f"It returned 400 {thing}s."
    assert (COUNT.search(text) is not None) == (thing != "time")


@each_case(
    "sentence, status",
    [
        ("\nYesterday it returned 201.\nToday it returns 403.", 403),
        (" returned 201, but my own server logs status 500", 201),
        (" returned 201, but now I get 403 from my own server", 403),
        (" returned 400 items", 0),
    ],
)
def test_error_of_the_api_is_the_status_beside_a_success(sentence: str, status: int) -> None:
    (request,) = read_exchanges(f"POST {URL}{sentence}", "text")
    assert request.status == status


def test_number_of_things_leaves_the_outcome_of_a_write_open() -> None:
    for text, codes in (
        (f"POST {URL} returned 400 items.", ["outcome-unknown"]),
        (f"GET {URL} returned 400 items.", []),
        (f"POST {URL} should return 400 items, and we get 500 calls per hour.", []),
        (f'requests.post("{URL}", json={{"name": "a"}})  # returns 400 items', []),
    ):
        (request,) = read_exchanges(text, "text")
        assert [each.code for each in request.findings] == codes, text


def test_status_alone_in_the_plural_is_one() -> None:
    (request,) = read_exchanges(f'requests.post("{URL}", json={{"name": "a"}})\n400s', "text")
    assert request.status == 400
