"""A client of a sandbox that creates and reads contact lists and campaigns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox

LISTS, CAMPAIGNS = "/api/v2/outbound/contactlists", "/api/v2/outbound/campaigns"
_CAMPAIGN: dict[str, Any] = {
    "name": "Autumn",
    "dialingMode": "agentless",
    "phoneColumns": [{"columnName": "Phone", "type": "cell"}],
    "callerName": "Support",
    "callerAddress": "+12025550100",
    "outboundLineCount": 5,
}
_PAGE = 100


class Tenant:
    """A client of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.base, self.token = sandbox.base_url, sandbox.new_user_token()

    def __call__(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """Send a request, and return the body of its response."""
        headers = {"Authorization": f"Bearer {self.token}"}
        url = self.base + path
        response = requests.request(method, url, json=body, headers=headers, timeout=30)
        assert response.status_code == status, response.text
        return response.json() if response.content else None

    def new_list(self, *columns: str) -> str:
        """Create a list with the columns `Phone`, `Name`, and others, and return its ID."""
        phones = [{"columnName": "Phone", "type": "cell"}]
        names = ["Phone", "Name", *columns]
        body = {"name": "Leads", "columnNames": names, "phoneColumns": phones}
        return str(self("POST", LISTS, body)["id"])

    def new_campaign(self, list_id: str) -> str:
        """Create a campaign that dials a list, and return its ID."""
        body = {**_CAMPAIGN, "contactList": {"id": list_id}}
        return str(self("POST", CAMPAIGNS, body)["id"])

    def load(self, list_id: str, *numbers: str, status: int = 200, column: str = "Phone") -> Any:
        """Add contacts with these numbers to a list."""
        contacts = [{"contactListId": list_id, "data": {column: each}} for each in numbers]
        return self("POST", f"{LISTS}/{list_id}/contacts", contacts, status)

    def contacts(self, list_id: str) -> list[dict[str, Any]]:
        """Return all contacts of a list."""
        found: list[dict[str, Any]] = []
        while True:
            page = {"pageNumber": len(found) // _PAGE + 1, "pageSize": _PAGE}
            items = self("POST", f"{LISTS}/{list_id}/contacts/search", page)["entities"]
            found += items
            if len(items) < _PAGE:
                return found

    def names(self, list_id: str) -> list[str]:
        """Return the cells `Name` of all contacts of a list."""
        return [each["data"]["Name"] for each in self.contacts(list_id)]
