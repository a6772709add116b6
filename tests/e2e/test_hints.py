"""A hint is pasted: it does what it says, whatever a person's own text in it holds."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from running import CAMPAIGN, CXCALL

if TYPE_CHECKING:
    from running import Cxcall

HOSTILE = ["it's", "two words", "$(touch ran)", "`touch ran`", ";touch ran", 'a"b\\c', "-x"]


def hinted(text: str) -> str:
    """Return the first command in the first hint."""
    found = re.search(r"^hint: .*?`(.+)`", text, re.MULTILINE)
    assert found, text
    return found[1]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_set_value_in_a_hint_is_quoted(cxcall: Cxcall, value: str) -> None:
    words = ["execute", CAMPAIGN, "--dry-run", "--force", "-o", "json"]
    member = f"/contactSpec/contactData/{value}={value}"
    said = cxcall(*words[:-2], "--set", member, code=2).err
    again = f"{CXCALL} {shlex.join(words)} {hinted(said)}"
    done = subprocess.run(
        ["sh", "-c", again],
        cwd=cxcall.folder,
        env=cxcall.environment,
        capture_output=True,
        check=False,
        text=True,
    )
    assert f'"{value}"' in done.stdout.replace('\\"', '"').replace("\\\\", "\\"), done
    assert not (cxcall.folder / "ran").exists()


def test_a_delivery_in_a_hint_is_quoted(cxcall: Cxcall) -> None:
    said = cxcall("history", "resolve", "a b;id", code=2).err
    words = ["cxcall", "history", "resolve", "a b;id", "--did-not-ring"]
    assert shlex.split(hinted(said)) == words


@pytest.mark.parametrize(
    ("given", "environment", "wanted"),
    [
        (["-p", "my prof"], {}, ["-p", "my prof"]),
        ([], {"CXCALL_PROFILE": "my prof"}, ["-p", "my prof"]),
        (["-p", "my prof"], {"CXCALL_CLIENT_ID": "x"}, ["-p", "my prof"]),
        ([], {}, []),
    ],
)
def test_a_login_in_a_hint_is_to_the_profile_in_force(
    cxcall: Cxcall, given: list[str], environment: dict[str, str], wanted: list[str]
) -> None:
    profile = 'base_url = "http://127.0.0.1:9"'
    cxcall.file(
        "config/config.toml", f'[profiles."my prof"]\n{profile}\n[profiles.default]\n{profile}\n'
    )
    ran = cxcall("auth", "status", *given, env=environment, code=4)
    hint = next(line for line in ran.err.splitlines() if line.startswith("hint: "))
    (login,) = [each for each in re.findall(r"`([^`]+)`", hint) if each.startswith("cxcall")]
    assert shlex.split(login) == ["cxcall", "auth", "login", *wanted]
    cxcall.file(
        "config/config.toml", f'default_profile = "my prof"\n[profiles."my prof"]\n{profile}\n'
    )
    ran = cxcall("auth", "status", env=environment and {"CXCALL_CLIENT_ID": "x"}, code=4)
    assert "`cxcall auth login`" in ran.err
