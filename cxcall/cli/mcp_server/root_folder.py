"""Open only the files below the folder that the person who started the server named."""

from __future__ import annotations

from pathlib import Path

from cxcall.findings.errors import UsageError
from cxcall.transport.urls import printable

LARGEST_FILE = 16 << 20
"""Bytes of a file that a tool reads."""


class RootFolder:
    """The folder below which a tool may read files; without a path, it may read none."""

    def __init__(self, path: str | None) -> None:
        self._path = Path(path).resolve() if path else None
        if self._path is not None and not self._path.is_dir():
            raise UsageError(
                f"`{path}` is not a folder", where="--root", fix="name the folder with the payloads"
            )

    def find_file(self, name: str) -> str:
        """Return the path of a regular file, after symbolic links; raises UsageError for one elsewhere.

        The errors do not say whether a file elsewhere exists.
        """
        if self._path is None:
            raise UsageError(
                "this server reads no files",
                where="file",
                fix="give the text as `content`, or start the server with `--root FOLDER`",
            )
        try:
            path = (self._path / name).resolve()
            is_file = path.is_relative_to(self._path) and path.is_file()
            is_small = is_file and path.stat().st_size <= LARGEST_FILE
        except (OSError, ValueError, RuntimeError):  # ValueError for a null character
            is_file = is_small = False
        if not is_file:
            raise UsageError(
                f"no file `{printable(name)}` below the root folder of this server",
                where="file",
                fix="give a path relative to that folder, or the text as `content`",
            )
        if not is_small:
            raise UsageError(
                f"`{printable(name)}` has more than {LARGEST_FILE >> 20} MiB",
                where="file",
                fix="check it in a shell: `cxcall validate FILE`",
            )
        return str(path)
