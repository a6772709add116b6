"""A tenant of NICE CXone has several hosts: a login that finds another one makes the ledger forget nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from helpers.certificates import make_certificate
from helpers.command import Cxcall
from helpers.fault_proxies import tunnel_to
from helpers.fault_server import PATIENCE, Fault, FaultServer, Peer, message

pytestmark = pytest.mark.slow

AREA, CLUSTER = "api-na1.niceincontact.com", "api-b32.nice-incontact.com"
CALLED, UNCLEAR, LEFT = NUMBERS = [f"+1202555012{digit}" for digit in range(3)]
CLOSE = {"Connection": "close"}
TENANT = {"api_endpoint": f"https://{CLUSTER}"}
GRANTED = "granted-to-the-key"
TOKEN = {
    "access_token": GRANTED,
    "token_type": "bearer",
    "expires_in": 3600,
    # Claims of a tenant, as base64url of {"tenantId": "t-1"}.
    "id_token": "e30.eyJ0ZW5hbnRJZCI6ICJ0LTEifQ.c2ln",
}
SESSION = ("cxone-dial-phone", "--param", "sessionId=S1")
BATCH, SINGLE = ("batch", "l.csv", "--operation", *SESSION), ("send", *SESSION)


class Vendor:
    """All hosts of the vendor, which a proxy leads to one server; `calls` are the host and the number of each call."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.has_both = Event()

    def answer(self, peer: Peer) -> None:
        """Respond by path. The outcome of the call to `UNCLEAR` remains unknown, and `LEFT` needs the second token."""
        peer.read()
        head = peer.head.decode()
        path = head.split()[1]
        if path.endswith("/access-key"):
            response = message(200, CLOSE, TOKEN)
        elif path.startswith("/.well-known/"):
            response = message(200, CLOSE, TENANT)
        else:
            response = message(self.call(head, json.loads(peer.body)["phoneNumber"]), CLOSE, {})
        peer.send(response)

    def call(self, head: str, number: str) -> int:
        """Return the status of a call; the batch is stopped when it has sent the two other rows."""
        if number == LEFT and GRANTED not in head:
            assert self.has_both.wait(PATIENCE)
            return 401
        (host,) = re.findall(r"(?im)^host: (\S+)", head)
        self.calls.append((host, number))
        if len(self.calls) > 1:
            self.has_both.set()
        return 504 if number == UNCLEAR else 202


@pytest.fixture
def vendor(cxcall: Cxcall, tmp_path: Path) -> Iterator[Vendor]:
    """Lead the hosts of the vendor to this machine."""
    running = Vendor()
    hosts = "DNS:*.niceincontact.com,DNS:*.nice-incontact.com"
    certificate = make_certificate(tmp_path / "tls", hosts=hosts)
    with (
        FaultServer((Fault(running.answer),), certificate.context()) as server,
        FaultServer((tunnel_to(server.port),)) as proxy,
    ):
        cxcall.environment |= {
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}",
            "REQUESTS_CA_BUNDLE": str(certificate.path),
        }
        yield running


def test_login_that_finds_another_host_forgets_no_call(cxcall: Cxcall, vendor: Vendor) -> None:
    rows = [f"{number},7" for number in NUMBERS]
    cxcall.file("l.csv", "\n".join(["/phoneNumber,/skillId", *rows, ""]))
    login = ("auth", "login", "--platform", "nice-cxone", "--region", "na1", "--with-token")
    cxcall(*login, stdin="a-token", code=0)
    ran = cxcall(*BATCH, "--confirm", "3")
    assert sorted(vendor.calls) == [(AREA, CALLED), (AREA, UNCLEAR)], ran
    cxcall("auth", "login", stdin="a-key\na-secret\n", code=0)

    assert "was not finished" in cxcall(*BATCH, "--confirm", "3", code=7).err
    for number, code in ((CALLED, "already-sent"), (UNCLEAR, "outcome-unknown")):
        ran = cxcall(*SINGLE, "--to", number, "--skill", "7", "-y", "-o", "json", code=7)
        assert ran.codes == [code]
    cxcall(*BATCH, "--resume", "--confirm", "1", code=9)
    assert "3 rows: 3 stopped" in cxcall(*BATCH, "--confirm", "3", code=9).err
    assert vendor.calls[2:] == [(CLUSTER, LEFT)]
