"""Secrets in the system's keyring: where the extra `cxcall[keyring]` is installed, and it answers in time."""

from __future__ import annotations

import json
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TIMEOUT = 3.0
"""Seconds: a keyring may wait for somebody to unlock it, and nobody may be there."""

_SERVICE = "cxcall"


class KeyringError(Exception):
    """The keyring did not do what it was asked; the text says why, and holds no secret."""


def is_installed() -> bool:
    """Tell whether the extra is there; imports nothing of it."""
    from importlib.util import find_spec

    return find_spec("keyring") is not None


def save_secrets(account: str, secrets: Mapping[str, str]) -> None:
    """Keep secrets, in place of earlier ones of the account; raises VaultError when they are not kept."""
    text = json.dumps(dict(secrets))

    def keep(keyring: Any) -> bool:
        keyring.set_password(_SERVICE, account, text)
        return bool(keyring.get_password(_SERVICE, account) == text)

    if not _within_limit(keep):
        raise KeyringError("the keyring keeps nothing")


def load_secrets(account: str) -> dict[str, str]:
    """Return the secrets of an account; raises VaultError when they cannot be had."""
    text = _within_limit(lambda keyring: keyring.get_password(_SERVICE, account))
    try:
        found = json.loads(text or "")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise KeyringError("the keyring holds it no more")
    return {str(name): str(value) for name, value in found.items()}


def delete_secrets(account: str) -> None:
    """Forget the secrets of an account; raises VaultError when they may still be there."""

    def forget(keyring: Any) -> None:
        if keyring.get_password(_SERVICE, account) is not None:
            keyring.delete_password(_SERVICE, account)

    _within_limit(forget)


def _within_limit(act: Callable[[Any], Any]) -> Any:
    """Let the keyring act on a thread of its own, which nothing waits for beyond the limit."""
    if not is_installed():
        raise KeyringError("the keyring is not installed: `pip install 'cxcall[keyring]'`")
    done: list[Any] = []
    failed: list[str] = []

    def run() -> None:
        try:
            import keyring

            done.append(act(keyring))
        except Exception as error:  # noqa: BLE001 - a backend may raise anything, its secret included
            failed.append(type(error).__name__)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(TIMEOUT)
    if failed:
        raise KeyringError(f"the keyring failed: {failed[0]}")
    if not done:
        raise KeyringError(f"the keyring did not answer within {TIMEOUT:g} s")
    return done[0]
