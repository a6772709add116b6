"""The fixture with an empty world of settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.settings_world import World, clear


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    clear(monkeypatch, tmp_path)
    made = World(tmp_path, monkeypatch)
    monkeypatch.chdir(made.work)
    return made
