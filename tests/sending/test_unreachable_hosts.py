"""A failed connection is explained by its cause, with a hint that helps."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from helpers import fault_server as fault
from helpers.certificates import make_certificate
from helpers.command import CONTACT, Cxcall
from helpers.fault_server import Fault, FaultServer

if TYPE_CHECKING:
    from pathlib import Path

CALL = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
TOKEN = {"CXCALL_ACCESS_TOKEN": "not-a-real-token"}
PLAIN_HTTP = Fault(lambda peer: peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))


def unreachable(cxcall: Cxcall, url: str, **variables: str) -> str:
    """Return the output of a call to an unreachable server."""
    return cxcall(*CALL, "--base-url", url, env={**TOKEN, **variables}, code=6).err


@pytest.mark.slow
def test_local_server_without_tls_is_named(cxcall: Cxcall) -> None:
    with FaultServer((PLAIN_HTTP,)) as server:
        url = server.base_url.replace("http:", "https:")
        output = unreachable(cxcall, url)
        checks = cxcall("doctor", "--base-url", url, env=TOKEN, code=5).out
    assert "does not speak TLS" in output
    assert "use `http://` in `base_url`" in output
    assert "passed\thost\t" in checks
    assert "failed\tTLS\t" in checks


@pytest.mark.slow
def test_scheme_is_proposed_that_a_local_server_has(cxcall: Cxcall) -> None:
    for address, url in {
        "127.0.0.1:8080": "http://127.0.0.1:8080",
        "localhost:8080/x": "http://localhost:8080/x",
        "ftp://[::1]:8080": "http://[::1]:8080",
        "[::1": "https://[::1",
        "api.example.com": "https://api.example.com",
    }.items():
        ran = cxcall("config", "show", "--base-url", address, code=2)
        assert f"write `{url}`" in ran.err


@pytest.mark.parametrize(
    ("name", "hosts", "problem", "hint"),
    [
        (
            "good",
            "DNS:other.invalid",
            "has a certificate for other host names",
            "check the host in",
        ),
        (
            "expired",
            "IP:127.0.0.1",
            "has a certificate that is not valid today",
            "date of this machine",
        ),
    ],
)
def test_certificate_that_does_not_fit_is_reported_with_its_reason(
    cxcall: Cxcall, tmp_path: Path, name: str, hosts: str, problem: str, hint: str
) -> None:
    certificate = make_certificate(tmp_path / "tls", name, hosts)
    with FaultServer((fault.accept,), certificate.context()) as server:
        output = unreachable(cxcall, server.base_url, REQUESTS_CA_BUNDLE=str(certificate.path))
    assert problem in output
    assert hint in output
    assert "REQUESTS_CA_BUNDLE" not in output


@pytest.mark.slow
def test_doctor_reports_the_check_of_a_certificate_as_tls(cxcall: Cxcall, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path / "tls")
    with FaultServer((fault.accept,), certificate.context()) as server:
        words = ("doctor", "--base-url", server.base_url)
        checks = cxcall(*words, env=TOKEN, code=5).out
        trusted = cxcall(*words, env={**TOKEN, "REQUESTS_CA_BUNDLE": str(certificate.path)}).out
    assert "passed\tTLS\t" in trusted
    assert "failed\tTLS\t" in checks
    assert "set `REQUESTS_CA_BUNDLE`" in checks
    assert "region" not in checks


@pytest.mark.slow
@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "does not exist"),
        ("not a certificate", "has no valid certificates"),
        (
            "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n",
            "has no valid certificates",
        ),
    ],
)
def test_unusable_ca_file_is_the_cause(
    cxcall: Cxcall, tmp_path: Path, variable: str, content: str | None, problem: str
) -> None:
    file = tmp_path / "authorities.pem"
    if content is not None:
        file.write_text(content)
    certificate = make_certificate(tmp_path / "tls")
    with FaultServer((fault.accept,), certificate.context()) as server:
        output = unreachable(cxcall, server.base_url, **{variable: str(file)})
    assert f"the file in `{variable}` {problem}" in output
    assert "not trusted" not in output
    assert "sending again" not in output


@pytest.mark.skipif(find_spec("socks") is not None, reason="PySocks is installed")
def test_missing_support_of_socks_is_named(cxcall: Cxcall) -> None:
    output = unreachable(cxcall, "https://api.example.invalid", HTTPS_PROXY="socks5://127.0.0.1:1")
    assert "needs `requests[socks]`" in output
    assert "sending again" not in output


@pytest.mark.slow
def test_timeout_before_the_request_is_not_a_refused_connection(cxcall: Cxcall) -> None:
    with FaultServer((fault.silence,)) as server:
        url = server.base_url.replace("http:", "https:")
        output = unreachable(cxcall, url, CXCALL_TIMEOUT="0.3")
    assert "refused the connection" not in output
    assert "timed out after 0.3 s" in output


@pytest.mark.slow
def test_read_without_a_response_is_not_called_unreached(cxcall: Cxcall) -> None:
    with FaultServer((fault.close_after_body, fault.accept)) as server:
        words = ("send", "get-campaign", "--campaign-id", CONTACT, "--base-url", server.base_url)
        said = cxcall(*words, env={**TOKEN, "CXCALL_MAX_WAIT": "9"}, code=0).err
    assert "sent no complete response: " in said
    assert "was not reached" not in said


@pytest.mark.slow
def test_timeout_after_the_request_is_said_once(cxcall: Cxcall) -> None:
    with FaultServer((fault.never_answer,)) as server:
        words = (*CALL, "--base-url", server.base_url, "--timeout", "1")
        output = cxcall(*words, env=TOKEN, code=8).err
    assert f"no complete response from `127.0.0.1:{server.port}`: timed out after 1 s;" in output
