"""Find the command that an unknown word probably means.

A similar word may mean something else, and the command may call somebody or delete something: only an equal word, the
start of a word, a typing error, and the closed table `_MEANT` count, which has no command that sends or deletes.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cxcall.findings.text_lists import list_in_words
from cxcall.runtime.name_similarity import find_misspelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MEANT = MappingProxyType(
    {
        "auth login": ("init",),
        "auth status": ("whoami", "auth list", "auth whoami"),
        "config show": ("config list", "config ls"),
        "help": ("docs", "man"),
        "history list": ("logs", "ls"),
        "history show ID": ("resend", "retry"),
        "operations": ("api", "dial", "get", "post", "request", "schedule", "operations list"),
        "operations NAME": ("operations show",),
        "operations --search WORDS": ("operations search",),
        "sandbox": ("mock", "serve", "sandbox start"),
        "validate": ("check", "lint", "test"),
    }
)
"""Words that users of other tools type, by the command that does this here."""
_SHORTEST_START = 3
"""The fewest letters that stand for a longer name."""


def suggest_command(context: Any, group: str, name: str) -> str:
    """Return the start of a hint on an unknown word after `group`, which is empty after `cxcall`; empty if none is meant."""
    root, word = context.find_root(), name.lower()
    known = list(_all_commands(root.command, root))
    meant = find_meant(f"{group} {word}".strip())
    if group:
        known = [each for each in known if each.startswith(f"{group} ")]
        found = [meant] if meant else []
    elif meant or word in known:
        found = [meant or word]
    else:
        ends = (f" {word}", f" {' '.join(word.replace('_', '-').split('-'))}")
        found = _named_elsewhere(word) or [each for each in known if f" {each}".endswith(ends)]
    if found:
        return f"write {_listed(f'cxcall {each}' for each in found)}; "
    near = _shortened_or_misspelled(word, {each.rpartition(" ")[2] for each in known})
    found = [each for each in known if each.rpartition(" ")[2] in near]
    return f"the most similar command is {_listed(found)}; " if found else ""


def find_meant(typed: str) -> str:
    """Return the command for the words of another tool, without `cxcall`; empty for other words."""
    return next((command for command, words in _MEANT.items() if typed in words), "")


def _shortened_or_misspelled(word: str, names: set[str]) -> list[str]:
    """Return the names that begin with a word, such as `status` for `stat`, or else those that differ by typing errors."""
    longer = [each for each in names if each.startswith(word) and len(word) >= _SHORTEST_START]
    return longer or find_misspelled(word, names)


def _named_elsewhere(name: str) -> list[str]:
    """Return the command that shows or sends what has this name: an operation, or a topic of the help."""
    from tomllib import loads

    from cxcall.contracts.contract import load_shipped_contracts

    if any(each.find_by_name(name) for each in load_shipped_contracts()):
        return [f"send {name}"]
    topics = loads((Path(__file__).parent / "help_topics.toml").read_text("utf-8"))
    return [f"help {name}"] if name in topics else []


def _all_commands(root: Any, context: Any) -> Iterator[str]:
    """Yield the names of all commands, such as `auth`, `auth login`, and `batch list`."""
    for name in root.list_commands(context):
        yield name
        for inner in getattr(root.get_command(context, name), "commands", None) or ():
            if " " not in name and inner != name and " " not in inner:
                yield f"{name} {inner}"


def _listed(names: Iterable[str]) -> str:
    return list_in_words([f"`{each}`" for each in names], "or")
