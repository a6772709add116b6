"""Find the root of the repository that a folder is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def folders_to_root(folder: Path) -> list[Path]:
    """Return the folders from here to the repository's root; without a repository, only this folder."""
    folders = [folder, *folder.parents]
    root = next((index for index, each in enumerate(folders) if (each / ".git").exists()), 0)
    return folders[: root + 1]
