"""Fixtures for exchanges: an environment without proxies, a log, and a certificate."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from helpers.certificates import Certificate, make_certificate


@pytest.fixture
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Return a certificate for this machine and for `api.example.invalid`."""
    hosts = "IP:127.0.0.1,DNS:localhost,DNS:api.example.invalid"
    return make_certificate(tmp_path_factory.mktemp("good"), hosts=hosts)


@pytest.fixture
def log() -> Iterator[StringIO]:
    """Return the log of a program that logs everything."""
    text, logger = StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(text), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield text
    logger.setLevel(level)
    logger.removeHandler(handler)
