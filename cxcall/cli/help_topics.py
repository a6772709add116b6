"""What help tells beside the commands: exit codes, environment, output; one source, for the man page too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.exit_codes import ExitCode
from cxcall.named_tuple import NamedTuple
from cxcall.settings.sources import FOLDER_VARIABLES, PREFIX, SETTING_NAMES, VENDOR_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_WIDEST = 80


class Topic(NamedTuple):
    """Paragraphs, then terms with what each means, then paragraphs."""

    before: str
    terms: Sequence[tuple[str, str]]
    after: str = ""

    def text(self, width: int = _WIDEST) -> str:
        """Return it as lines that are no wider than `width`."""
        from textwrap import fill

        indent = min(max(len(term) for term, _ in self.terms) + 4, 32)
        lines = [fill(self.before, width), ""]
        for term, meaning in self.terms:
            head = (
                f"  {term}".ljust(indent)
                if len(term) + 4 <= indent
                else f"  {term}\n{' ' * indent}"
            )
            shown = fill(meaning, width - indent)
            lines.append(head + shown.replace("\n", "\n" + " " * indent))
        return "\n".join([*lines, *(["", fill(self.after, width)] if self.after else [])])


_SETTINGS = {
    "profile": "The profile of config.toml to take.",
    "platform": "`genesys-cloud` or `nice-cxone`.",
    "region": "Where requests go, by name (`eu-west-1`) or domain (`mypurecloud.ie`).",
    "base_url": "The API's address, in place of a region.",
    "token_url": "Where tokens are fetched, when that is not the region's own login host.",
    "issuer": "Who says where a CXone tenant is; https://cxone.niceincontact.com, if nothing is said.",
    "client_id": "The OAuth client: of a program, or of the application that a person logs in by.",
    "client_secret": "Its secret.",
    "access_key_id": "A user's access key for NICE CXone.",
    "access_key_secret": "Its secret.",
    "access_token": "An access token that is used as it is.",
    "timeout": "The longest that one exchange may take, in seconds (30).",
    "max_wait": "The longest that a delivery may wait to send again, in seconds (60).",
    "duplicate_window": "How long an accepted request stops another equal one, in seconds (900).",
    "engagement_header": "The response header to look for the engagement ID in first.",
    "contract": "An OpenAPI document of your own, whose operations join those that cxcall knows.",
    "hours": "When people may be called, by the clock where they are (08:00-21:00).",
    "hours_policy": "`enforce`: outside of the hours nothing is sent; else there is a warning.",
    "do_not_call": "A file of numbers that are not to be called, one a line.",
}
_FOLDERS = {
    "CXCALL_STATE_DIR": "The folder of the ledger and the tokens.",
    "CXCALL_CONFIG_DIR": "The folder of config.toml.",
    "CXCALL_CACHE_DIR": "The folder of converted contracts; all in it can be made anew.",
}
_OTHERS = (
    ("NO_COLOR", "Where it is set to anything, no colours; `--color` wins."),
    ("HTTPS_PROXY, NO_PROXY", "The proxy to the API, and the hosts that need none."),
    ("REQUESTS_CA_BUNDLE", "The certificates of your network's own authority, a file."),
)


def _exit_codes() -> Topic:
    return Topic(
        "The exit code says whether a script may run the command again, and whether a call was placed.",
        [(str(int(code)), f"{code.meaning}. Call placed: {code.call_placed}") for code in ExitCode],
        "A code is the same for every command. 8 is never safe to run again: `cxcall history show ID` has what is known.",
    )


def _environment() -> Topic:
    vendor = [
        (variable, f"As {PREFIX}{name.upper()}, in the vendor's own words.")
        for name, variable in VENDOR_VARIABLES.items()
    ]
    return Topic(
        "A flag wins over the environment, that over `.env` in the working directory, that over the profile in config.toml. `cxcall config show` has every value with its source.",
        [
            *((f"{PREFIX}{name.upper()}", _SETTINGS[name]) for name in SETTING_NAMES),
            *vendor,
            *((name, _FOLDERS[name]) for name in FOLDER_VARIABLES),
            *_OTHERS,
        ],
        "No flag takes a secret, and no variable answers `--yes`.",
    )


def _output() -> Topic:
    return Topic(
        "stdout is data, stderr is talk. What a command found is told as `error[code]: what is wrong`, with where, why and what to do below; `cxcall explain CODE` tells what a code means.",
        [
            ("-o text", "For people: colours and tables on a terminal, lines and tabs elsewhere."),
            (
                "-o json",
                "One envelope on stdout on every path, usage errors included; `batch` prints one a row and then its summary, `history export` its records alone.",
            ),
            ("-o jsonl", "JSON Lines: a record a line, where a command has many."),
            ("-o github", "Of `validate`: annotations at the lines of a pull request."),
            ("-o junit", "Of `validate`: what test reports read."),
            ("-o sarif", "Of `validate`: what code scanning reads."),
            ("-q, --quiet", "The engagement ID alone."),
            ("-v, --verbose", "Request, headers and timing, on stderr; secrets masked."),
            (
                "--color WHEN",
                "`auto` colours a terminal, unless NO_COLOR is set or TERM is `dumb`.",
            ),
        ],
        "Phone numbers are whole on a terminal and in a dry run, and masked but for their last four digits elsewhere.",
    )


def _files() -> Topic:
    return Topic(
        "Where cxcall reads and writes; `cxcall config path` prints the two folders of this machine.",
        [
            ("config.toml", "Profiles: a table `[profiles.NAME]` for each; in the first folder."),
            (".env", "Settings, in the working directory; as variables of the environment."),
            ("pyproject.toml, .cxcall.toml", "Which files are for which operation: the table `[tool.cxcall.operations]`, or `[operations]`."),
            ("ledger.sqlite3", "What this machine sent: hashes of bodies, the last four digits of numbers; in the second folder."),
            ("credentials.json, tokens.json", "What `cxcall auth login` keeps, for their owner alone; in the second folder."),
        ],
    )  # fmt: skip


TOPICS: dict[str, tuple[str, Callable[[], Topic]]] = {
    "exit-codes": ("May I run this again?", _exit_codes),
    "environment": ("Settings from variables.", _environment),
    "output": ("What is printed, where, and how.", _output),
    "files": ("What is read and written, and where.", _files),
}


def find(name: str) -> Topic:
    """Return the topic called `name`; raises KeyError."""
    return TOPICS[name][1]()
