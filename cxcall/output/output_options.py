"""Declare the options that choose the format and amount of output."""

from collections.abc import Iterable
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any, Literal

from typer.models import ArgumentInfo, OptionInfo

from cxcall.named_tuple import NamedTuple

__all__ = ("OptionGroup",)  # to type checkers, it is imported

OutputFormat = Literal["text", "json", "jsonl", "github", "junit", "sarif"]
ColorChoice = Literal["auto", "always", "never"]
FORMATS: tuple[OutputFormat, ...] = ("text", "json", "jsonl")
CI_FORMATS: tuple[OutputFormat, ...] = ("github", "junit", "sarif")


_SENDING = ("send", "batch")
"""The functions of the commands that send requests."""


def supported_formats(command: str) -> tuple[OutputFormat, ...]:
    """Return the output formats of a command; only `validate` has those of CI systems."""
    return (*FORMATS, *CI_FORMATS) if command == "validate" else FORMATS


def quiet_help(command: str) -> str:
    """Return what `--quiet` does in a command."""
    if command in _SENDING:
        return "Print only the engagement ID."
    if command == "validate":
        return "Print only findings; nothing for a valid payload."
    if command in ("load", "worker"):
        return "Print no progress, and a summary only of failures."
    return "Print no progress and no summary."


def verbose_help(command: str) -> str:
    """Return what `--verbose` does in a command."""
    if command in _SENDING:
        return "Show request, headers, timing, and sources of findings."
    return "Show the sources of findings."


class Declaration:
    """The declaration of an option: its usage, help, default value, and Typer's settings."""

    __slots__ = ("_default", "_help", "_settings", "_usage")

    def __init__(self, usage: str, help: str, default: Any, settings: dict[str, Any]) -> None:  # noqa: A002, as in Typer
        self._usage, self._help = usage, help
        self._default, self._settings = default, settings

    def default_of(self, kind: Any) -> Any:
        """Return the default value of a parameter: False for a flag without a declared one; `...` if it is required."""
        return False if kind is bool and self._default is None else self._default

    def with_default(self, default: Any) -> Any:
        """Return the declaration with another default value."""
        return type(self)(self._usage, self._help, default, self._settings)

    def info(self, kind: Any) -> Any:
        """Return Typer's option for a parameter of some type."""
        *names, last = self._usage.split()
        metavar = None if last.startswith("-") else last
        names += [last] if metavar is None else []
        settings = {"show_default": False, "metavar": metavar, **self._settings}
        default = self.default_of(kind)
        return OptionInfo(default=default, param_decls=names, help=self._help, **settings)


class ArgumentDeclaration(Declaration):
    """The declaration of an argument."""

    def info(self, kind: Any) -> Any:
        """Return Typer's argument, whose help does not repeat the default."""
        default = self.default_of(kind)
        usage = self._usage
        return ArgumentInfo(default=default, metavar=usage, help=self._help, show_default=False)


if TYPE_CHECKING:
    from typing import NamedTuple as OptionGroup
else:

    class OptionGroup(NamedTuple):
        """The base of a group of options: the fields that declarations describe have their default values."""

        def __init_subclass__(cls) -> None:
            super().__init_subclass__()
            cls.declared = cls._field_defaults
            pairs = zip(cls._defaults, cls.__annotations__.values(), strict=True)
            cls._defaults = tuple(
                [
                    each.default_of(kind) if isinstance(each, Declaration) else each
                    for each, kind in pairs
                ]
            )


def option(
    usage: str,
    help: str,  # noqa: A002, as in Typer
    *,
    default: Any = None,
    group: str | None = None,
    **settings: Any,
) -> Any:
    """Declare an option by its usage, such as `--file -f FILE`, and its help; `group` is its heading in the help.

    `default` is `...` for an option that is required; `settings` are Typer's.
    """
    return Declaration(usage, help, default, {"rich_help_panel": group, **settings})


def argument(metavar: str, help: str, *, default: Any = None) -> Any:  # noqa: A002, as in Typer
    """Declare an argument; `default` is `...` if it is required."""
    return ArgumentDeclaration(metavar, help, default, {})


class OutputOptions(OptionGroup):
    """The format and amount of a command's output."""

    output: OutputFormat = option(
        "--output -o", "Set the output format.", group="Output", default="text"
    )
    quiet: bool = option("--quiet -q", "Print less.", group="Output")
    verbose: bool = option("--verbose -v", "Print more.", group="Output")
    color: ColorChoice = option(
        "--color", "Use color: auto, always, or never.", group="Output", default="auto"
    )
    no_input: bool = option("--no-input", "Never prompt; fail instead.", group="Output")


def parse_output_options(arguments: Iterable[str], command: str) -> OutputOptions:
    """Return --output and --color from raw arguments, for errors that occur before parsing."""
    found: dict[str, Any] = {"output": "text", "color": "auto"}
    words = takewhile(lambda word: word != "--", arguments)
    for word, following in pairwise([*words, ""]):
        name, equals, text = word.partition("=")
        if word.startswith("-o"):
            found["output"] = word[2:] or following
        elif name in ("--output", "--color"):
            found[name[2:]] = text if equals else following
    return OutputOptions(
        output=found["output"] if found["output"] in supported_formats(command) else "text",
        color=found["color"] if found["color"] in ("always", "never") else "auto",
    )
