"""`check` and `explain` report every kind of wrong value as documented, in every thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cxcall import CxcallError, check, explain

SMALL_STACK = 1 << 18
"""Bytes of a thread's stack on other systems."""


def nest(levels: int, wrap: Callable[[Any], Any]) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = wrap(value)
    return value


CIRCULAR: list[Any] = []
CIRCULAR.append(CIRCULAR)
NOT_JSON = {
    "object": (object(), TypeError),
    "set": ({1}, TypeError),
    "bytes": (b"{}", TypeError),
    "key": ({(1, 2): 3}, TypeError),
    "circular": (CIRCULAR, ValueError),
    "long integer": (10**5000, ValueError),
}
DEEP: dict[str, tuple[int, Callable[[Any], Any]]] = {
    "lists": (100_000, lambda inner: [inner]),
    "objects": (100_000, lambda inner: {"a": inner}),
    "tuples": (100_000, lambda inner: (inner,)),
    "less": (990, lambda inner: {"a": inner}),
}


@pytest.fixture(params=["main thread", "small thread"])
def call(request: pytest.FixtureRequest) -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Call a function in the main thread, or in one with a small stack; raises what it raises."""

    def call_in_thread(function: Callable[[], Any]) -> Any:
        results: list[Any] = []

        def run() -> None:
            try:
                results.append(function())
            except BaseException as error:  # noqa: BLE001 - raised again below
                results.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if isinstance(results[0], BaseException):
            raise results[0]
        return results[0]

    if request.param == "main thread":
        yield lambda function: function()
        return
    before = threading.stack_size(SMALL_STACK)
    yield call_in_thread
    threading.stack_size(before)


def exchange(body: Any) -> dict[str, Any]:
    return {"method": "POST", "host": "api.mypurecloud.com", "path": "/api/v2/x", "body": body}


@pytest.mark.parametrize("name", NOT_JSON)
def test_value_that_is_not_json_raises_a_documented_error(
    name: str, call: Callable[[Callable[[], Any]], Any]
) -> None:
    value, error = NOT_JSON[name]
    with pytest.raises(error):
        call(lambda: check({"contactId": value}))
    with pytest.raises(error):
        call(lambda: explain(exchange(value)))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [-float("inf")]])
def test_number_that_json_does_not_have_is_reported(value: Any) -> None:
    with pytest.raises(ValueError, match="JSON"):
        check({"contactId": value})
    # The value that a client sends for it is the cause of the refusal.
    (found,) = explain(exchange({"a": value}))
    assert "body-malformed" in {finding.code for finding in found.findings}


@pytest.mark.parametrize(
    "name",
    [
        "lists",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("less", "objects", "tuples")),
    ],
)
def test_deep_value_is_reported(name: str, call: Callable[[Callable[[], Any]], Any]) -> None:
    deep = nest(*DEEP[name])
    verdict = call(lambda: check(deep))
    assert [finding.code for finding in verdict.findings] == ["body-malformed"]
    assert "nested more than 200 levels" in verdict.findings[0].message
    with pytest.raises(CxcallError, match="is not the name of an operation"):
        call(lambda: check({}, deep))
    for source in (
        exchange(deep),
        {**exchange({}), "status": 400, "headers": {"a": deep}},
    ):
        with pytest.raises(CxcallError, match="nested too deep"):
            call(lambda source=source: explain(source))  # type: ignore[misc]  # a default binds it


@pytest.mark.parametrize("source", [None, 5, 1.5, b"curl", ["curl"], {1}, object()])
def test_source_of_another_type_is_a_type_error(source: Any) -> None:
    with pytest.raises(TypeError, match="pathlib"):
        explain(source)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["[" * 20_000, '{"a":' * 4_000, "{" * 990 + "}" * 990, "NaN", ""])
def test_deep_or_empty_text_is_a_usage_error(
    text: str, call: Callable[[Callable[[], Any]], Any]
) -> None:
    with pytest.raises(CxcallError, match="cannot parse"):
        call(lambda: explain(text))
