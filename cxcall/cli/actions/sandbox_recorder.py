"""Record and show the requests that a sandbox receives."""

from __future__ import annotations

import json
import os
from typing import IO, TYPE_CHECKING

from cxcall.documents.paths import stop_on_stdout
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import printable
from cxcall.runtime.likely_secrets import mask_likely_secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.sandbox.inspection.request_log import LoggedRequest


class Recorder:
    """Appends each request with its body as a JSON line to a file, and passes it to `show`.

    Raises UsageError if the file cannot be opened. A failure to write it later is reported once.
    """

    def __init__(self, path: str | None, show: Callable[[str], None] | None) -> None:
        self._show = show
        self._file = _open(path) if path else None

    def add(self, entry: LoggedRequest) -> None:
        """Record and show a request."""
        try:
            self._write(entry)
        except OSError as error:
            self._file = None
            self._print(f"the requests are no longer recorded: {error.strerror}")
        self._print(str(entry))

    def _write(self, entry: LoggedRequest) -> None:
        if self._file is not None:
            line = {
                **entry.as_dict(),
                "body": mask_likely_secrets(entry.body.decode("utf-8", "replace")),
            }
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()

    def _print(self, text: str) -> None:
        if self._show is not None:
            self._show(text)


def _open(path: str) -> IO[str]:
    """Open the file, readable only by its owner: bodies contain whole phone numbers."""
    stop_on_stdout(path, "--record", "name a file; `cxcall sandbox requests` lists the requests")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError as error:
        raise UsageError(
            f"the record file `{printable(path)}` cannot be opened: {error.strerror}",
            where="--record",
            fix="use another file",
        ) from None
    return os.fdopen(descriptor, "w", encoding="utf-8")
