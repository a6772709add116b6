"""Backends for the real `keyring`, chosen by PYTHON_KEYRING_BACKEND: one that stores secrets, and others that fail."""

# The signatures are those of keyring.
# ruff: noqa: ARG002, D102

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

FILE = Path(os.environ["KEYRING_FILE"])
FILE.with_suffix(".loaded").touch()


class Keeping(KeyringBackend):
    """Stores passwords in the file that KEYRING_FILE names."""

    priority = 1.0  # keyring's own way to declare it

    def _read(self) -> dict[str, str]:
        kept: dict[str, str] = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
        return kept

    def get_password(self, service: str, username: str) -> str | None:
        return self._read().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        FILE.write_text(json.dumps({**self._read(), f"{service}/{username}": password}), "utf-8")

    def delete_password(self, service: str, username: str) -> None:
        kept = self._read()
        if kept.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError
        FILE.write_text(json.dumps(kept), "utf-8")


class Hanging(Keeping):
    """Waits forever to be unlocked."""

    def get_password(self, service: str, username: str) -> str | None:
        threading.Event().wait()
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        threading.Event().wait()


class Late(Keeping):
    """Stores a secret, and does not respond."""

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password)
        threading.Event().wait()


class Telling(Keeping):
    """Fails with the secret in its message."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError(f"cannot keep {password} of {service} {username}")


class Refusing(Keeping):
    """Deletes no secret."""

    def delete_password(self, service: str, username: str) -> None:
        raise PasswordDeleteError
