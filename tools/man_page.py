"""Write the man page from the help itself: python tools/man_page.py.

It is checked in as `docs/cxcall.1`, as a wheel is built without the program's own dependencies;
a test holds it to the help of the day.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxcall import __version__
from cxcall.cli import help_topics
from cxcall.cli.main import assemble
from cxcall.cli.option_binding import Invocation
from cxcall.cli.options import COMMON

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PAGE = Path(__file__).parent.parent / "docs" / "cxcall.1"
DATE = "2026-11-23"  # of the version, so that the page of a version is always the same
SHARED = {name for group in COMMON for name in group._fields}
SEE = "`cxcall help TOPIC`, `cxcall COMMAND --help` and `cxcall operations NAME` have the same, and more. curl(1), jq(1)"


def escaped(text: str) -> str:
    """Return one line that roff prints as it is; backticks stand for nothing on paper."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "")
    return f"\\&{text}" if text[:1] == "." else text


def filled(text: str) -> list[str]:
    """Return a paragraph as lines that any tool takes."""
    words = escaped(" ".join(text.split()))
    lines = textwrap.wrap(words, 78, break_long_words=False, break_on_hyphens=False)
    return [f"\\&{line}" if line[:1] == "." else line for line in lines]


def paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of a help text, each under its macro but the first."""
    first, *more = re.split(r"\n\s*\n", text.strip())
    yield from filled(first)
    for paragraph in more:
        yield ".PP"
        yield from filled(paragraph)


def terms(entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, meaning in entries:
        yield from (".TP", f"\\fB{escaped(term)}\\fR", *filled(meaning))


def commands(group: Any, context: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (command, context) of every command; operations stand in the contracts, not here."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = command.make_context(name, [], parent=context, resilient_parsing=True)
        if getattr(command, "commands", None):
            yield from commands(command, inner)
        else:
            yield command, inner


def flag(parameter: Any, context: Any) -> tuple[str, str]:
    record: tuple[str, str] = parameter.get_help_record(context)
    return record


def is_flag(parameter: Any) -> bool:
    return bool(parameter.opts[0][:1] == "-")


def is_common(parameter: Any) -> bool:
    return is_flag(parameter) and parameter.name in SHARED | {"help"}


def entry(command: Any, context: Any) -> Iterator[str]:
    """Yield a command: how it is written, what it does, its own flags, the common ones by name."""
    shown = [
        parameter
        for parameter in command.get_params(context)
        if not getattr(parameter, "hidden", False)
    ]
    usage = re.sub(r"Usage: |\[OPTIONS\]|[{}]", "", command.get_usage(context))
    yield f'.SS "{escaped(" ".join(usage.split()))}"'
    yield from paragraphs(re.sub(r"\b\f", "", command.help or ""))
    own = [parameter for parameter in shown if not is_common(parameter)]
    yield from terms(flag(parameter, context) for parameter in own if flag(parameter, context))
    common = [
        parameter.opts[0]
        for parameter in shown
        if parameter.name in SHARED and is_common(parameter)
    ]
    if common:
        yield from (".PP", *filled(f"Common flags: {', '.join(common)}."))


def examples(command: Any) -> list[str]:
    told: str = (command.epilog or "").partition("Examples:\n")[2].partition("\n\n")[0]
    return [line.strip() for line in told.splitlines()]


def common_flags(known: list[tuple[Any, Any]]) -> list[tuple[str, str]]:
    """Return what the help of the commands says of each common flag, once, in the order of COMMON."""
    found = {
        parameter.name: flag(parameter, context)
        for command, context in reversed(known)
        for parameter in command.get_params(context)
        if parameter.name in SHARED and is_flag(parameter)
    }
    return [found[name] for group in COMMON for name in group._fields if name in found]


def page() -> str:
    """Return the whole page."""
    root = assemble([""])
    context = root.make_context("cxcall", [], obj=Invocation(), resilient_parsing=True)
    known = list(commands(root, context))
    about, epilog = root.help.rstrip("."), root.epilog
    output = help_topics.find("output")
    lines = [
        '.\\" Written by tools/man_page.py from the help of the commands; do not edit.',
        f'.TH CXCALL 1 {DATE} "cxcall {__version__}" "cxcall"',
        ".ad l",
        ".nh",  # a flag or a path that is cut in two is another one
        ".SH NAME",
        *filled(f"cxcall - {about[0].lower() + about[1:]}"),
        ".SH SYNOPSIS",
        "\\fBcxcall\\fR \\fICOMMAND\\fR [\\fIflags\\fR] [\\fIarguments\\fR]",
        ".SH DESCRIPTION",
        *paragraphs(f"{about}. {epilog}\n\n{output.before}"),
        *terms(output.terms),
        ".PP",
        *paragraphs(output.after),
        ".SH COMMANDS",
        *(line for command, inner in known for line in entry(command, inner)),
        '.SS "Common flags"',
        *terms(common_flags(known)),
    ]
    for title, name in (
        ("EXIT STATUS", "exit-codes"),
        ("ENVIRONMENT", "environment"),
        ("FILES", "files"),
    ):
        topic = help_topics.find(name)
        lines += [f".SH {title}", *filled(topic.before), *terms(topic.terms)]
        lines += [".PP", *paragraphs(topic.after)] if topic.after else []
    lines += [".SH EXAMPLES", ".EX"]
    lines += [escaped(line) for command, _ in known for line in examples(command)]
    lines += [".EE", ".SH SEE ALSO", *filled(SEE)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
