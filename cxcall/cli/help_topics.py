"""The topics of `cxcall help`: exit codes, environment, output, files. The man page is built from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.exit_codes import ExitCode
from cxcall.named_tuple import NamedTuple
from cxcall.settings.sources import (
    DEFAULTS,
    MACHINE_VARIABLES,
    PREFIX,
    SETTING_NAMES,
    VENDOR_VARIABLES,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MAX_WIDTH = 80


class Topic(NamedTuple):
    """An introduction, a list of terms with their meanings, and a closing paragraph."""

    before: str
    terms: Sequence[tuple[str, str]]
    after: str = ""

    def text(self, width: int = _MAX_WIDTH) -> str:
        """Return the topic as lines of at most `width` columns."""
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
    "profile": "The profile in config.toml to use.",
    "platform": "`genesys-cloud` or `nice-cxone`.",
    "region": "The region, by name (`eu-west-1`) or domain (`mypurecloud.ie`).",
    "base_url": "The base URL of the API, in place of a region.",
    "token_url": "The URL for token requests, if it is not on the login host of the region.",
    "issuer": "The CXone discovery (issuer) URL (https://cxone.niceincontact.com).",
    "client_id": "The ID of the OAuth client.",
    "client_secret": "The secret of the OAuth client.",
    "access_key_id": "The ID of an access key for NICE CXone.",
    "access_key_secret": "The secret of the access key.",
    "access_token": "An access token to use unchanged.",
    "username": "The user name of Basic credentials, for your own API document.",
    "password": "The password of Basic credentials.",
    "api_key": "The API key for your own API document; write several as `NAME=VALUE,NAME=VALUE`.",
    "timeout": f"The time limit of one request and its response, in seconds ({DEFAULTS['timeout']}).",
    "max_wait": f"The longest wait before a request is sent again, in seconds ({DEFAULTS['max_wait']}).",
    "duplicate_window": f"How long an accepted request stops an identical one, in seconds ({DEFAULTS['duplicate_window']}).",
    "engagement_header": "The response header to search first for the engagement ID.",
    "engagement_id": "Where to search first for the engagement ID: `header:NAME` or `body:/pointer`.",
    "contract": "Your own OpenAPI or Swagger document, whose operations are added.",
    "hours": "Calling hours in the callee's local time (08:00-21:00).",
    "hours_policy": "`enforce`: do not send outside calling hours; `warn` (the default): only warn.",
    "max_attempts": "How often one person may be called, such as `3/day` (`hour`, `day`, `week`).",
    "do_not_call": "A file of numbers that must not be called, one per line.",
}
_MACHINE = {
    "CXCALL_STATE_DIR": "The folder of the ledger and the tokens, an absolute path.",
    "CXCALL_CONFIG_DIR": "The folder of config.toml, an absolute path.",
    "CXCALL_CACHE_DIR": "The folder of converted API documents, an absolute path; safe to delete.",
    "CXCALL_LEDGER": "A PostgreSQL database for the ledger of several machines, `postgresql://...`.",
}
_OTHERS = (
    ("NO_COLOR", "Any value turns colors off; `--color` overrides it."),
    ("HTTPS_PROXY, NO_PROXY", "The proxy, and the hosts that are reached without a proxy."),
    ("REQUESTS_CA_BUNDLE", "A file with the CA certificates of your network."),
)


def _exit_codes() -> Topic:
    return Topic(
        "The exit code says whether a script may run the command again, and whether a call was placed.",
        [(str(int(code)), f"{code.meaning}. Call placed: {code.call_placed}") for code in ExitCode],
        "All commands use the same codes. After 8 it is never safe to run the command again: `cxcall history show ID` shows what is known.",
    )


def _environment() -> Topic:
    vendor = [
        (variable, f"The vendor's name for {PREFIX}{name.upper()}.")
        for name, variable in VENDOR_VARIABLES.items()
    ]
    return Topic(
        "Precedence: flags, environment, `.env` in the working directory, the profile in config.toml. `cxcall config show` shows each value with its source.",
        [
            *((f"{PREFIX}{name.upper()}", _SETTINGS[name]) for name in SETTING_NAMES),
            *vendor,
            *((name, _MACHINE[name]) for name in MACHINE_VARIABLES),
            *_OTHERS,
        ],
        "No flag takes a secret. No variable replaces `--yes`.",
    )


def _output() -> Topic:
    return Topic(
        "Data goes to stdout, diagnostics to stderr. A finding starts with `error[code]: what is wrong`, followed by where, why, and what to do. `cxcall explain CODE` describes a code.",
        [
            ("-o text", "Text: colors and tables on a terminal, otherwise lines with tabs."),
            (
                "-o json",
                "One JSON envelope on stdout on every path, usage errors included; `batch` prints one per row and then a summary, `history export` only the records.",
            ),
            ("-o jsonl", "JSON Lines: one record per line, for commands that print many."),
            (
                "--all",
                "For `send` of a list: the items of all pages as JSON Lines, as they arrive; with `-o json`, one envelope with all of them.",
            ),
            (
                "--query, --fields",
                "For `send`: the part of a response that a JMESPath expression selects (with `--all`, of each page), or some fields of each item. Text is printed without quotes, everything else as JSON.",
            ),
            ("-o github", "For `validate`: annotations at the lines of a pull request."),
            ("-o junit", "For `validate`: a test report."),
            ("-o sarif", "For `validate`: code-scanning results."),
            ("-q, --quiet", "Only the engagement ID."),
            ("-v, --verbose", "Request, headers, and timing on stderr, with secrets masked."),
            (
                "--color WHEN",
                "`auto`: color on a terminal, unless NO_COLOR is set or TERM is `dumb`.",
            ),
        ],
        "On a terminal, the phone numbers in requests, responses, and quoted lines are shown in full. A dry run always shows those of its request in full. In messages and everywhere else, all but the last four digits are masked.",
    )


def _files() -> Topic:
    return Topic(
        "The files that cxcall reads and writes. `cxcall config path` prints the two folders of this machine.",
        [
            ("config.toml", "Profiles, each in a table `[profiles.NAME]`; in the first folder."),
            (".env", "Settings as environment variables; in the working directory."),
            (
                "pyproject.toml, .cxcall.toml",
                "Which operation a payload file is for, in the table `[tool.cxcall.operations]` or `[operations]`.",
            ),
            (
                "ledger.sqlite3",
                "The recorded deliveries: hashes of bodies, the last four digits of numbers; in the second folder.",
            ),
            (
                "ledgers/",
                "Markers that show when a ledger was lost; in the first folder. Do not delete them.",
            ),
            (
                "credentials.json, tokens.json",
                "The credentials that `cxcall auth login` stores, readable only by you; in the second folder.",
            ),
        ],
    )


TOPICS: dict[str, tuple[str, Callable[[], Topic]]] = {
    "exit-codes": ("Exit codes, and whether a call was placed.", _exit_codes),
    "environment": ("Environment variables.", _environment),
    "output": ("Output formats, colors, and masking.", _output),
    "files": ("Files that cxcall reads and writes.", _files),
}


def find(name: str) -> Topic:
    """Return the topic called `name`; raises KeyError."""
    return TOPICS[name][1]()
