"""Generate the pages in docs/reference/ from the program's own declarations: python tools/reference_pages.py.

The pages are checked in, so that they can be read on a code host. A test compares them with the
current declarations.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import cxcall
from cxcall.cli.commands.help import TOPICS
from cxcall.findings.codes import load_codes
from cxcall.findings.exit_codes import ExitCode
from cxcall.settings.sources import (
    DEFAULTS,
    PREFIX,
    SECRET_SETTINGS,
    SETTING_NAMES,
    VENDOR_VARIABLES,
)
from man_page import (
    example_lines,
    find_common_options,
    is_flag,
    load_commands,
    long_name,
    read_help,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from man_page import CommandHelp

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
ENVELOPE = Path(cxcall.__file__).parent / "output" / "envelope.schema.json"
NOTE = "<!-- Written by tools/reference_pages.py; do not edit. -->\n"


def code(text: str) -> str:
    """Return a text as code; an empty text stays empty."""
    return f"`{text}`" if text else ""


def write_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(map(escape_cell, line))} |\n" for line in lines)


def escape_cell(text: str) -> str:
    """Return a text for a table cell: one line, in which vertical bars are escaped."""
    return escape_text(" ".join(text.split())).replace("|", r"\|")


def escape_text(text: str) -> str:
    """Return a text in which Markdown finds no markup except code in backticks."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(
        part if part[:1] == "`" else re.sub(r"[<\[*]|(?<!\w)_|_(?!\w)", r"\\\g<0>", part)
        for part in parts
    )


def write_commands() -> str:
    """Return the reference of all commands: usage, options, and examples of each."""
    _, known = load_commands()
    common = find_common_options(known)
    parts = [
        *(write_command(read_help(*each, common), example_lines(each[0])) for each in known),
        "## Common options\n\n" + write_options(common.values()),
    ]
    return "\n".join(parts)


def write_command(text: CommandHelp, examples: list[str]) -> str:
    """Return the section of one command."""
    words = text.usage.split()
    name = [word for word in words if re.fullmatch("[a-z-]+", word)]
    paragraphs = re.split(r"\n\s*\n", text.description.strip())
    parts = [
        f"## {' '.join(name)}\n",
        *(escape_text(" ".join(each.split())) + "\n" for each in paragraphs),
        f"```text\n{text.usage}\n```\n",
        write_options(text.options) if text.options else "",
        f"Common options: {', '.join(map(code, text.common))}.\n" if text.common else "",
    ]
    if examples:
        parts.append("```sh\n" + "\n".join(examples) + "\n```\n")
    return "\n".join(filter(None, parts))


def write_options(options: Iterable[tuple[str, str]]) -> str:
    """Return a table of options or arguments with their help."""
    return write_table(("option", "meaning"), [(code(term), text) for term, text in options])


def write_findings() -> str:
    """Return the catalog of finding codes, each under its own heading."""
    codes = load_codes().values()
    links = ", ".join(f"[{each.name}](#{each.name})" for each in codes)
    sections = (
        f"## {each.name}\n\n{escape_text(each.means)}\n\n"
        f"**What to do:** {escape_text(each.do)}\n\n```text\n{each.example}\n```\n"
        for each in codes
    )
    return f"{links}\n\n" + "\n".join(sections)


def write_exit_codes() -> str:
    """Return the page of exit codes."""
    topic = TOPICS["exit-codes"]
    rows = [(str(int(each)), each.meaning, each.call_placed) for each in ExitCode]
    table = write_table(("exit code", "meaning", "call placed?"), rows)
    return f"{table}\n{topic.after}\n\n[Use cxcall in a script](../scripts.md) shows a script that branches on them.\n"


def find_flags() -> dict[str, str]:
    """Return the flag of each setting that has one."""
    return {
        parameter.name: long_name(parameter)
        for command, context in load_commands()[1]
        for parameter in command.get_params(context)
        if parameter.name in SETTING_NAMES and is_flag(parameter)
    }


