"""Declare the options that choose the format and amount of output."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any, Literal

from typer.core import TyperArgument, TyperOption
from typer.main import get_click_param
from typer.models import ArgumentInfo, OptionInfo, ParamMeta

from cxcall.named_tuple import NamedTuple

__all__ = ("OptionGroup",)  # to type checkers, it is imported

OutputFormat = Literal["text", "json", "jsonl", "github", "junit", "sarif"]
ColorChoice = Literal["auto", "always", "never"]
FORMATS: tuple[OutputFormat, ...] = ("text", "json", "jsonl")
CI_FORMATS: tuple[OutputFormat, ...] = ("github", "junit", "sarif")


_LIST = tuple[str, ...]
_TEXTS = (str, str | None, _LIST)
_PLAIN_SETTINGS = {"metavar", "rich_help_panel", "show_default", "hidden"}
"""The settings of options that Typer gets unchanged."""
_SENDING = ("send", "batch")
"""The functions of the commands that send requests."""
_ASKING = (*_SENDING, "load", "start", "stop", "login", "prune", "accept")
"""The functions of the commands that may ask a person."""
_TELLING = (*_SENDING, *"load start stop status batch_status export track worker".split())
_TELLING += ("validate", "explain", "doctor", "sandbox")
"""The functions of the commands that print progress or a summary."""


def supported_formats(command: str) -> tuple[OutputFormat, ...]:
    """Return the output formats of a command; only `validate` has those of CI systems."""
    return (*FORMATS, *CI_FORMATS) if command == "validate" else FORMATS


def without_effect(command: str) -> list[str]:
    """Return the output options that a command accepts, but that change nothing in it."""
    return ["no_input"] * (command not in _ASKING) + ["quiet"] * (command not in _TELLING)


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
    if command == "send":
        return "Show request, headers, timing, and sources of findings."
    return "Show the sources of findings."


class Declaration(NamedTuple):
    """The declaration of an option, or of an argument, which has no names; `settings` are Typer's."""

    names: Sequence[str]
    help: str
    default: Any
    settings: Mapping[str, Any]

    def default_of(self, kind: Any) -> Any:
        """Return the default value of a parameter: False for a flag without a declared one; `...` if it is required."""
        return False if kind is bool and self.default is None else self.default

    def info(self, kind: Any) -> OptionInfo | ArgumentInfo:
        """Return Typer's description of a parameter of some type."""
        described = {"default": self.default_of(kind), "help": self.help, **self.settings}
        return (
            OptionInfo(param_decls=self.names, **described)
            if self.names
            else ArgumentInfo(**described)
        )

    def build(self, name: str, kind: Any) -> tuple[TyperOption | TyperArgument, Any]:
        """Return the parameter of a command, and the function that converts its value, if it has one.

        Typer would read a description of each option first, which takes 1 % of a send: flags and texts need none.
        """
        is_flag = kind is bool
        is_plain = self.names and self.settings.keys() <= _PLAIN_SETTINGS
        if not is_plain or not (is_flag or kind in _TEXTS):
            described = ParamMeta(name=name, default=self.info(kind), annotation=kind)
            return get_click_param(described)
        default = self.default_of(kind)
        built = TyperOption(
            param_decls=[name, *self.names],
            type=None if is_flag else str,
            is_flag=is_flag or None,
            required=default is ...,
            multiple=kind == _LIST,
            default=None if default is ... else default,
            help=self.help,
            show_envvar=True,
            **self.settings,
        )
        return built, None


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
    *names, last = usage.split()
    metavar = None if last.startswith("-") else last
    names += [last] if metavar is None else []
    named = {"rich_help_panel": group, "show_default": False, "metavar": metavar}
    return Declaration(names, help, default, {**named, **settings})


def argument(metavar: str, help: str, *, default: Any = None) -> Any:  # noqa: A002, as in Typer
    """Declare an argument; `default` is `...` if it is required."""
    settings = {"metavar": metavar, "show_default": False}
    return Declaration((), help, default, settings)


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
