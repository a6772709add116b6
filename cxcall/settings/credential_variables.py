"""Say where the credentials of a request go, and which variables of the environment stand for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.contracts.security_schemes import BASIC, BEARER, SecurityScheme, keys_of
from cxcall.transport.curl_command import KEY, TOKEN, named_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.contracts.operation import Operation
    from cxcall.contracts.security_schemes import Alternative

Place = tuple[str, str, str]


def usable_alternative(operation: Operation) -> Alternative | None:
    """Return the first alternative whose schemes cxcall can send, a token if none is declared; None if it can send none."""
    usable = (each for each in operation.security if all(scheme.kind for scheme in each))
    return next(usable, None) if operation.security else (SecurityScheme("", BEARER),)


def credential_places(
    alternative: Alternative, takes_token: Callable[[SecurityScheme], bool], *, is_named: bool
) -> list[Place]:
    """Return (place, name, variable) of each credential; the place of Basic credentials is `user`.

    The variable stands for the value in a shell. With `is_named`, or if there are several API keys, it has their names.
    """
    is_named = is_named or len(keys_of(alternative)) > 1
    basic = ("user", "Authorization", "$CXCALL_USERNAME:$CXCALL_PASSWORD")
    places = []
    for each in alternative:
        key = named_key(each.field) if is_named else KEY
        own = basic if each.kind == BASIC else (each.place, each.field, key)
        places.append(TOKEN[0] if takes_token(each) else own)
    return places
