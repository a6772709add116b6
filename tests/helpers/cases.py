"""Many cases in one test: pytest needs milliseconds for each test, and each worker collects all of them."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest

from helpers.work import is_quick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Test = Callable[..., None]


def each_case(
    names: str,
    cases: Iterable[Any],
    ids: Callable[[Any], str] | Iterable[str] = repr,
    quick: int | None = None,
) -> Callable[[Test], Test]:
    """Return a decorator as `pytest.mark.parametrize`, but of one test that runs all cases.

    It reports all cases that fail at once. Fixtures are shared by the cases, so none may change what another reads.
    The quick suite runs `quick` of them, evenly spread, or all.
    """
    keys, cases = names.replace(" ", "").split(","), list(cases)
    labels = list(map(ids, cases) if callable(ids) else ids)

    def decorate(test: Test) -> Test:
        @wraps(test)
        def run_all(**fixtures: Any) -> None:
            errors: list[BaseException] = []
            step = -(-len(cases) // quick) if quick and is_quick() else 1
            for case, label in list(zip(cases, labels, strict=True))[::step]:
                values = case if len(keys) > 1 else (case,)
                try:
                    test(**fixtures, **dict(zip(keys, values, strict=True)))
                except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - raised below
                    error.add_note(f"case: {label}")
                    errors.append(error)
            if errors:
                raise BaseExceptionGroup(f"{len(errors)} of {len(cases)} cases failed", errors)

        declared = inspect.signature(test)
        kept = [each for name, each in declared.parameters.items() if name not in keys]
        run_all.__signature__ = declared.replace(parameters=kept)  # type: ignore[attr-defined]
        return run_all

    return decorate
