"""`cxcall completion`: print the completion script of a shell."""

from pathlib import Path
from typing import Literal

from cxcall.cli.command_classes import CommandGroup
from cxcall.output.output_options import argument
from cxcall.output.report import Report

app = CommandGroup()
_SUFFIXES = {"bash": "bash", "zsh": "zsh", "fish": "fish", "powershell": "ps1"}


@app.command(
    "completion",
    "cxcall completion bash > ~/.local/share/bash-completion/completions/cxcall",
    'cxcall completion zsh > "${fpath[1]}/_cxcall"',
    "cxcall completion fish > ~/.config/fish/completions/cxcall.fish",
    "cxcall completion powershell >> $PROFILE",
)
def completion(
    shell: Literal["bash", "zsh", "fish", "powershell"] = argument(
        "SHELL", "One of bash, zsh, fish, powershell.", default=...
    ),
) -> Report:
    """Print the completion script of a shell.

    It completes commands, flags, and values. The examples show where each shell looks for the script; create the folder if it is missing, and start a new shell to use the script. Without the package bash-completion, write `source <(cxcall completion bash)` into ~/.bashrc; for zsh, `source <(cxcall completion zsh)` after `compinit` in ~/.zshrc does the same.
    """
    folder = Path(__file__).parents[1] / "completion_scripts"
    script = (folder / f"cxcall.{_SUFFIXES[shell]}").read_text("utf-8")
    return Report("completion", data={"script": script}, text=script.rstrip("\n"))
