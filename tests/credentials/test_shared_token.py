"""Threads share a token until the API refuses it, then the next one, or the error on requesting it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock, Semaphore
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.credentials.access_token import SharedToken
from cxcall.credentials.oauth_client import UndeliveredError
from helpers.deliveries import Tokens

if TYPE_CHECKING:
    from cxcall.credentials.access_token import Token

THREADS = 3


class WatchedLock:
    """A lock that counts the threads that use it or wait for it."""

    def __init__(self) -> None:
        self._lock, self.users = Lock(), Semaphore(0)

    def __enter__(self) -> None:
        self.users.release()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_new_token_replaces_the_refused_one_for_all_requests() -> None:
    tokens = Tokens()
    first = tokens(None)
    shared = SharedToken(tokens, first)
    second = shared(first)
    assert second != first
    assert [shared(None), shared(first)] == [second, second]
    assert len(tokens.given) == 2


def test_threads_that_wait_for_a_token_have_its_failure_in_common(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lock, asked = WatchedLock(), 0

    def fail(refused: Token) -> Token:
        nonlocal asked
        asked += 1
        assert refused is first
        for _ in range(THREADS if asked == 1 else 1):
            assert lock.users.acquire(timeout=30)
        raise UndeliveredError

    first = Tokens()(None)
    shared = SharedToken(fail, first)
    monkeypatch.setattr(shared, "_lock", lock)
    with ThreadPoolExecutor(THREADS) as pool:
        found: list[Any] = [pool.submit(shared, first) for _ in range(THREADS)]
    assert all(isinstance(each.exception(), UndeliveredError) for each in found)
    assert asked == 1
    with pytest.raises(UndeliveredError):  # no request is sent with the refused token
        shared(None)
    assert asked == 2
