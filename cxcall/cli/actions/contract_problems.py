"""Run `cxcall operations --problems`: list what is invalid in the user's own API document."""

from __future__ import annotations

from cxcall.contracts.contract import load_user_contract
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding
from cxcall.output.report import Report


def show_problems(path: str | None) -> Report:
    """Return the faults of the document at `path`: errors, with exit code 3, if they keep operations from use.

    Raises UsageError without a document.
    """
    if path is None:
        raise UsageError(
            "`--problems` requires a document of your own",
            where="--problems",
            fix="add `--contract FILE`",
        )
    contract = load_user_contract(path)
    findings = []
    for each in contract.problems:
        names = each["operations"]
        make = Finding.error if names else Finding.warning
        why = f"cannot be used: {', '.join(f'`{name}`' for name in names)}" if names else ""
        findings.append(make("contract-invalid", each["where"], each["message"], each["fix"], why))
    unusable = {name for each in contract.problems for name in each["operations"]}
    usable = len(contract.parts.routes())
    data = {"problems": contract.problems, "usable": usable, "unusable": sorted(unusable)}
    text = f"operations that can be used: {usable}; that cannot: {len(unusable)}"
    return Report(
        "operations",
        Outcome.INVALID if unusable else Outcome.OK,
        ExitCode.INVALID if unusable else ExitCode.OK,
        findings=tuple(findings),
        data=data,
        text=text,
        findings_are_data=True,
    )
