"""Secrets go to the host of the profile, and not to one that only a document names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts.contract import load_user_contract
from cxcall.credentials import login_and_logout, token_provider
from cxcall.findings.errors import CredentialsError, UsageError
from cxcall.findings.finding import Severity
from cxcall.settings.settings import Settings, load_settings
from helpers.calling_api import wrap
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from helpers.command import Cxcall

SECRET = "m4rker-s3cret"
DIALECTS = ("2.0", "3.0.3", "3.1.0")
PATHS = {
    "/bells": {
        "post": {
            "operationId": "sound",
            "x-cxcall-rings": False,
            "requestBody": {"content": {"application/json": {"schema": {}}}},
            "responses": {"200": {"description": "-"}},
        }
    }
}
SECRETS: dict[str, dict[str, str]] = {
    "token": {"CXCALL_ACCESS_TOKEN": SECRET},
    "client": {"CXCALL_CLIENT_ID": "me", "CXCALL_CLIENT_SECRET": SECRET},
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"CXCALL_{name}_DIR", str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(document: dict[str, Any], **flags: str) -> Settings:
    """Return the settings for a user's document."""
    Path("own.json").write_text(json.dumps(document), "utf-8")
    return load_settings(flags, load_user_contract("own.json"))


def has_errors(settings: Settings) -> bool:
    return any(each.severity is Severity.ERROR for each in settings.conflicts)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("secrets", SECRETS)
def test_host_of_a_document_gets_no_secret(
    monkeypatch: pytest.MonkeyPatch, dialect: str, secrets: str
) -> None:
    for name, value in SECRETS[secrets].items():
        monkeypatch.setenv(name, value)
    settings = load(wrap(dialect, PATHS, "api.twilio.com"))
    assert settings.token_url == ""
    with pytest.raises(CredentialsError, match="comes only from the document"):
        token_provider.get_token(settings)
    assert not has_errors(load(wrap(dialect, PATHS, "api.mypurecloud.de")))
    named = load(wrap(dialect, PATHS, "api.twilio.com"), base_url="https://api.twilio.com")
    assert not has_errors(named)
    assert "login.twilio.com" not in named.token_url


@pytest.mark.parametrize(
    "secrets",
    [
        {"GENESYSCLOUD_ACCESS_TOKEN": SECRET},
        {"GENESYSCLOUD_OAUTHCLIENT_ID": "me", "GENESYSCLOUD_OAUTHCLIENT_SECRET": SECRET},
    ],
)
def test_host_of_the_user_gets_no_secret_of_genesys_cloud(
    monkeypatch: pytest.MonkeyPatch, secrets: dict[str, str]
) -> None:
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    own = wrap("3.1.0", PATHS, "dial.example.com")
    settings = load(own, base_url="https://dial.example.com")
    assert (settings.access_token, settings.client_id, settings.client_secret) == ("", "", "")
    with pytest.raises(
        CredentialsError, match=r"there are no credentials for `dial\.example\.com`"
    ):
        token_provider.get_token(settings)


def test_secret_from_the_user_is_not_sent_to_the_host_of_a_document() -> None:
    settings = load(wrap("3.1.0", PATHS))
    with pytest.raises(CredentialsError, match="comes only from the document"):
        login_and_logout.log_in_with_token(settings, SECRET)


@pytest.mark.parametrize("default", ["mypurecloud.com", "example.com"])
def test_region_of_a_document_is_not_trusted(monkeypatch: pytest.MonkeyPatch, default: str) -> None:
    monkeypatch.setenv("CXCALL_ACCESS_TOKEN", SECRET)
    document = wrap("3.1.0", PATHS)
    document["servers"] = [
        {
            "url": "https://api.{region}",
            "variables": {"region": {"default": default}},
            "x-cxcall-regions": {"eu-west-1": "evil.example"},
        }
    ]
    if default == "mypurecloud.com":  # a document of the vendor: the shipped regions count
        assert load(document, region="eu-west-1").base_url == "https://api.mypurecloud.ie"
    else:
        with pytest.raises(UsageError, match="`region` has no effect"):
            load(document, region="eu-west-1")


@pytest.mark.parametrize("host", ["api.mypurecloud.de", "api-na1.niceincontact.com"])
def test_host_of_a_document_is_that_of_the_own_region(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("CXCALL_ACCESS_TOKEN", SECRET)
    is_cxone, document = "na1" in host, wrap("3.1.0", PATHS, host)
    for regions in ({}, {"eu-west-1": "mypurecloud.de", "au1": "na1"}):
        document["servers"][0]["x-cxcall-regions"] = regions
        region = "au1" if is_cxone and regions else "eu-west-1"
        settings = load(document, region=region)
        assert has_errors(settings) or settings.base_url == "https://api.mypurecloud.ie"
    own = "na1" if is_cxone else "eu-central-1"
    del document["servers"][0]["x-cxcall-regions"]
    settings = load(document, region=own, platform="nice-cxone" if is_cxone else "")
    assert not has_errors(settings)
    assert host in settings.base_url


def test_platform_of_a_document_is_used_only_at_a_host_of_that_platform() -> None:
    document = {**wrap("3.1.0", PATHS), "x-cxcall-platform": "nice-cxone"}
    settings = load(document)
    assert settings.platform == ""
    assert "niceincontact" not in settings.token_url
    vendor = {**wrap("3.1.0", PATHS, "api.mypurecloud.ie"), "x-cxcall-platform": "nice-cxone"}
    assert load(vendor).platform == "genesys-cloud"


@pytest.mark.slow
@pytest.mark.parametrize("level", ["document", "path", "operation"])
@pytest.mark.parametrize("secrets", SECRETS)
def test_server_of_a_document_receives_nothing(cxcall: Cxcall, level: str, secrets: str) -> None:
    with Platform() as platform:
        url = platform.environment["CXCALL_BASE_URL"]
        document = json.loads(json.dumps(wrap("3.0.3", PATHS)))
        node = {"document": document, "path": document["paths"]["/bells"]}.get(level)
        (node or document["paths"]["/bells"]["post"])["servers"] = [{"url": url}]
        words = (
            "send",
            "sound",
            "--contract",
            cxcall.file("own.json", document),
            "--set",
            '/a="b"',
        )
        ran = cxcall(*words, env=SECRETS[secrets], code=4)
        assert "comes only from the document" in ran.err
        assert (platform.rung, platform.grants) == (0, 0)
        cxcall(*words, "--base-url", url, env=SECRETS["token"], code=0)
        assert platform.rung == 1


@pytest.mark.slow
def test_operation_without_credentials_is_sent_to_the_host_of_the_document(cxcall: Cxcall) -> None:
    with Platform() as platform:
        document = json.loads(json.dumps(wrap("3.0.3", PATHS)))
        document["servers"] = [{"url": platform.environment["CXCALL_BASE_URL"]}]
        document["paths"]["/bells"]["post"]["security"] = []
        contract, body = cxcall.file("own.json", document), ("--set", '/bell="x"')
        cxcall("send", "sound", "--contract", contract, *body, env=SECRETS["token"], code=0)
        assert platform.rung == 1
