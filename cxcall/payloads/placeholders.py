"""Recognize values that somebody has yet to fill in."""

from __future__ import annotations

import re
from typing import Any

# Left by a template engine, or written to be replaced: never a value that somebody meant.
_UNFILLED = re.compile(
    r"""^ ( <[^<>]*> | \[[^\[\]]*\] | \$?\{+[^{}]*\}+ | %\w+% | \$\w+   # <id>, [id], {id}, ${id}, {{id}}, %ID%, $ID
        | .*[-_ ]here | (your|my|insert|enter|replace)[-_ ].*           # uuid-here, your-contact-id
        | todo | tbd | changeme | fixme | x{3,}
        | 0{8}-0{4}-0{4}-0{4}-0{12} ) $""",
    re.IGNORECASE | re.VERBOSE,
)


# Where an ID is wanted, the bare name of one is unfilled, too: user_id, contactId, uuid.
_NAME_OF_ID = re.compile(
    r"^([a-z]+[-_ ])*[a-z]*(id|uuid|guid|string|example|null|none|undefined)[-_ ]?\d*$",
    re.IGNORECASE,
)


def is_placeholder(value: Any, *, id_wanted: bool = False) -> bool:
    """Tell whether a string was left to be filled in; where an ID is wanted, names of IDs count."""
    if not isinstance(value, str):
        return False
    text = value.strip()
    return bool(_UNFILLED.match(text) or (id_wanted and _NAME_OF_ID.match(text)))
