"""Completion in the shells themselves: commands, flags, values, and files; never an error."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pexpect
import pytest

from helpers.batch_files import FAST, PERSONAL
from helpers.cases import each_case
from helpers.command import CONTACT, Cxcall

CONFIG = '[profiles.eu]\nregion = "eu-west-1"\n[profiles.eu-test]\n[profiles."my us"]\n'
# Every expected word, sorted; a shell that completes within a word offers the part that it replaces.
LINES = {
    "cxcall exe": ["execute"],
    "cxcall ex": ["execute", "explain"],
    "cxcall auth log": ["login", "logout"],
    "cxcall -p eu auth login --with": ["--with-token"],
    "cxcall execute --dr": ["--dry-run"],
    "cxcall execute --dry-run --dr": [],
    "cxcall validate -o j": ["json", "jsonl", "junit"],
    "cxcall completion z": ["zsh"],
    "cxcall mcp --operation execu": ["execute"],
    "cxcall send place-call-": ["place-call-for-user"],
    "cxcall send place-call-for-user --user": ["--user-id"],
    "cxcall explain id-": ["id-format", "id-mismatch"],
    "cxcall history list --outcome un": ["undelivered", "unknown"],
    "cxcall auth status --base-url http://127.0.0.1:1 --profile eu-": ["eu-test"],
    "cxcall 'auth' \"status\" --profile eu-": ["eu-test"],
    "cxcall personal-connection --phone": [],
    "cxcall config get hours": ["hours", "hours_policy"],
    "cxcall config set access_": ["access_key_id"],
    "cxcall config unset access_": ["access_key_id", "access_key_secret", "access_token"],
    "cxcall help ex": ["execute", "exit-codes", "explain"],
    "cxcall auth status --platform nice-cxone --region e": ["eu1"],
    "cxcall batch x.csv --default-country p": [],
    "cxcall config set hours_policy w": ["warn"],
    "cxcall config set region eu-west-": ["eu-west-1", "eu-west-2"],
    "cxcall sandbox re": ["requests"],
    "cxcall help batch re": ["report"],
    "cxcall help config s": ["set", "show"],
}


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the scripts, so that no shell must start the command to get its script."""
    cxcall = Cxcall(tmp_path_factory.mktemp("scripts"))
    for shell in ("bash", "fish"):
        cxcall.file(shell, cxcall("completion", shell, code=0).out)
    return cxcall.folder


@pytest.fixture
def home(cxcall: Cxcall, scripts: Path) -> Cxcall:
    """Return the command, on PATH, with profiles and files."""
    cxcall.environment["SCRIPTS"] = str(scripts)
    cxcall.file("config/config.toml", CONFIG)
    cxcall.file("payload one.json", {})
    cxcall.environment["PATH"] = cxcall.path_of_shells()
    return cxcall


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not shutil.which(shell), reason=f"{shell} is not installed here")


SHELL_LINES = [
    "cxcall exe",
    "cxcall auth log",
    "cxcall -p eu auth login --with",
    "cxcall 'auth' \"status\" --profile eu-",
    "cxcall execute --dry-run --dr",
    "cxcall explain id-",
]
"""What a shell itself divides into words and filters: its script starts the installed program for each line."""
BETWEEN = "=end="
"""What a shell prints after the words for each line."""


def run(cxcall: Cxcall, *command: str) -> list[list[str]]:
    """Run a shell to its end; returns the words that it printed for each line, sorted."""
    result = subprocess.run(
        command,
        cwd=cxcall.folder,
        env=cxcall.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, ""), result
    *parts, rest = result.stdout.split(f"{BETWEEN}\n")
    assert rest == ""
    return [sorted(part.splitlines()) for part in parts]


def in_bash(cxcall: Cxcall, *lines: str) -> list[list[str]]:
    """Complete lines by the real function, as readline calls it."""
    program = """
        source "$SCRIPTS/bash"
        compopt() { :; }  # speaks to readline, which is not there
        for line in "$@"; do
            COMP_LINE=$line COMP_POINT=${#line} COMP_WORDS=($line) COMPREPLY=()
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            [[ $line == *' ' ]] && COMP_WORDS+=('') && ((++COMP_CWORD))
            _cxcall cxcall "${COMP_WORDS[COMP_CWORD]}"
            for value in "${COMPREPLY[@]}"; do printf '%s\\n' "$value"; done
            echo "$BETWEEN"
        done
    """
    cxcall.environment["BETWEEN"] = BETWEEN
    return run(cxcall, "bash", "--norc", "-c", program, "bash", *lines)


