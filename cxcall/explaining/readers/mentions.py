"""Find which requests of a text only mention another one."""

from __future__ import annotations

from dataclasses import replace

from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.runtime.patterns import compile_on_use

NAME_IN_PATH = compile_on_use(r"\{[^{}/]*\}|<[^<>/]*>")


def _without_values_of_bodies(requests: list[ObservedRequest]) -> list[ObservedRequest]:
    """Return requests without those of code whose URL is a value in the body of another one, which has their other parts."""
    found = [*requests]
    for each in requests:
        url = f"://{each.host}{each.path}"
        is_alone = each.kind is SourceKind.CODE and each.host and not each.body
        at = next(
            (at for at, whole in enumerate(found) if is_alone and url in (whole.body or "")), -1
        )
        if at >= 0:
            headers, response = (
                found[at].headers or each.headers,
                found[at].response or each.response,
            )
            found[at] = replace(found[at], headers=headers, response=response)
            found.remove(each)
    return found


def without_mentions(requests: list[ObservedRequest]) -> list[ObservedRequest]:
    """Return the requests without repeated mentions of another one, such as a last line with its status.

    A stack trace repeats the line of the call that failed.
    """
    requests = _without_values_of_bodies(requests)
    alone = [replace(each, response=None, failure="") for each in requests]
    requests = [
        each
        for at, each in enumerate(requests)
        if each.kind is not SourceKind.CODE or each != alone[at] or each not in alone[at + 1 :]
    ]
    shown = [
        each
        for each in requests
        if each.body or each.headers or (each.response and each.response.body)
    ]
    if len(shown) != 1 or len(requests) == 1:
        return requests
    whole = shown[0]
    for each in requests:
        is_same = each.method in ("", whole.method) and each.host in ("", whole.host)
        same_path = NAME_IN_PATH.sub("{}", each.path) == NAME_IN_PATH.sub("{}", whole.path)
        same_target = not each.path or (same_path and is_same)
        is_mention = same_target and each.status in (0, whole.status or each.status)
        if each is not whole and not is_mention:
            return requests
    responses = (each.response for each in requests if each.response is not None)
    return [replace(whole, response=whole.response or next(responses, None))]
