"""Build the page of the sandbox: one HTML document that loads nothing and sends requests only to its own server."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from cxcall.sandbox.oauth.token_endpoint import CLIENT_ID, CLIENT_SECRET
from cxcall.version import __version__

_FOLDER = Path(__file__).parent
_STYLE, _SCRIPT = ("page.css",), ("request_list.js", "request_details.js")


@cache
def render_page() -> bytes:
    """Return the page. It does not contain the requests: its script fetches them, and shows them as text."""
    page = (
        _read("page.html").replace("{style}", _read(*_STYLE)).replace("{script}", _read(*_SCRIPT))
    )
    values = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "version": __version__}
    for name, value in values.items():
        page = page.replace(f"{{{name}}}", value)
    return page.encode()


@cache
def page_policy() -> str:
    """Return the content security policy: the page's own style and script, and its own origin."""
    return (
        f"default-src 'none'; style-src '{_hash(*_STYLE)}'; script-src '{_hash(*_SCRIPT)}'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _read(*names: str) -> str:
    return "".join((_FOLDER / name).read_text("utf-8") for name in names)


def _hash(*names: str) -> str:
    return f"sha256-{b64encode(sha256(_read(*names).encode()).digest()).decode()}"
