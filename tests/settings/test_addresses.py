"""Addresses from regions, URLs, and tenants of NICE CXone."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from cxcall.contracts.contract import Contract, find_platform_contract
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Severity
from cxcall.runtime.host_spellings import VENDOR_DOMAINS
from cxcall.settings import addresses
from cxcall.settings import settings as config
from helpers.cases import each_case
from helpers.settings_world import SECRET, World


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "api.mypurecloud.ie"),
        ("EU_WEST_1", "api.mypurecloud.ie"),
        ("mypurecloud.de", "api.mypurecloud.de"),
        ("api.mypurecloud.jp", "api.mypurecloud.jp"),
        ("https://login.mypurecloud.com.au/", "api.mypurecloud.com.au"),
        ("use2.us-gov-pure.cloud", "api.use2.us-gov-pure.cloud"),
    ],
)
def test_region_is_a_name_or_a_domain(world: World, region: str, host: str) -> None:
    loaded = world.env(GENESYSCLOUD_REGION=region).load()
    assert loaded.base_url == f"https://{host}"
    assert loaded.token_url == f"https://login{host[3:]}/oauth/token"
    assert loaded.values["base_url"].source == "environment GENESYSCLOUD_REGION"
    assert loaded.conflicts == ()


def test_unlisted_region_domain_is_used_with_a_warning(world: World) -> None:
    loaded = world.env(CXCALL_REGION="xyz1.pure.cloud").load()
    assert loaded.base_url == "https://api.xyz1.pure.cloud"
    found = loaded.conflicts[0]
    assert (found.severity, found.code) == (Severity.WARNING, "host-unknown")
    assert found.where == "CXCALL_REGION"


@pytest.mark.parametrize(
    "region",
    [
        "us-east-9",
        "mypurecloud",
        "evil.com/x",
        "evil.com?x",
        "a@evil.com",
        "evil.com:1",
        "é.com",
        "a..b",
        "-a.com",
        "-.pure.cloud",
        "a\x7fb.com",
        "api.",
        "https://",
    ],
)
def test_invalid_region_is_refused(world: World, region: str) -> None:
    error = world.env(CXCALL_REGION=region).refusal()
    assert error.findings[0].code == "host-unknown"
    assert error.findings[0].where == "CXCALL_REGION"


@pytest.mark.parametrize(
    ("region", "token_url"),
    [
        ("mypurecloud.eu", ""),
        ("usw2-pure.cloud", ""),
        ("evil.mypurecloud.com.example", ""),
        ("zz.mypurecloud.com", "https://login.zz.mypurecloud.com/oauth/token"),
        ("usw9.pure.cloud", "https://login.usw9.pure.cloud/oauth/token"),
    ],
)
def test_unknown_domain_is_used_with_a_warning_but_gets_no_client_secret(
    world: World, region: str, token_url: str
) -> None:
    settings = world.env(CXCALL_REGION=region).load()
    assert (settings.base_url, settings.token_url) == (f"https://api.{region}", token_url)
    assert [each.code for each in settings.conflicts] == ["host-unknown"]


@pytest.mark.parametrize(
    ("base_url", "token_url"),
    [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/oauth/token"),
        ("http://127.9.9.9", "http://127.9.9.9/oauth/token"),
        ("http://[::1]:99", "http://[::1]:99/oauth/token"),
        ("http://LOCALHOST:01/x/", "http://localhost:1/x/oauth/token"),
        ("https://localhost:1", "https://localhost:1/oauth/token"),
        ("HTTPS://API.mypurecloud.ie:443", "https://login.mypurecloud.ie/oauth/token"),
        ("https://api.mypurecloud.ie:8443", ""),
        ("https://api.example.com:8443/v1", ""),
        ("https://api.example.com", ""),
        ("https://gateway.example.com", ""),
    ],
)
def test_valid_base_urls_are_accepted(world: World, base_url: str, token_url: str) -> None:
    loaded = world.load(base_url=base_url)
    plain = {
        "http://LOCALHOST:01/x/": "http://localhost:1/x",
        "HTTPS://API.mypurecloud.ie:443": "https://api.mypurecloud.ie",
    }
    assert loaded.base_url == plain.get(base_url, base_url.rstrip("/"))
    assert loaded.token_url == token_url
    assert loaded.values["base_url"].source == "--base-url"


@pytest.mark.parametrize("host", ["[::1]", "[0:0:0:0:0:0:0:1]", "[::0001]", "[0::1]"])
def test_spellings_of_one_ipv6_address_are_one_host(world: World, host: str) -> None:
    assert world.load(base_url=f"http://{host}:99").base_url == "http://[::1]:99"


def test_address_of_a_later_version_of_ip_is_unchanged(world: World) -> None:
    assert world.load(base_url="https://[v1.a:b]").base_url == "https://[v1.a:b]"


BAD_URLS = {
    "http://api.mypurecloud.com": ("scheme-insecure", "would send requests unencrypted"),
    "http://127.0.0.1.evil.com": ("scheme-insecure", "would send requests unencrypted"),
    "http://localhost.evil.com": ("scheme-insecure", "would send requests unencrypted"),
    "http://0177.0.0.1": ("scheme-insecure", "would send requests unencrypted"),
    "http://10.0.0.1": ("scheme-insecure", "would send requests unencrypted"),
    "ftp://127.0.0.1": ("scheme-insecure", "must begin with `https://`"),
    "api.mypurecloud.com": ("usage", "must begin with `https://`"),
    "localhost:8080": ("usage", "must begin with `https://`"),
    "https://": ("usage", "has no host"),
    "https://h:99999": ("usage", "is not a valid URL"),
    f"https://u:{SECRET}/x@h": ("usage", "is not a valid URL"),
    "https://[::1": ("usage", "is not a valid URL"),
    "https://{region}.example.com": ("usage", "contains a character"),
    "https://a b": ("usage", "contains a character"),
    "https://h\u200b": ("usage", "contains a character"),
    "https://h\\@evil.com": ("usage", "contains a character"),
    "https://u@h": ("usage", "without a user name or password"),
    f"https://u:{SECRET}@h": ("usage", "without a user name or password"),
    f"http://u:{SECRET}@127.0.0.1": ("usage", "without a user name or password"),
    "https://h?": ("usage", "without a query"),
    "https://h/?a=1": ("usage", "without a query"),
    "https://h#": ("usage", "without a fragment"),
    "https://h/#a": ("usage", "without a fragment"),
}


@pytest.mark.parametrize("name", ["base_url", "token_url"])
@each_case("url", BAD_URLS, quick=4)
def test_invalid_urls_are_refused(world: World, url: str, name: str) -> None:
    error = world.env(**{f"CXCALL_{name.upper()}": url}).refusal()
    found = error.findings[0]
    code, words = BAD_URLS[url]
    assert found.code == code
    assert found.message.startswith(f"`{name}`")
    assert words in found.message
    assert found.where == f"CXCALL_{name.upper()}"
    assert str(found.fix).startswith("write ")
    assert SECRET not in repr(error.findings)


@pytest.mark.parametrize(
    "url",
    [
        "https://apps.mypurecloud.de/directory/#/engage",
        "https://login.mypurecloud.de",
        "https://mypurecloud.de",
    ],
)
def test_other_host_of_a_region_is_not_its_api(world: World, url: str) -> None:
    found = world.env(CXCALL_BASE_URL=url).refusal().findings[0]
    assert found.fix == "write `https://api.mypurecloud.de`, or set `region` to `mypurecloud.de`"


def test_path_of_an_operation_in_base_url_is_a_warning(world: World) -> None:
    [found] = world.load(base_url="https://api.mypurecloud.de/api/v2/").conflicts
    assert found.fix == "write `https://api.mypurecloud.de`"


def test_contract_without_server_requires_base_url(world: World) -> None:
    own = Contract("own.json", {"servers": [{"url": "/v1"}]})
    with pytest.raises(UsageError) as caught:
        config.load_settings({}, own)
    assert caught.value.findings[0].code == "host-unknown"
    assert "--base-url" in caught.value.findings[0].fix
    world.env(CXCALL_BASE_URL="https://h", GENESYSCLOUD_REGION="us-east-1")
    assert config.load_settings({}, own).base_url == "https://h"


def test_vendor_variables_do_not_apply_to_another_platform(world: World) -> None:
    world.env(GENESYSCLOUD_OAUTHCLIENT_SECRET=SECRET, GENESYSCLOUD_REGION="us-east-1")
    world.dotenv(f"GENESYSCLOUD_ACCESS_TOKEN={SECRET}\n")
    declared = {
        "x-cxcall-platform": "nice-cxone",
        "servers": [{"url": "https://api-na1.example.com", "x-cxcall-regions": {"na1": "a.b"}}],
    }
    loaded = config.load_settings({}, Contract("nice", declared, is_shipped=True))
    assert (loaded.client_secret, loaded.access_token, loaded.region) == ("", "", "")
    assert loaded.base_url == "https://api-na1.example.com"


def cxone(**flags: str | None) -> config.Settings:
    return config.load_settings(
        {"platform": "nice-cxone", **flags}, find_platform_contract("nice-cxone")
    )


@pytest.mark.parametrize(
    ("flags", "base_url", "token_url"),
    [
        ({}, "https://api-na1.niceincontact.com", ""),
        ({"region": "eu1"}, "https://api-eu1.niceincontact.com", "https://eu1.nice-incontact.com"),
        ({"region": "ca1"}, "https://api-ca1.niceincontact.com", "https://ca1.nice-incontact.com"),
        (
            {"base_url": "https://api-au1.nice-incontact.com"},
            "https://api-au1.nice-incontact.com",
            "https://au1.nice-incontact.com",
        ),
        (
            {"base_url": "https://api-b32.nice-incontact.com"},
            "https://api-b32.nice-incontact.com",
            "",
        ),
        (
            {"base_url": "https://api-b32.nice-incontact.com", "region": "eu1"},
            "https://api-b32.nice-incontact.com",
            "https://eu1.nice-incontact.com",
        ),
        (
            {"region": "eu1", "client_id": "app"},
            "https://api-eu1.niceincontact.com",
            "https://cxone.niceincontact.com",
        ),
        (
            {"client_id": "app", "issuer": "https://cxone-gov.niceincontact.com/"},
            "https://api-na1.niceincontact.com",
            "https://cxone-gov.niceincontact.com",
        ),
        (
            {"base_url": "http://127.0.0.1:9", "client_id": "app", "access_key_id": "key"},
            "http://127.0.0.1:9",
            "http://127.0.0.1:9",
        ),
    ],
)
@pytest.mark.usefixtures("world")
def test_tenant_addresses_are_resolved_from_settings(
    flags: dict[str, str], base_url: str, token_url: str
) -> None:
    loaded = cxone(**flags)
    assert loaded.base_url.removesuffix("/inContactAPI/services/v34.0") == base_url
    path = "/auth/token" if "client_id" in flags else "/authentication/v1/token/access-key"
    assert loaded.token_url == (token_url and token_url + path)


def test_area_of_the_environment_is_used_beside_the_own_host_of_a_tenant(world: World) -> None:
    world.toml('[profiles.default]\nbase_url = "https://api-b32.nice-incontact.com"\n')
    world.env(CXCALL_REGION="na1")
    loaded = cxone()
    assert loaded.base_url == "https://api-b32.nice-incontact.com"
    assert loaded.token_url.startswith("https://na1.nice-incontact.com/")
    assert loaded.conflicts == ()


@pytest.mark.usefixtures("world")
def test_unlisted_cxone_area_is_a_warning() -> None:
    assert [found.code for found in cxone(region="ca1").conflicts] == ["host-unknown"]
    with pytest.raises(UsageError, match="is not a valid area"):
        cxone(region="mypurecloud.ie")


def test_dotenv_cannot_redirect_a_profile_access_key(world: World) -> None:
    world.toml(
        '[profiles.default]\nplatform = "nice-cxone"\nregion = "na1"\n'
        'access_key_id = "a"\naccess_key_secret = "m4rker"\n'
    )
    assert cxone().conflicts == ()
    for line in (
        "CXCALL_ISSUER=https://attacker.example",
        "CXCALL_TOKEN_URL=https://attacker.example/t",
        "CXCALL_BASE_URL=https://attacker.example",
    ):
        world.dotenv(line)
        found = cxone().conflicts
        assert [entry.code for entry in found if entry.severity == "error"] == ["credential"], line


ANY_HOST = st.from_regex(r"[a-z0-9.:@/\\-]{0,40}", fullmatch=True)


@pytest.mark.slow
@given(before=ANY_HOST, after=ANY_HOST, domain=st.sampled_from(VENDOR_DOMAINS))
def test_only_vendor_domains_are_trusted_endpoints(before: str, after: str, domain: str) -> None:
    url = f"https://{before}{domain}{after}"
    if addresses.is_trusted_endpoint(url, addresses.DEFAULT_ISSUER):
        prepared = requests.Request("GET", url).prepare().url or ""
        host = urlsplit(prepared).hostname or ""
        assert host.endswith(tuple(f".{known}" for known in VENDOR_DOMAINS))
        assert host == urllib3.util.parse_url(prepared).host
