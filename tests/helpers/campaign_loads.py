"""Files of contacts, and loads of them into a list."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from helpers.command import CAMPAIGN
from helpers.platform_server import Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall, Ran


FAST = ("--rate", "500/s")
LIST_ID = "12345678-1234-1234-1234-000000000200"


def rows(count: int, first: int = 0) -> str:
    """Return a CSV file with this number of contacts, each with its own name."""
    lines = (f"+1303555{first + place:04},P{first + place}\n" for place in range(count))
    return "Phone,Name\n" + "".join(lines)


def load(live: Cxcall, file: str, list_id: str, *more: str, code: int | None = 0) -> Ran:
    return live("campaign", "load", file, "--contact-list", list_id, *FAST, *more, code=code)


def lines(ran: Ran) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the results that were printed as JSON Lines, and the totals."""
    *results, totals = map(json.loads, ran.out.splitlines())
    return results, totals


def halves(count: int, first_of_second: str = "") -> str:
    """Return a file of two requests, because `priority` differs; `first_of_second` may start the second one."""
    head, *records = rows(2 * count).splitlines()
    first, second = records[:count], records[count:]
    second = [*filter(None, [first_of_second]), *second]
    lines = [
        f"{head},priority",
        *(f"{each},true" for each in first),
        *(f"{each},false" for each in second),
    ]
    return "".join(f"{line}\n" for line in lines)


class Dialer:
    """A platform that is not a sandbox: its list has two columns, and it never returns the contact `Lost`."""

    def __init__(self) -> None:
        self.loaded: list[str] = []

    def answer(self, body: Any, _count: int) -> Reply:
        """Respond to a request that loads contacts."""
        if not isinstance(body, list):
            return Reply(204)
        self.loaded += [each["data"]["Name"] for each in body]
        kept = [each for each in body if each["data"]["Name"] != "Lost"]
        return Reply(200, [{**each, "id": f"c-{place}"} for place, each in enumerate(kept)])

    def read(self, path: str, _count: int) -> Reply:
        """Respond to a read of a list, a campaign, or its progress."""
        if "contactlists" in path:
            phones = [{"columnName": "Phone", "type": "cell"}]
            return Reply(
                200, {"name": "Leads", "columnNames": ["Phone", "Name"], "phoneColumns": phones}
            )
        if path.endswith(f"/campaigns/{CAMPAIGN}"):
            status = {"name": "Autumn", "campaignStatus": "off", "errors": []}
            return Reply(200, {**status, "contactList": {"id": LIST_ID, "name": "Leads"}})
        return Reply(404)
