"""Store secrets in the system's keyring, if the extra `cxcall[keyring]` is installed."""

from __future__ import annotations

import json
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TIMEOUT = 3.0
"""Seconds to wait: a keyring may ask the user to unlock it, and the user may be away."""

_SERVICE = "cxcall"
_NO_BACKEND = "no keyring backend is available"


class KeyringError(Exception):
    """The keyring failed. The message says why and contains no secret."""


def is_installed() -> bool:
    """Return whether the extra is installed, without importing it."""
    from importlib.util import find_spec

    return find_spec("keyring") is not None


def save_secrets(account: str, secrets: Mapping[str, str]) -> None:
    """Store the secrets of an account, in place of earlier ones; raises KeyringError if they may not be stored."""
    text = json.dumps(dict(secrets))

    def save(keyring: Any) -> bool:
        keyring.set_password(_SERVICE, account, text)
        with suppress(Exception):
            return bool(keyring.get_password(_SERVICE, account) == text)
        return False

    if not _run_with_timeout(save):
        raise KeyringError("the keyring did not store the secret")


def load_secrets(account: str) -> dict[str, str]:
    """Return the secrets of an account; raises KeyringError."""
    text = _run_with_timeout(lambda keyring: keyring.get_password(_SERVICE, account))
    try:
        found = json.loads(text or "")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise KeyringError("the secret is no longer in the keyring")
    return {str(name): str(value) for name, value in found.items()}


def delete_secrets(account: str) -> None:
    """Delete the secrets of an account; raises KeyringError if they may still be there."""

    def delete(keyring: Any) -> None:
        if keyring.get_password(_SERVICE, account) is not None:
            keyring.delete_password(_SERVICE, account)

    _run_with_timeout(delete)


def _run_with_timeout(act: Callable[[Any], Any]) -> Any:
    """Run `act` on another thread and return its result; raises KeyringError after TIMEOUT seconds."""
    if not is_installed():
        raise KeyringError("the keyring is not installed: `pip install 'cxcall[keyring]'`")
    done: list[Any] = []
    failed: list[str] = []

    def run() -> None:
        try:
            import keyring

            done.append(act(keyring))
        except Exception as error:  # noqa: BLE001 - a backend may raise anything, its secret included
            name = type(error).__name__
            failed.append(
                _NO_BACKEND if name == "NoKeyringError" else f"the keyring failed: {name}"
            )

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(TIMEOUT)
    if failed:
        raise KeyringError(failed[0])
    if not done:
        raise KeyringError(f"the keyring did not respond within {TIMEOUT:g} s")
    return done[0]
