"""Read constants of the vendor's SDKs, such as `StatusEnum.OFF`, as the values of the schema that they stand for."""

from __future__ import annotations

import json
from dataclasses import replace

from cxcall.contracts.operation import Operation
from cxcall.documents.json_pointer import map_values
from cxcall.documents.json_text import find_json
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.runtime.patterns import fold_name


def with_enum_values(request: ObservedRequest, operation: Operation | None) -> ObservedRequest:
    """Return a request with the value of the schema for each constant whose name is this value, without case and signs.

    In the SDKs of Java and .NET, `OUTBOUND_CAMPAIGN` and `Outboundcampaign` are `outbound-campaign`.
    """
    known = {}
    for place, names in request.unknown.items() if operation and request.body else ():
        *_, owner, constant = ("", *names[0].split(".")) if len(names) == 1 else ("", "")
        is_constant = place[:1] == "/" and owner[:1].isupper() and constant[:1].isupper()
        values = operation.schema_at(place).get("enum", ()) if operation and is_constant else ()
        folded = {fold_name(each): each for each in values if isinstance(each, str)}
        if value := folded.get(fold_name(constant)):
            known[place] = value
    if not known:
        return request
    body = map_values(find_json(request.body or "", None), known.get)
    unknown = {place: names for place, names in request.unknown.items() if place not in known}
    text = json.dumps(body, indent=2, ensure_ascii=False)
    return replace(request, body=text, unknown=unknown)
