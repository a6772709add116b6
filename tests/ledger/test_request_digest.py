"""Requests are identical exactly if their digests are equal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxcall.ledger.request_identity import intent_digest
from cxcall.ledger.stored_values import keyed_digest

UUID = "7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(UUID),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)


def backwards(value: Any) -> Any:
    """Return the same JSON with every object's members in the opposite order."""
    if isinstance(value, dict):
        return {name: backwards(value[name]) for name in reversed(value)}
    return [backwards(item) for item in value] if isinstance(value, list) else value


def digest_of(body: Any) -> str:
    return intent_digest("POST", "https://h/x", body)


@pytest.mark.slow
@given(JSON)
def test_equal_json_has_an_equal_digest(body: Any) -> None:
    spaced = json.loads(json.dumps(backwards(body), indent=3))
    assert digest_of(spaced) == digest_of(body)


@pytest.mark.slow
@given(JSON, JSON)
def test_different_json_has_a_different_digest(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (digest_of(one) == digest_of(other)) is same


def test_digest_ignores_only_the_case_of_uuids() -> None:
    given = ("POST", f"https://h/{UUID}", {"id": UUID, "name": "Ann"})
    upper = ("POST", f"https://h/{UUID.upper()}", {"id": UUID.upper(), "name": "Ann"})
    assert intent_digest(*given) == intent_digest(*upper)
    others = [
        ("PUT", *given[1:]),
        (given[0], "https://h/", given[2]),
        (*given[:2], {"id": UUID, "name": "ann"}),
    ]
    assert len({intent_digest(*given), *(intent_digest(*other) for other in others)}) == 4


def test_digest_does_not_depend_on_which_host_of_a_vendor_serves_the_tenant() -> None:
    vendors = (
        "api-na1.niceincontact.com",
        "api-b32.nice-incontact.com",
        "API-L36.nicecxone-gov.com",
    )
    others = (
        "api.mypurecloud.com",
        "api.usw2.pure.cloud",
        "calls.example.com",
        "niceincontact.com.example.com",
        "evilniceincontact.com",
        "api-na1.niceincontact.com:8443",
    )
    found = [intent_digest("POST", f"https://{host}/x", {}) for host in (*vendors, *others)]
    assert len({*found[: len(vendors)]}) == 1
    assert len({*found}) == 1 + len(others)
    assert intent_digest("POST", "https://api-na1.niceincontact.com/y", {}) not in found


def test_digest_of_a_person_is_that_of_existing_ledgers() -> None:
    assert keyed_digest("+12025550123", "k" * 32) == "09ae614266ed6f5fd182995fd5a3902e"
