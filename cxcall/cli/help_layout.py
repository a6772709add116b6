"""Lay out the help of a command: options in groups, and bold headings on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from cxcall.output.output_options import parse_output_options
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

_OWN = "Options"
_GROUPS = ("Arguments", _OWN, "Request", "Safety", "Connection", "Output")
_RANGE = r"([0-9.]+)<=x<=([0-9.]+)|x>=([0-9.]+)"
"""How Click describes the range of a number."""
_HEADING = r"(?m)^(?:Usage:| {0,2}[A-Z][\w ()-]{0,40}:$)"


def write_options(parameters: Sequence[Any], context: Any, formatter: Any) -> None:
    """Write the arguments, the options of the command itself, and then the common options by group."""
    groups: dict[str, list[Any]] = {name: [] for name in _GROUPS}
    for parameter in parameters:
        if record := describe_parameter(parameter, context):
            groups[_group_of(parameter)].append(record)
    help_records = groups[_OWN][-1:] if groups["Output"] else []
    if help_records:  # `--help` is the last option, and belongs to no group
        groups[_OWN].pop()
        groups["Output"] += help_records
    for name, records in groups.items():
        if records:
            with formatter.section(name):
                formatter.write_dl(records)


def describe_parameter(parameter: Any, context: Any) -> tuple[str, str] | None:
    """Return the usage and the help of a parameter, with the range of a number in words; None for a hidden one."""
    record: tuple[str, str] | None = parameter.get_help_record(context)
    if record is None:
        return None
    text = compile_pattern(_RANGE).sub(
        lambda found: f"{found[1]} to {found[2]}" if found[2] else f"{found[3]} or more", record[1]
    )
    return record[0], text


def _group_of(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return "Arguments"
    return parameter.rich_help_panel or _OWN if hasattr(parameter, "rich_help_panel") else _OWN


def highlight_headings(text: str) -> str:
    """Return a help text with bold headings if stdout is colored."""
    from cxcall.output.screen import Screen

    screen = Screen.standard(parse_output_options(sys.argv[1:], ""))
    return compile_pattern(_HEADING).sub(
        lambda found: screen.paint(sys.stdout, "bold", found[0]), text
    )
