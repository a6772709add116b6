"""Find which requests of a text only mention another one."""

from __future__ import annotations

from dataclasses import replace

from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.runtime.patterns import compile_on_use

NAME_IN_PATH = compile_on_use(r"\{[^{}/]*\}|<[^<>/]*>")


def without_mentions(requests: list[ObservedRequest]) -> list[ObservedRequest]:
    """Return the requests without repeated mentions of another one, such as a last line with its status.

    A stack trace repeats the line of the call that failed.
    """
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
