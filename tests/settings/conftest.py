"""Fixtures for settings: an empty working directory and environment, and a folder that is not trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.settings_world import World, clear
from helpers.trust import Folder


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    clear(monkeypatch, tmp_path)
    made = World(tmp_path, monkeypatch)
    monkeypatch.chdir(made.work)
    return made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return Folder(tmp_path, monkeypatch)
