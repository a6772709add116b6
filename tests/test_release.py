"""Published data is correct: metadata, the README on a package index, files of the sdist."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

from cxcall.version import PROJECT_URL, __version__

ROOT = Path(__file__).parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@cache
def metadata() -> Any:
    """Return the core metadata of a wheel of this tree."""
    return ProjectMetadata(str(ROOT), PluginManager()).core


def test_changelog_has_a_dated_section_of_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(
        rf"^## \[{re.escape(__version__)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE
    )
    assert f"[{__version__}]: {PROJECT_URL}/" in changelog


def test_published_readme_has_absolute_links_to_files_of_this_release() -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", metadata().readme)
    assert links
    assert not [link for link in links if not link.startswith("https://")]
    own = [link.removeprefix(PROJECT_URL) for link in links if link.startswith(f"{PROJECT_URL}/")]
    for path in own:
        kind, name = re.fullmatch(
            rf"/(blob|raw)/v{re.escape(__version__)}/([^#]+).*", path
        ).groups()  # type: ignore[union-attr]
        assert (ROOT / name).exists(), path
        assert (kind == "raw") == name.endswith((".svg", ".png")), path


def test_project_addresses_have_one_base() -> None:
    assert set(PROJECT["project"]["urls"]) == {
        "Homepage",
        "Documentation",
        "Source",
        "Issues",
        "Changelog",
    }
    assert not [
        url for url in PROJECT["project"]["urls"].values() if not url.startswith(PROJECT_URL)
    ]


def test_classifiers_name_the_supported_pythons() -> None:
    named = re.findall(r"Python :: (3\.\d+)\b", "\n".join(metadata().classifiers))
    assert named[0] == metadata().requires_python.removeprefix(">=") == "3.11"
    assert named == ["3.11", "3.12", "3.13"]


def test_sdist_has_what_its_tests_read() -> None:
    patterns = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    for file in (
        "SECURITY.md",
        "LICENSE",
        "requirements-dev.txt",
        ".pre-commit-hooks.yaml",
        "justfile",
    ):
        assert [pattern for pattern in patterns if Path(f"/{file}").match(pattern)], file
