"""Many cases in one test: pytest needs milliseconds for each test, and each worker collects all of them."""

from __future__ import annotations

import inspect
from concurrent.futures import ThreadPoolExecutor
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
    *,
    at_once: bool = False,
) -> Callable[[Test], Test]:
    """Return a decorator like `pytest.mark.parametrize`, but for one test that runs all cases.

    It reports all failing cases together. The cases share fixtures, so no case may change what another reads.
    The quick suite runs `quick` of them, evenly spread, or all. `at_once` runs each in its own thread, for
    cases that mostly wait.
    """
    keys, cases = names.replace(" ", "").split(","), list(cases)
    labels = list(map(ids, cases) if callable(ids) else ids)
    assert len(labels) == len(cases)

    def decorate(test: Test) -> Test:
        @wraps(test)
        def run_all(**fixtures: Any) -> None:
            def run(case: Any, label: str) -> BaseException | None:
                values = case if len(keys) > 1 else (case,)
                try:
                    test(**fixtures, **dict(zip(keys, values, strict=True)))
                except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - raised below
                    error.add_note(f"case: {label}")
                    return error
                return None

            step = -(-len(cases) // quick) if quick and is_quick() else 1
            with ThreadPoolExecutor(len(cases) if at_once else 1) as threads:
                run_each = threads.map if at_once else map
                found = [*run_each(run, cases[::step], labels[::step])]
            errors = [each for each in found if each is not None]
            if errors:
                raise BaseExceptionGroup(f"{len(errors)} of {len(cases)} cases failed", errors)

        declared = inspect.signature(test)
        kept = [each for name, each in declared.parameters.items() if name not in keys]
        run_all.__signature__ = declared.replace(parameters=kept)  # type: ignore[attr-defined]
        return run_all

    return decorate
