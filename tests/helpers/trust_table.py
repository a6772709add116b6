"""Settings, sources, and secrets for tables of trust."""

from __future__ import annotations

from helpers.trust import SECRET, Folder

STRICT = {
    "duplicate_window": "900",
    "hours": "08:00-20:00",
    "hours_policy": "enforce",
    "do_not_call": "/lists/dnc.txt",
    "max_attempts": "3/day",
}


def set_secret(folder: Folder, secret: str, source: str) -> None:
    """Set a secret and its ID; a login has none in the settings."""
    if source == "login":
        return
    folder.set(source, secret, SECRET)
    if secret != "access_token":
        folder.set(source, "client_id" if secret == "client_secret" else "access_key_id", "me")
