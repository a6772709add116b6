"""A `.env` file does not redirect a secret from another source, not even to another host of the same platform."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import pytest

from cxcall.findings.finding import Severity
from helpers.command import CONTACT, Cxcall
from helpers.trust import SECRET, Folder, Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cxcall.settings.settings import Settings

TOKEN = {"access_token": SECRET}
CLIENT = {"client_id": "me", "client_secret": SECRET}
KEY = {"access_key_id": "me", "access_key_secret": SECRET}
OWN_HOST = {"base_url": "https://api.example.com"}
OWN_REGION = {"region": "eu-west-1"}
CXONE = {"platform": "nice-cxone"}
CXONE_API = "https://api-na1.niceincontact.com/inContactAPI/services/v34.0"
LOGIN = "https://login.mypurecloud"
ISSUER = "https://cxone.niceincontact.com"
MOVES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "apps. of the same domain": ({**TOKEN, **OWN_HOST}, {"base_url": "https://apps.example.com"}),
    "login. of the same domain": ({**TOKEN, **OWN_HOST}, {"base_url": "https://login.example.com"}),
    "the domain itself": ({**TOKEN, **OWN_HOST}, {"base_url": "https://example.com"}),
    "another port": ({**TOKEN, **OWN_HOST}, {"base_url": "https://api.example.com:8443"}),
    "another path": ({**TOKEN, **OWN_HOST}, {"base_url": "https://api.example.com/other"}),
    "token host of the same domain": (
        {**CLIENT, **OWN_HOST},
        {"token_url": "https://login.example.com/oauth/token"},
    ),
    "another region": ({**CLIENT, "region": "us-east-1"}, {"region": "eu-west-1"}),
    "an unknown region": (CLIENT, {"region": "evil1.pure.cloud"}),
    "a region beside the own login": (
        {**CLIENT, "token_url": f"{LOGIN}.ie/oauth/token"},
        {"region": "us-east-1"},
    ),
    "API of another region": ({**TOKEN, **OWN_REGION}, {"base_url": "https://api.mypurecloud.de"}),
    "login of another region": ({**CLIENT, **OWN_REGION}, {"token_url": f"{LOGIN}.de/oauth/token"}),
    "another host of the region": (
        {**CLIENT, **OWN_REGION},
        {"token_url": "https://apps.mypurecloud.ie/oauth/token"},
    ),
    "API host as token host": (
        {**CLIENT, **OWN_REGION},
        {"token_url": "https://api.mypurecloud.ie/oauth/token"},
    ),
    "region beside its own API": (
        {**CLIENT, **OWN_REGION},
        {"base_url": "https://api.mypurecloud.ie", "token_url": f"{LOGIN}.com/oauth/token"},
    ),
    "another platform's token": ({**TOKEN, **CXONE}, {"platform": "genesys-cloud"}),
    "the other platform's token": (TOKEN, CXONE),
    "another area": ({**KEY, **CXONE, "region": "na1"}, {"region": "eu1"}),
    "an area beside the tenant's host": (
        {**KEY, **CXONE, "base_url": "https://api-b32.nice-incontact.com"},
        {"region": "eu1"},
    ),
    "an unknown area for none": ({**KEY, **CXONE}, {"region": "xx9"}),
    "an API for none": ({**KEY, **CXONE}, {"base_url": CXONE_API}),
    "an API before discovery": ({**KEY, **CLIENT, **CXONE}, {"base_url": CXONE_API}),
    "another issuer of the vendor": (
        {**KEY, **CLIENT, **CXONE},
        {"issuer": "https://cxone-gov.niceincontact.com"},
    ),
    "own region by API": ({**CLIENT, **OWN_REGION}, {"base_url": "https://api.mypurecloud.ie"}),
    "own region by login": ({**CLIENT, **OWN_REGION}, {"token_url": f"{LOGIN}.ie/oauth/token"}),
    "token endpoint of an application": (
        {**KEY, **CXONE, "region": "na1"},
        {"client_id": "app", "client_secret": "x"},
    ),
}
"""What the owner sets in a profile or in the environment, and what `.env` would change."""
SAME: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "own host": ({**TOKEN, **OWN_HOST}, OWN_HOST),
    "own region": ({**CLIENT, **OWN_REGION}, OWN_REGION),
    "region that is not used": ({**TOKEN, **OWN_HOST}, {"region": "evil.example"}),
    "default platform": (CLIENT, {"platform": "genesys-cloud"}),
    "own platform": ({**TOKEN, **CXONE, "region": "na1"}, CXONE),
    "platform of a key": ({**KEY, "region": "na1"}, CXONE),
    "own area": ({**KEY, **CXONE, "region": "na1"}, {"region": "na1"}),
    "own issuer": ({**KEY, **CLIENT, **CXONE, "issuer": ISSUER}, {"issuer": ISSUER}),
}
ADDRESSES = ("base_url", "token_url", "issuer")
PLACES = ("environment", "profile")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return Folder(tmp_path, monkeypatch)


def load(folder: Folder, place: str, own: Mapping[str, str], dotenv: Mapping[str, str]) -> Settings:
    for name, value in own.items():
        folder.set(place, name, value)
    for name, value in dotenv.items():
        folder.set(".env", name, value)
    return folder.load()


def errors(settings: Settings) -> list[str]:
    found = [each for each in settings.conflicts if each.severity is Severity.ERROR]
    assert SECRET not in repr(found)
    return [each.message for each in found]


@pytest.mark.parametrize(("case", "place"), [*zip(MOVES, cycle(PLACES), strict=False)])
def test_dotenv_moves_no_foreign_secret(folder: Folder, case: str, place: str) -> None:
    own, dotenv = MOVES[case]
    if place == "environment" and {*own} & {*dotenv}:
        place = "profile"  # `.env` changes no variable of the environment
    found = errors(load(folder, place, own, dotenv))
    assert found
    assert all(each.startswith("`.env` would ") for each in found)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("case", SAME)
def test_dotenv_may_name_the_addresses_of_the_owner(folder: Folder, case: str, place: str) -> None:
    own, dotenv = SAME[case]
    settings = load(folder, place, own, dotenv)
    assert errors(settings) == []
    if "platform" not in own and dotenv == CXONE:
        return  # without `.env`, only the operation names the platform
    alone = folder.load(has_dotenv=False)
    used = [each for each in ADDRESSES if each != "issuer" or "platform" in {**own, **dotenv}]
    for name in used:
        assert settings.values[name].value == alone.values[name].value


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("own", "region", "host"),
    [
        (TOKEN, "us-east-1", "mypurecloud.com"),
        (CLIENT, "eu_west_1", "mypurecloud.ie"),
        (CLIENT, "mypurecloud.de", "mypurecloud.de"),
        ({**KEY, **CXONE}, "na1", "api-na1.niceincontact.com"),
    ],
)
def test_published_region_of_dotenv_is_used_if_the_owner_names_no_address(
    folder: Folder, own: dict[str, str], region: str, host: str, place: str
) -> None:
    settings = load(folder, place, own, {"region": region})
    assert errors(settings) == []
    assert host in settings.base_url


@pytest.mark.parametrize("case", MOVES)
def test_dotenv_with_its_own_secret_chooses_the_address(folder: Folder, case: str) -> None:
    own, dotenv = MOVES[case]
    assert errors(load(folder, ".env", {**own, **dotenv}, {})) == []


@pytest.mark.parametrize(
    ("own", "dotenv"),
    [
        (TOKEN, {"region": "na1"}),
        (TOKEN, {"platform": "genesys-cloud"}),
        (CLIENT, {"access_key_id": "k", "access_key_secret": "other"}),
        (TOKEN, {"base_url": CXONE_API}),
    ],
)
def test_dotenv_does_not_choose_the_platform_of_a_token(
    cxcall: Cxcall, recorder: Recorder, own: dict[str, str], dotenv: dict[str, str]
) -> None:
    words = (
        "send",
        "cxone-start-script",
        "--param",
        "skillId=1",
        "--param",
        "scriptId=1",
        "--yes",
        "--force",
    )
    cxcall.file(".env", lines(dotenv))
    variables = {f"CXCALL_{name.upper()}": value for name, value in own.items()}
    ran = cxcall(*words, env={**variables, "HTTPS_PROXY": recorder.url}, code=4)
    assert "only the operation indicates" in ran.err
    assert recorder.hosts == []


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    running = Recorder()
    yield running
    running.stop()


def lines(values: Mapping[str, str]) -> str:
    return "".join(f"CXCALL_{name.upper()}={value}\n" for name, value in values.items())


def write_profile(cxcall: Cxcall, own: Mapping[str, str]) -> None:
    settings = "".join(f'{name} = "{value}"\n' for name, value in own.items())
    path = cxcall.folder / cxcall.file("config/config.toml", f"[profiles.default]\n{settings}")
    path.chmod(0o600)


GENESYS_MOVES = [name for name, (own, file) in MOVES.items() if "platform" not in {**own, **file}]
WORDS = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")


@pytest.mark.parametrize("case", [name for name in MOVES if name not in GENESYS_MOVES])
def test_doctor_asks_no_host_of_dotenv(cxcall: Cxcall, recorder: Recorder, case: str) -> None:
    own, dotenv = MOVES[case]
    write_profile(cxcall, own)
    cxcall.file(".env", lines(dotenv))
    ran = cxcall("doctor", env={"HTTPS_PROXY": recorder.url}, code=5)
    assert "`.env` would " in ran.out
    assert recorder.hosts == []


@pytest.mark.slow
@pytest.mark.parametrize("case", GENESYS_MOVES[::4])
def test_no_host_of_dotenv_is_asked(cxcall: Cxcall, recorder: Recorder, case: str) -> None:
    own, dotenv = MOVES[case]
    write_profile(cxcall, own)
    cxcall.file(".env", lines(dotenv))
    proxy = {"HTTPS_PROXY": recorder.url}
    ran = cxcall(*WORDS, env=proxy, code=4)
    assert "`.env` would " in ran.err
    assert recorder.hosts == []
    (cxcall.folder / ".env").unlink()
    if "token_url" in dotenv and "base_url" in own:
        return  # it has no token host without `.env`
    cxcall(*WORDS, env=proxy, code=6)
    assert recorder.hosts


@pytest.mark.slow
def test_secret_of_a_host_that_is_no_region_needs_a_named_token_host(
    cxcall: Cxcall, recorder: Recorder
) -> None:
    write_profile(cxcall, {**CLIENT, **OWN_HOST})
    proxy = {"HTTPS_PROXY": recorder.url}
    ran = cxcall(*WORDS, env=proxy, code=4)
    assert "the token endpoint for `api.example.com` is not known" in ran.err
    assert recorder.hosts == []
    named = {**CLIENT, **OWN_HOST, "token_url": "https://id.example.com/token"}
    write_profile(cxcall, named)
    cxcall(*WORDS, env=proxy, code=6)
    assert {*recorder.hosts} == {"id.example.com:443"}
