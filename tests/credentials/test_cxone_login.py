"""Logging in to NICE CXone: an access key, its tenant, and the destination of its token."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl

import pytest

from cxcall.contracts.contract import load_shipped_contracts
from helpers.oauth_provider import status

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall

KEY, SECRET = "an-access-key", "a-secret+of/the=key"
VERSION = "/inContactAPI/services/v34.0"
UNTRUSTED = (
    "https://niceincontact.com.attacker.example",
    "http://api-na1.niceincontact.com",
    "https://attacker.example",
    "https://evilniceincontact.com",
    "",
)


class Vendor:
    """CXone's issuer, area, and API on one port, independent of the sandbox; it records requests.

    `api` is the tenant's API in its responses; `answers` replace responses by path.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: dict[str, tuple[int, Any]] = {}
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                vendor.answer(self, b"")

            def do_POST(self) -> None:
                vendor.answer(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = self.api = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = Thread(target=self.server.serve_forever, args=(0.01,))

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        """Record the request, and respond by path."""
        path = handler.path.partition("?")[0]
        self.asked.append((handler.command, handler.path, dict(handler.headers.items()), body))
        # Claims of a tenant, as base64url of {"tenantId": "t-1"}.
        granted = {
            "access_token": "granted-to-the-key",
            "token_type": "bearer",
            "expires_in": 3600,
            "id_token": "e30.eyJ0ZW5hbnRJZCI6ICJ0LTEifQ.c2ln",
        }
        own = {
            "/authentication/v1/token/access-key": (200, granted),
            "/auth/token": (200, granted),
            "/.well-known/cxone-configuration": (200, {"api_endpoint": f"{self.api}/"}),
        }
        status, answer_body = {**own, **self.answers}.get(path, (404, {"error": "no such path"}))
        content = json.dumps(answer_body).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @property
    def paths(self) -> list[str]:
        """The requested paths with their query."""
        return [path for _, path, _, _ in self.asked]


@pytest.fixture
def vendor() -> Any:
    with Vendor() as running:
        yield running


@pytest.fixture
def cxone(cxcall: Cxcall, vendor: Vendor) -> Cxcall:
    """Return the command with a CXone profile, whose issuer is the vendor on loopback."""
    cxcall.file(
        "config/config.toml",
        f'[profiles.default]\nplatform = "nice-cxone"\nissuer = "{vendor.url}"\n',
    )
    return cxcall


def log_in(cxone: Cxcall, code: int = 0) -> str:
    ran = cxone("auth", "login", stdin=f"{KEY}\n{SECRET}\n", code=code)
    assert SECRET not in ran.out + ran.err
    return ran.out + ran.err


@pytest.mark.slow
def test_login_with_access_key_finds_the_tenant(cxone: Cxcall, vendor: Vendor) -> None:
    log_in(cxone)
    (method, path, headers, body), (_, found, asking, _) = vendor.asked
    assert (method, path) == ("POST", "/authentication/v1/token/access-key")
    assert json.loads(body) == {"accessKeyId": KEY, "accessKeySecret": SECRET}
    assert headers["Content-Type"] == "application/json"
    assert "Authorization" not in headers
    assert found == "/.well-known/cxone-configuration?tenantId=t-1"
    assert "Authorization" not in asking
    shown = status(cxone)
    assert (shown["usable"], shown["kind"], shown["clientId"]) == (True, "access-key", KEY)
    assert shown["baseUrl"] == vendor.url + VERSION
    assert shown["sources"]["base_url"] == "tenant discovery (tenants.json)"
    assert cxone("auth", "token", code=0).out.strip() == "granted-to-the-key"
    assert len(vendor.asked) == 2


def test_client_id_is_the_id_of_an_access_key(cxone: Cxcall, vendor: Vendor) -> None:
    ran = cxone("auth", "login", "--client-id", KEY, stdin=SECRET, code=0)
    assert f"access_key_id = {KEY}" in ran.out
    assert json.loads(vendor.asked[0][3]) == {"accessKeyId": KEY, "accessKeySecret": SECRET}


@pytest.mark.slow
def test_registered_application_presents_the_access_key(cxone: Cxcall, vendor: Vendor) -> None:
    cxone.environment |= {"CXCALL_CLIENT_ID": "app@x=", "CXCALL_CLIENT_SECRET": "s:e=c"}
    log_in(cxone)
    _, path, headers, body = vendor.asked[0]
    assert path == "/auth/token"
    assert dict(parse_qsl(body.decode())) == {
        "grant_type": "password",
        "username": KEY,
        "password": SECRET,
    }
    assert headers["Authorization"] == "Basic YXBwJTQweCUzRDpzJTNBZSUzRGM="  # app%40x%3D:s%3Ae%3Dc
    assert status(cxone)["kind"] == "access-key"


@pytest.mark.slow
def test_access_key_in_environment_needs_no_login(cxone: Cxcall, vendor: Vendor) -> None:
    cxone.environment |= {"CXCALL_ACCESS_KEY_ID": KEY, "CXCALL_ACCESS_KEY_SECRET": SECRET}
    first = cxone("auth", "token", "-o", "json", code=4)
    assert first.codes == ["region-mismatch"]
    assert vendor.url in first.envelope["findings"][0]["message"]
    assert cxone("auth", "token", code=0).out.strip() == "granted-to-the-key"
    assert vendor.paths.count("/authentication/v1/token/access-key") == 1
    cxone.file(
        "state/tenants.json", "{"
    )  # the cached token is for a host that is not known any more
    assert cxone("auth", "token", "-o", "json", code=4).codes == ["region-mismatch"]
    assert cxone("auth", "token", code=0).out.strip() == "granted-to-the-key"


@pytest.mark.slow
def test_explicit_base_url_skips_tenant_discovery(cxone: Cxcall, vendor: Vendor) -> None:
    cxone.environment["CXCALL_BASE_URL"] = vendor.url
    log_in(cxone)
    assert vendor.paths == ["/authentication/v1/token/access-key"]
    assert cxone("auth", "token", code=0).out.strip() == "granted-to-the-key"


@pytest.mark.parametrize(
    ("path", "answer", "code", "words"),
    [
        (
            "/authentication/v1/token/access-key",
            (401, {"error": "invalid_grant", "error_description": f"no key {SECRET}"}),
            4,
            "refused the access key",
        ),
        ("/authentication/v1/token/access-key", (401, {}), 4, "`access_key_id`"),
        ("/authentication/v1/token/access-key", (403, {}), 4, f"access key `{KEY}` is not allowed"),
        (
            "/authentication/v1/token/access-key",
            (200, {"access_token": "opaque", "token_type": "bearer", "expires_in": 3600}),
            4,
            "does not name a tenant",
        ),
        ("/authentication/v1/token/access-key", (503, {}), 6, "failed to issue a token"),
        ("/.well-known/cxone-configuration", (404, {}), 4, "does not know the tenant `t-1`"),
        ("/.well-known/cxone-configuration", (500, {}), 6, "does not say where"),
        ("/.well-known/cxone-configuration", (200, []), 4, "as the tenant's API"),
        *(
            ("/.well-known/cxone-configuration", (200, {"api_endpoint": api}), 4, f"{api}` as the")
            for api in UNTRUSTED
        ),
        (
            "/.well-known/cxone-configuration",
            (200, {"api_endpoint": "http://127.0.0.1:9"}),
            4,
            "`http://127.0.0.1:9` as the tenant's API",
        ),
        (
            "/.well-known/cxone-configuration",
            (200, {"api_endpoint": "https://api-b32.nice-incontact.com:8443"}),
            4,
            "as the tenant's API",
        ),
    ],
)
def test_failed_tenant_discovery_is_reported(
    cxone: Cxcall, vendor: Vendor, path: str, answer: tuple[int, Any], code: int, words: str
) -> None:
    vendor.answers[path] = answer
    assert words in log_in(cxone, code)
    state = cxone.folder / "state"
    assert not (state / "credentials.json").exists()
    assert not (state / "tenants.json").exists()


@pytest.mark.slow
def test_discovered_vendor_host_is_used(cxone: Cxcall, vendor: Vendor) -> None:
    vendor.api = "https://api-b32.nice-incontact.com"
    log_in(cxone)
    assert status(cxone)["baseUrl"] == vendor.api + VERSION
    cxone("auth", "logout", code=0)
    assert status(cxone)["baseUrl"] == "https://api-na1.niceincontact.com" + VERSION


@pytest.mark.slow
def test_login_that_cannot_be_stored_leaves_the_earlier_tenant(
    cxone: Cxcall, vendor: Vendor
) -> None:
    log_in(cxone)
    (cxone.folder / "state" / "credentials.json").chmod(0o400)
    before = status(cxone)
    vendor.api = "https://api-na1.niceincontact.com"
    log_in(cxone, code=2)
    assert status(cxone) == before


@pytest.mark.slow
def test_another_issuer_does_not_use_the_saved_tenant(cxone: Cxcall) -> None:
    log_in(cxone)
    cxone.environment["CXCALL_ISSUER"] = "http://127.0.0.1:1"
    assert cxone("auth", "token", "-o", "json", code=4).codes == ["token-missing"]


@pytest.mark.slow
def test_saved_host_outside_the_vendor_domains_is_ignored(cxone: Cxcall) -> None:
    log_in(cxone)
    path = cxone.folder / "state" / "tenants.json"
    kept = json.loads(path.read_text("utf-8"))
    kept["records"][0]["api_endpoint"] = "https://attacker.example"
    path.write_text(json.dumps(kept), "utf-8")
    assert "attacker" not in status(cxone)["baseUrl"]


@pytest.mark.slow
def test_key_or_token_without_area_is_refused(cxcall: Cxcall) -> None:
    cxcall.environment["CXCALL_PLATFORM"] = "nice-cxone"
    assert "the area of the access key is not set" in log_in(cxcall, 4)
    variables = {"CXCALL_ACCESS_TOKEN": "a-token"}
    for words in (("auth", "token"), ("auth", "status")):
        assert (
            "the area of the access token is not set" in cxcall(*words, env=variables, code=4).err
        )
        cxcall(*words, env={**variables, "CXCALL_REGION": "eu1"}, code=0)
    login = cxcall("auth", "login", "--with-token", stdin="a-token", code=4)
    assert "`CXCALL_REGION`" in login.err


@pytest.mark.slow
def test_word_bearer_without_a_token_is_refused(cxcall: Cxcall) -> None:
    cxcall.environment |= {"CXCALL_PLATFORM": "nice-cxone", "CXCALL_REGION": "eu1"}
    problem = "the access token is only the word `Bearer`"
    assert problem in cxcall("auth", "login", "--with-token", stdin="Bearer \n", code=4).err
    assert problem in cxcall("auth", "token", env={"CXCALL_ACCESS_TOKEN": "bearer"}, code=4).err


def test_incomplete_application_is_refused(cxone: Cxcall, vendor: Vendor) -> None:
    cxone.environment["CXCALL_CLIENT_ID"] = "app"
    assert "`client_secret` is not" in log_in(cxone, 4)
    cxone.environment["CXCALL_CLIENT_SECRET"] = "secret"
    ran = cxone("auth", "token", code=4)
    assert "no client-credentials grant" in ran.err
    assert vendor.asked == []


@pytest.mark.slow
def test_sandbox_accepts_cxone_logins(cxcall: Cxcall, sandbox: Sandbox) -> None:
    cxcall.environment |= {
        "CXCALL_PLATFORM": "nice-cxone",
        "CXCALL_ISSUER": sandbox.base_url,
        "CXCALL_ACCESS_KEY_ID": sandbox.client_id,
        "CXCALL_ACCESS_KEY_SECRET": "wrong",
    }
    assert "is not valid" in cxcall("auth", "login", code=4).err
    cxcall.environment["CXCALL_ACCESS_KEY_SECRET"] = sandbox.client_secret
    cxcall("auth", "login", code=0)
    assert status(cxcall)["baseUrl"] == sandbox.base_url + VERSION
    assert cxcall("auth", "token", code=0).out.strip()


def test_operations_declare_only_known_token_kinds() -> None:
    kinds = {
        kind
        for known in load_shipped_contracts()
        for op in known.operations
        for kind in op.token_kinds
    }
    assert kinds == {"access-key", "authorization-code", "client-credentials"}
