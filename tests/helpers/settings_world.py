"""An empty working directory, config folder, and environment, in which tests set and load settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cxcall.contracts.contract import load_shipped_contracts
from cxcall.findings.errors import UsageError
from cxcall.settings import settings as config

SECRET = "m4rker-s3cret"
HOSTILE_ENV = ("CXCALL_", "GENESYSCLOUD_")


class World:
    """An empty working directory, config folder, and environment."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.config = folder / "config"
        self.config.mkdir()
        self.work = folder / "work"
        self.work.mkdir()
        self._monkeypatch = monkeypatch

    def env(self, **variables: str) -> World:
        """Set variables of the environment."""
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)
        return self

    def dotenv(self, text: str | bytes) -> World:
        """Write the working directory's `.env`."""
        data = text if isinstance(text, bytes) else text.encode()
        (self.work / ".env").write_bytes(data)
        return self

    def toml(self, text: str | bytes, mode: int = 0o600) -> World:
        """Write config.toml."""
        path = self.config / "config.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return self

    def load(self, **flags: str | None) -> config.Settings:
        """Load the settings as a command does."""
        return config.load_settings(flags, load_shipped_contracts()[0])

    def refusal(self, **flags: str | None) -> UsageError:
        """Return the error that loading the settings raises."""
        with pytest.raises(UsageError) as caught:
            self.load(**flags)
        assert caught.value.exit_code == 2
        assert caught.value.findings[0].fix
        return caught.value


def clear(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    for name in list(os.environ):
        if name.startswith(HOSTILE_ENV):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setenv("CXCALL_CONFIG_DIR", str(folder / "config"))
    monkeypatch.setenv("CXCALL_STATE_DIR", str(folder / "state"))
