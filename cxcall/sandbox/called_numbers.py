"""Show the number that was called in the reads of a call, in place of the number of the document's example."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from cxcall.contracts.openapi_document import TRACK
from cxcall.documents.json_pointer import find_value, join_pointer, leaves, map_values
from cxcall.phone.numbers_in_text import numbers_in
from cxcall.sandbox.inspection.request_log import drop_oldest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.contracts.operation import Operation
    from cxcall.sandbox.http_messages import SandboxResponse

_SCHEME = "tel:"


@dataclass
class CalledNumbers:
    """The first number in the request of each call, by the engagement ID, shared by the threads of the server."""

    _numbers: dict[str, str] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def add(self, engagement_id: str, values: Any) -> None:
        """Keep the number in the values of a request that places a call."""
        texts = (text for _, text in leaves(values) if isinstance(text, str))
        number = next((text for text in texts if numbers_in(text)), "")
        if number and len(numbers_in(number)) == 1:
            with self._lock:
                drop_oldest(self._numbers)
                self._numbers[engagement_id] = number.removeprefix(_SCHEME)

    def fill(
        self, operation: Operation, path_values: Mapping[str, str], response: SandboxResponse
    ) -> SandboxResponse:
        """Return the response of the read of a call, by `x-cxcall-track` of its operation, with the number that was called."""
        declared = operation.declared.get(TRACK, {})
        number = self._numbers.get(path_values.get(declared.get("id", ""), ""))
        address = declared.get("address")
        if not (number and address):
            return response
        places = {f"{party}{address}" for party in _callees(declared, response.body)}

        def show(at: str, value: Any) -> Any:
            if at not in places or not isinstance(value, str):
                return value
            return f"{_SCHEME}{number}" if value.startswith(_SCHEME) else number

        return replace(response, body=map_values(response.body, show))


def _callees(declared: Mapping[str, Any], body: Any) -> list[str]:
    """Return the pointers of the parties that were called; the body itself if there is no list of parties."""
    place = str(declared.get("parties", ""))
    parties = find_value(body, place) if place else None
    if not isinstance(parties, list):
        return [] if place else [""]
    return [
        join_pointer(place, index)
        for index, party in enumerate(parties)
        if find_value(party, declared.get("who", "")) in declared.get("far", ())
    ]
