"""The options of `explain`."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.

from typing import Literal

from cxcall.cli.shared_options import ContractOptions, find_own_contract
from cxcall.output.output_options import OptionGroup, OutputOptions, argument, option


class ExplainOptions(OptionGroup):
    """What is explained, and how the result and the corrected request are printed."""

    output: OutputOptions
    contracts: ContractOptions
    file: str | None = argument(
        "[FILE|CODE]", "A request in one of the formats above, or an error code."
    )
    entry: int | None = option("--entry N", "Explain only this entry of a HAR file.", min=1)
    last: bool = option("--last", "Explain the last delivery that was not accepted.")
    fix: bool = option("--fix", "Print the corrected request.")
    form: Literal["send", "curl", "cmd", "powershell", "json"] | None = option(
        "--as", "Set the format of the corrected request [send]."
    )
    show_all: bool = option("--all", "Print all findings and requests, not only the first ten.")
    codes: bool = option("--codes", "List the finding codes.")

    @property
    def own_contract(self) -> str | None:
        """The path of the user's own contract; None without one."""
        return find_own_contract(self.contracts)
