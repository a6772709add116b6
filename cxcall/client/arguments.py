"""Convert the values that a program gives, and a delivery that it has, to what other functions take."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, TypeVar

from cxcall.contracts.parameters import parse_parameters
from cxcall.findings.errors import UsageError
from cxcall.payloads.schema_check import read_payload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.contracts.operation import Operation
    from cxcall.payloads.payload import Payload
    from cxcall.responses.delivery import Delivery
    from cxcall.settings.sources import Flags


_Value = TypeVar("_Value")
_NEVER_EMPTY = (
    *("profile", "platform", "region", "base_url", "contract"),
    *("do_not_call", "hours", "max_attempts"),
)
"""The settings without which a request would go elsewhere, or past a guard."""


def flag_text(value: object) -> str | list[Any]:
    """Return the text of a setting or a path, or the texts of several."""
    if isinstance(value, list | tuple):
        return [*map(flag_text, value)]
    return os.fspath(value) if isinstance(value, os.PathLike) else str(value)


def stop_on_empty_value(flags: Flags) -> None:
    """Raise UsageError for an empty destination or guard, as the command does."""
    for name in _NEVER_EMPTY:
        given = flags.get(name, "-")
        texts = [given] if isinstance(given, str) else given
        if not texts or not all(map(str.strip, texts)):
            raise UsageError(
                f"`{name}` is empty",
                where=name,
                fix="give a value, or None for the usual one",
                why="an environment variable that is not set often becomes an empty value",
            )


def stop_on_other_types(**flags: object) -> None:
    """Raise UsageError for a flag that is not True or False: a text such as `no` would count as True."""
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise UsageError(
                f"`{name}` has the type `{type(value).__name__}`, not `bool`",
                where=name,
                fix=f"give `{name}=True`, or leave it out",
            )


def engagement_id_of(call: str | Delivery) -> str:
    """Return the ID of a call that is given by its ID or its delivery; raises UsageError if the delivery has none."""
    engagement_id = call if isinstance(call, str) else getattr(call, "engagement_id", None)
    if engagement_id is None:
        raise UsageError(
            "there is no engagement ID to follow",
            where="engagement_id",
            fix="give the ID of a call, or a delivery whose response has one",
        )
    return engagement_id


def as_mapping(name: str, value: Mapping[str, _Value] | None) -> Mapping[str, _Value]:
    """Return a mapping, empty for None; raises UsageError for a value of another type."""
    if value is not None and not hasattr(value, "items"):
        raise UsageError(
            f"`{name}` has the type `{type(value).__name__}`, not `dict`",
            where=name,
            fix="give the values by their names",
        )
    return value or {}


def parameter_texts(
    operation: Operation, parameters: Mapping[str, object] | None
) -> dict[str, str]:
    """Return the values of parameters as text; None counts as not given. Raises UsageError for an unknown one."""
    values = as_mapping("parameters", parameters).items()
    texts = [
        f"{key}={json.dumps(value) if isinstance(value, list | tuple | dict) else value}"
        for key, value in values
        if value is not None
    ]
    return parse_parameters(operation, texts)


def as_payload(body: object) -> Payload:
    """Return a body as a payload; raises UsageError for a value that `json.dumps` does not accept."""
    try:
        return read_payload(body)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"the body is not a JSON value: {error}",
            where="body",
            fix="give a value that `json.dumps` accepts, or the `pathlib.Path` of a JSON file",
        ) from None


def exchange_as_mapping(delivery: Delivery) -> dict[str, Any]:
    """Return the exchange of a delivery in the form of `explain`; raises UsageError if there is none."""
    exchange = delivery.exchange
    if exchange is None:
        raise UsageError(
            "the delivery has no request: nothing was sent", where="source", fix="see its findings"
        )
    request, response = exchange.request, exchange.response
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": None if request.body is None else request.body.decode("utf-8", "replace"),
        "status": response.status if response else None,
        "response": response.text if response else None,
        "response_headers": dict(response.headers) if response else None,
    }
