"""Declare the options that choose the format and amount of output."""

from collections.abc import Iterable, Mapping, Sequence
from inspect import get_annotations
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any, Literal, Self

from typer.main import get_click_param
from typer.models import ArgumentInfo, OptionInfo, ParamMeta

from cxcall.named_tuple import NamedTuple

__all__ = ("OptionGroup",)  # to type checkers, it is imported

OutputFormat = Literal["text", "json", "jsonl", "github", "junit", "sarif"]
ColorChoice = Literal["auto", "always", "never"]
FORMATS: tuple[OutputFormat, ...] = ("text", "json", "jsonl")
CI_FORMATS: tuple[OutputFormat, ...] = ("github", "junit", "sarif")


def supported_formats(command: str) -> tuple[OutputFormat, ...]:
    """Return the output formats of a command; only `validate` has those of CI systems."""
    return (*FORMATS, *CI_FORMATS) if command == "validate" else FORMATS


class CommandParameter(NamedTuple):
    """An option, or an argument, which has no flags; `settings` are Typer's.

    `name` and `kind`, the name and the type of its value, are known when it is bound to a variable.
    """

    flags: Sequence[str]
    help: str
    default: Any
    settings: Mapping[str, Any]
    name: str = ""
    kind: Any = None

    def bind(self, name: str, kind: Any) -> Self:
        """Return the parameter of a variable; the default of a flag is False, and `...` is a required one."""
        default = False if kind is bool and self.default is None else self.default
        return self._replace(name=name, kind=kind, default=default)

    def hide(self) -> Self:
        """Return an option that the help does not list."""
        return self._replace(settings={**self.settings, "hidden": True})

    def build(self) -> "TyperOption | TyperArgument":
        """Return the parameter for Typer."""
        more = {"default": self.default, "help": self.help, **self.settings}
        described: Any = (
            OptionInfo(param_decls=self.flags, **more) if self.flags else ArgumentInfo(**more)
        )
        return get_click_param(ParamMeta(name=self.name, default=described, annotation=self.kind))[
            0
        ]


if TYPE_CHECKING:
    from typing import NamedTuple as OptionGroup

    from typer.core import TyperArgument, TyperOption
else:

    class OptionGroup(NamedTuple):
        """The base of a group of options: each field is a parameter, with its default value, or another group.

        `declared` are the parameters of the group, and then those of the groups in it.
        """

        def __init_subclass__(cls) -> None:
            types = cls.__annotations__ = get_annotations(cls, eval_str=True)
            super().__init_subclass__()
            cls._groups = {name: kind for name, kind in types.items() if is_group(kind)}
            own = {
                name: cls._field_defaults[name].bind(name, kind)
                for name, kind in types.items()
                if name not in cls._groups
            }
            inner = [each for group in cls._groups.values() for each in group.declared]
            cls.declared = [*own.values(), *inner]
            defaults = zip(cls._fields, cls._defaults, strict=True)
            cls._defaults = tuple(
                [own[name].default if name in own else value for name, value in defaults]
            )

        @classmethod
        def of(cls, values: Mapping[str, Any]) -> Self:
            """Return a group with some values by name; those that are missing keep their defaults."""
            own = {name: values[name] for name in cls._fields if name in values}
            return cls(**own | {name: group.of(values) for name, group in cls._groups.items()})


def is_group(kind: Any) -> bool:
    """Return whether a type is an option group."""
    return hasattr(kind, "declared")


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
    return CommandParameter(names, help, default, {**named, **settings})


def argument(metavar: str, help: str, *, default: Any = None) -> Any:  # noqa: A002, as in Typer
    """Declare an argument; `default` is `...` if it is required."""
    settings = {"metavar": metavar, "show_default": False}
    return CommandParameter((), help, default, settings)


class OutputOptions(OptionGroup):
    """The format and amount of a command's output."""

    output: OutputFormat = option(
        "--output -o", "Set the output format.", group="Output", default="text"
    )
    quiet: bool = option(
        "--quiet -q", "Print only results, such as engagement IDs, and findings.", group="Output"
    )
    verbose: bool = option(
        "--verbose -v",
        "Also print headers, timing, and the sources of findings.",
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
            found["output"] = word[2:].removeprefix("=") or following
        elif name in ("--output", "--color"):
            found[name[2:]] = text if equals else following
    return OutputOptions(
        output=found["output"] if found["output"] in supported_formats(command) else "text",
        color=found["color"] if found["color"] in ("always", "never") else "auto",
    )
