"""Turn option groups into the parameters of a command, and its values into option groups.

A group is a named tuple of declared options or of other groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from cxcall.cli.option_checks import parameter_name
from cxcall.findings.errors import CxcallError
from cxcall.named_tuple import NamedTuple
from cxcall.output.output_options import Declaration, OutputOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer.core import TyperArgument, TyperOption

_TARGET = ("profile", "platform", "region", "base_url", "contract", "sandbox")


class Invocation:
    """One run of the program: the name of its command, and its output options."""

    def __init__(self) -> None:
        self.output: OutputOptions | None = None
        self.command = ""


class CommandParameter(NamedTuple):
    """A parameter of a command: its name, the type of its value, and what is declared of it."""

    name: str
    kind: Any
    declaration: Declaration

    def build(self) -> TyperArgument | TyperOption:
        """Return the parameter for Typer."""
        return self.declaration.build(self.name, self.kind)

    def hide(self) -> CommandParameter:
        """Return a parameter that the help does not list."""
        return self._replace(declaration=self.declaration.hide())


def is_group(annotation: Any) -> bool:
    """Return whether the type of a parameter is an option group."""
    return hasattr(annotation, "declared")


def parameters_of(group: Any) -> list[CommandParameter]:
    """Return the fields of an option group, and then those of the groups in it, as parameters."""
    types = group.__annotations__
    own = [
        CommandParameter(name, kind, group.declared[name])
        for name, kind in types.items()
        if not is_group(kind)
    ]
    groups = filter(is_group, types.values())
    return [*own, *(each for inner in groups for each in parameters_of(inner))]


def build_group(group: Any, values: dict[str, Any]) -> Any:
    """Return an option group with its values; those that are missing keep their defaults."""
    types = group.__annotations__
    return group(
        **{
            name: build_group(types[name], values) if is_group(types[name]) else values[name]
            for name in group._fields
            if is_group(types[name]) or name in values
        }
    )


def target_options(values: dict[str, Any]) -> dict[str, str | None]:
    """Return the given options that choose where a command's requests go, and which operations it knows."""
    found = {f"--{name.replace('_', '-')}": values.get(name) for name in _TARGET}
    return {name: None if value is True else value for name, value in found.items() if value}


def accepted_target_options(root: Any, words: Sequence[str]) -> set[str]:
    """Return the target options that a command accepts; `--profile` of `history list` is a filter."""
    try:
        _, command, rest = root.command.resolve_command(root, [*words])
        if rest:
            command = getattr(command, "commands", {}).get(rest[0], command)
    except (CxcallError, typer.TyperException):
        return set()
    return {
        parameter_name(parameter)
        for parameter in command.params
        if getattr(parameter, "rich_help_panel", None) and parameter.name in _TARGET
    }
