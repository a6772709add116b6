"""Texts in the form that the ledger stores: masked, or as digests if nobody may read them."""

from __future__ import annotations

import hashlib

from cxcall.phone.number_masking import mask_text
from cxcall.runtime.known_secrets import redact


def storable(text: str | None) -> str | None:
    """Return a text that can be stored: secrets masked, and only characters that the database can store."""
    if text is None:
        return None
    return redact(text).encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def mask_for_ledger(text: str) -> str:
    """Mask phone numbers and secrets, so that the file never contains one."""
    return mask_text(storable(text) or "")


def keyed_digest(text: str, key: str) -> str:
    """Return a digest with the key of this ledger: 32 hexadecimal digits."""
    content = text.encode("utf-8", "replace")
    return hashlib.blake2b(content, key=key.encode(), digest_size=16).hexdigest()
