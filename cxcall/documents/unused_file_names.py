"""Find an unused file name for a command in a hint, so that pasting it does not overwrite a file."""

from __future__ import annotations

import os
from itertools import count
from pathlib import PurePath


def unused_name(path: str) -> str:
    """Return the path, or if it exists, the path with `-2`, `-3`, and so on before its suffix."""
    pure = PurePath(path)
    start = path.removesuffix(pure.suffix)
    names = (f"{start}{f'-{number}' if number > 1 else ''}{pure.suffix}" for number in count(1))
    return next(name for name in names if not os.path.lexists(name))