def in_fish(cxcall: Cxcall, *lines: str) -> list[list[str]]:
    program = "source $SCRIPTS/fish; " + "; ".join(
        f"complete -C {pexpect_quoted(line)}; echo {BETWEEN}" for line in lines
    )
    found = run(cxcall, "fish", "--no-config", "-c", program)
    return [[word.partition("\t")[0] for word in words] for words in found]


def in_powershell(cxcall: Cxcall, line: str) -> list[str]:
    program = (
        "cxcall completion powershell | Out-String | Invoke-Expression; "
        f"$line = {pexpect_quoted(line)}; "
        "(TabExpansion2 $line $line.Length).CompletionMatches | ForEach-Object CompletionText; "
        f"'{BETWEEN}'"
    )
    (found,) = run(cxcall, "pwsh", "-NoProfile", "-NonInteractive", "-Command", program)
    return found


def pexpect_quoted(line: str) -> str:
    """Quote a line for fish and for PowerShell, whose single quotes differ from a POSIX shell's."""
    assert "'" not in line
    return f"'{line}'"


@pytest.mark.slow
@each_case("line", LINES)
def test_line_has_the_same_values_as_text_and_as_words(home: Cxcall, line: str) -> None:
    *words, word = shlex.split(line)[1:]
    if [*LINES].index(line) % 2:
        assert sorted(asked(home, *words, word=word)) == LINES[line]
    bash = {"_CXCALL_COMPLETE": "bash", "_CXCALL_LINE": line, "_CXCALL_BREAKS": " \t\n\"'><=;|&(:"}
    ran = home(env=bash, code=0)
    assert (sorted(ran.out.splitlines()[1:]), ran.err) == (LINES[line], "")


@pytest.mark.slow
@needs("bash")
def test_bash(home: Cxcall) -> None:
    assert in_bash(home, *SHELL_LINES) == [LINES[line] for line in SHELL_LINES]


@pytest.mark.slow
@needs("bash")
def test_bash_quotes_what_it_completes(home: Cxcall) -> None:
    home.file("config/config.toml", """[profiles."a b"]\n[profiles."a$b\\"c'"]\n""")
    line = "cxcall auth status --profile a"
    assert in_bash(home, line) == [[r"a\ b", r"a\$b\"c\'"]]


@pytest.mark.slow
@needs("fish")
def test_fish(home: Cxcall) -> None:
    lines = [line for line in SHELL_LINES if "'" not in line]
    assert in_fish(home, *lines) == [LINES[line] for line in lines]


@pytest.mark.slow
@needs("fish")
def test_fish_completes_names_of_files(home: Cxcall) -> None:
    words = ("validate pay", "execute --file=pay", "validate --operation=execu")
    assert in_fish(home, *(f"cxcall {each}" for each in words)) == [
        ["payload one.json"],
        ["--file=payload one.json"],
        ["--operation=execute"],
    ]


@needs("pwsh")
@pytest.mark.parametrize("line", [line for line in SHELL_LINES if LINES[line] and "'" not in line])
def test_powershell(home: Cxcall, line: str) -> None:
    assert in_powershell(home, line) == LINES[line]


TABS = {
    "cxcall exe": "cxcall execute ",
    "cxcall validate --operation=execu": "cxcall validate --operation=execute ",
    "cxcall validate pay": r"cxcall validate payload\ one.json ",
    "cxcall validate --file=x -o juni": "cxcall validate --file=x -o junit ",
    "cxcall auth status -p my": r"cxcall auth status -p my\ us ",
    "cxcall operations place-call-for-user ; cxcall exe": "; cxcall execute ",
}


DELETE_LINE = "\x15"
"""Ctrl-U."""


def typed(home: Cxcall, shell: list[str], start: str, lines: dict[str, str]) -> None:
    """Type lines and the tab key into a real shell, and wait for each completed line."""
    child = pexpect.spawn(
        shell[0],
        shell[1:],
        cwd=str(home.folder),
        env={**home.environment, "TERM": "dumb"},
        timeout=20,
        encoding="utf-8",
        dimensions=(40, 200),
    )
    try:
        child.sendline(f"{start}; PS1='rea''dy> '")
        child.expect_exact("ready> ")
        for line, whole in lines.items():
            child.send(f"{line}\t")
            child.expect_exact(whole)
            child.send(DELETE_LINE)
    finally:
        child.close(force=True)


@pytest.mark.slow
@needs("bash")
def test_the_tab_key_in_bash(home: Cxcall) -> None:
    shell = ["bash", "--norc", "--noprofile", "-i"]
    typed(home, shell, "source <(cxcall completion bash)", TABS)