def write_settings() -> str:
    """Return the page of settings: key, variable, flag, default, and meaning of each."""
    flags = find_flags()
    meanings = dict(TOPICS["environment"].terms)
    rows = []
    for name in SETTING_NAMES:
        variables = [PREFIX + name.upper(), *filter(None, [VENDOR_VARIABLES.get(name)])]
        flag = "none: a secret" if name in SECRET_SETTINGS else code(flags.get(name, ""))
        shown = ", ".join(map(code, variables)), flag, code(DEFAULTS.get(name, ""))
        rows.append((code(name), *shown, meanings[variables[0]]))
    others = [
        (code(name), meaning)
        for name, meaning in meanings.items()
        if name.removeprefix(PREFIX).lower() not in SETTING_NAMES
        and name not in VENDOR_VARIABLES.values()
    ]
    files = TOPICS["files"]
    return "\n".join(
        (
            write_table(("setting", "environment", "flag", "default", "meaning"), rows),
            "In a profile, the key is the name of the setting. `profile` is not a key there: `default_profile` at the top of `config.toml` names the profile to use.\n",
            "## Other environment variables\n",
            write_table(("variable", "meaning"), others),
            "## Files\n",
            files.before + "\n",
            write_table(("file", "meaning"), [(code(term), text) for term, text in files.terms]),
        )
    )


def write_envelope() -> str:
    """Return the page of the JSON envelope, from its schema."""
    schema = json.loads(ENVELOPE.read_text("utf-8"))
    finding, edit = schema["$defs"]["finding"], schema["$defs"]["edit"]
    parts = [write_properties(schema)]
    for title, part in (
        ("request", schema["properties"]["request"]),
        ("response", schema["properties"]["response"]),
        ("findings", finding),
        ("findings: edits", edit),
    ):
        parts += [f"## {title}\n", write_properties(part)]
    return "\n".join(parts)


def write_properties(schema: Any) -> str:
    """Return a table of the properties of an object."""
    rows = [
        (code(name), describe_type(part), part.get("description", ""))
        for name, part in schema["properties"].items()
    ]
    return write_table(("property", "type", "meaning"), rows)


def describe_type(schema: Any) -> str:
    """Return the type of a value, or the values that are allowed."""
    if "const" in schema:
        return code(json.dumps(schema["const"]))
    if "enum" in schema:
        return ", ".join(code(json.dumps(value)) for value in schema["enum"])
    types = schema.get("type", "any")
    return types if isinstance(types, str) else " or ".join(types)


class Page(NamedTuple):
    """A page: its title, its introduction, and the function that returns the rest."""

    title: str
    introduction: str
    write: Callable[[], str]


PAGES = {
    "commands.md": Page(
        "Commands",
        "The texts are those of `cxcall COMMAND --help`. The options that many commands share are described at the "
        "[end](#common-options). You can also write the options of a command before it.",
        write_commands,
    ),
    "envelope.md": Page(
        "JSON envelope",
        "With `--output json`, every command prints one object on stdout, also for usage errors. `batch` prints one for each "
        "row and then a summary, and `history export` only the records. All properties are always present. The "
        "[JSON Schema](../../cxcall/output/envelope.schema.json) is part of the package.",
        write_envelope,
    ),
    "exit-codes.md": Page("Exit codes", TOPICS["exit-codes"].before, write_exit_codes),
    "findings.md": Page(
        "Finding codes",
        "Each message of cxcall has a code, such as `error[id-format]`, and so has each reason why `batch` skips a row. The codes are stable: a script may compare them. "
        "`cxcall explain CODE` prints the same text. The results of `cxcall validate -o sarif` link to this page.",
        write_findings,
    ),
    "settings.md": Page(
        "Settings",
        "A setting comes from the first of: flag, environment (`CXCALL_*`, then the vendor's name), `.env` in the working "
        "directory, profile in `config.toml`, default. `cxcall config show` prints each value with its source. "
        "[Configuration](../configuration.md) has a sample `config.toml`, and "
        "[Security](../security.md#what-a-env-file-can-change) says what `.env` can change.",
        write_settings,
    ),
}


def write_page(name: str) -> str:
    """Return the text of a page, with a note on its source."""
    page = PAGES[name]
    return f"{NOTE}\n# {page.title}\n\n{page.introduction}\n\n{page.write().strip()}\n"


if __name__ == "__main__":
    for page_name in PAGES:
        (FOLDER / page_name).write_text(write_page(page_name), "utf-8")
