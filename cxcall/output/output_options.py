"""Declare the options that choose the format and amount of output."""

from collections.abc import Iterable, Mapping, Sequence
from inspect import get_annotations
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any, Literal, Self

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


def supported_formats(command: str) -> tuple[OutputFormat, ...]:
    """Return the output formats of a command; only `validate` has those of CI systems."""
    return (*FORMATS, *CI_FORMATS) if command == "validate" else FORMATS


class Declaration(NamedTuple):
    """The declaration of an option, or of an argument, which has no names; `settings` are Typer's."""

    names: Sequence[str]
    help: str
    default: Any
    settings: Mapping[str, Any]

    def default_of(self, kind: Any) -> Any:
        """Return the default value of a parameter: False for a flag without a declared one; `...` if it is required."""
        return False if kind is bool and self.default is None else self.default

    def hide(self) -> Self:
        """Return the declaration of an option that the help does not list."""
        return self._replace(settings={**self.settings, "hidden": True})

    def build(self, name: str, kind: Any) -> TyperOption | TyperArgument:
        """Return the parameter of a command for values of some type.

        Typer would read a description of each option first, which takes 1 % of a send: flags and texts need none.
        """
        is_flag, default = kind is bool, self.default_of(kind)
        if not self.names:
            described: Any = ArgumentInfo(default=default, help=self.help, **self.settings)
        elif (is_flag or kind in _TEXTS) and self.settings.keys() <= _PLAIN_SETTINGS:
            return TyperOption(
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
        else:
            described = OptionInfo(
                param_decls=self.names, default=default, help=self.help, **self.settings
            )
        return get_click_param(ParamMeta(name=name, default=described, annotation=kind))[0]


if TYPE_CHECKING:
    from typing import NamedTuple as OptionGroup
else:

    class OptionGroup(NamedTuple):
        """The base of a group of options: the fields that declarations describe have their default values."""

        def __init_subclass__(cls) -> None:
            cls.__annotations__ = get_annotations(cls, eval_str=True)
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
    quiet: bool = option(
        "--quiet -q", "Print only data and failures; of requests, engagement IDs.", group="Output"
    )
    verbose: bool = option(
        "--verbose -v",
        "Show sources of findings; of a request, headers and timing.",
        group="Output",
    )
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