@pytest.mark.slow
@needs("zsh")
def test_the_tab_key_in_zsh(home: Cxcall) -> None:
    start = "autoload -Uz compinit; compinit -u; source <(cxcall completion zsh)"
    typed(home, ["zsh", "-f", "-i"], start, TABS)


@pytest.mark.slow
@needs("zsh")
def test_zsh_takes_it_from_a_folder_of_functions(home: Cxcall) -> None:
    home.file("functions/_cxcall", home("completion", "zsh", code=0).out)
    start = "fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u"
    typed(home, ["zsh", "-f", "-i"], start, {"cxcall exe": "cxcall execute "})


@pytest.mark.slow
def test_ids_are_those_of_the_ledger_the_newest_first(live: Cxcall) -> None:
    words = ("personal-connection", "--contact-id", CONTACT, "-o", "json", "--reason-code")
    ids = [live(*words, reason, code=0).envelope for reason in "ab"]
    newest = [sent["deliveryId"] for sent in reversed(ids)]
    assert asked(live, "history", "show", word="") == newest
    assert asked(live, "history", "resolve", word="") == []  # both were accepted
    engagements = [sent["engagementId"] for sent in reversed(ids)]
    assert asked(live, "history", "list", "--engagement-id", word="") == engagements
    rows = "".join(json.dumps({"contactId": CONTACT, "reasonCode": each}) + "\n" for each in "cd")
    for _ in range(2):
        live("batch", "-", "-o", "json", *PERSONAL, *FAST, "--again", stdin=rows, code=0)
    assert len(asked(live, "batch", "report", word="")) == 2


def test_completing_makes_no_ledger(cxcall: Cxcall) -> None:
    assert asked(cxcall, word="--output=jso") == ["--output=json", "--output=jsonl"]
    assert asked(cxcall, "history", "show", word="") == []
    assert not (cxcall.folder / "state").exists()


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("config/config.toml", ["auth", "status", "--profile"]),
        ("config/config.toml", ["validate", "--operation"]),
        ("state/ledger.sqlite3", ["history", "show"]),
        ("own.json", ["validate", "--contract", "own.json", "--operation"]),
        ("own.json", ["send", "--contract", "own.json"]),
        ("own.json", ["no-command"]),
    ],
)
def test_what_is_broken_has_no_values_and_no_error(
    cxcall: Cxcall, file: str, words: list[str]
) -> None:
    cxcall.file(file, b"[broken \xff")
    ran = cxcall(*words, env={"_CXCALL_COMPLETE": "fish"}, code=0)
    assert ran.out.partition("\n")[2].strip() == ""
    assert ran.err == ""


def asked(cxcall: Cxcall, *words: str, word: str) -> list[str]:
    """Request completions as a shell's function does; returns the values."""
    ran = cxcall(*words, env={"_CXCALL_COMPLETE": "fish", "_CXCALL_WORD": word}, code=0)
    assert ran.err == ""
    return [line.partition("\t")[0] for line in ran.out.splitlines()[1:]]


@pytest.mark.slow
def test_every_command_and_every_flag_is_offered(cxcall: Cxcall) -> None:
    helped = cxcall("--help", code=0).out
    commands = asked(cxcall, word="")
    listed = helped.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    names = [line.split()[0] for line in listed if line[2:3] != " "]
    assert commands == list(dict.fromkeys(names))  # `batch list` is listed beside `batch`
    for command in commands:
        words = (
            [command, *asked(cxcall, command, word="")[:1]]
            if command in ("auth", "history", "config")
            else [command]
        )
        options = cxcall(*words, "--help", code=0).out.splitlines()
        flags = {
            word.rstrip(",")
            for line in options
            if line[2:3] == "-"
            for word in line[:40].replace(" / ", " ").split()
            if word[0] == "-" and word.strip("-")
        }
        assert set(asked(cxcall, *words, word="-")) == flags, words


@pytest.mark.slow
def test_documented_installation_works_in_a_new_home(home: Cxcall) -> None:
    page = Path(__file__).parents[2] / "docs/install.md"
    (block,) = (
        each for each in page.read_text("utf-8").split("```sh\n")[1:] if "completion bash" in each
    )
    done = subprocess.run(
        ["bash", "-ec", block.partition("```")[0]], env=home.environment, check=False, timeout=60
    )
    assert done.returncode == 0
    script = Path(home.environment["HOME"], ".local/share/bash-completion/completions/cxcall")
    assert "complete" in script.read_text("utf-8")
