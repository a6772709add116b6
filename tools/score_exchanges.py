"""Score `explain` on exchanges whose defects are known: python tools/score_exchanges.py [-v] FILE...

A file has one exchange per line, in the JSON form that `explain` reads. Its member `actual_defects` is a list of
texts `TAG: description`; an exchange without defects must get no error. A defect counts as named if a finding has
one of the codes of its tag, and its place is one that the description mentions. An error that belongs to no defect
lowers the precision.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import cxcall
from cxcall.findings.finding import Finding, Severity

CODES = {
    "path-unpublished": ("path-unpublished",),
    "version-format": ("path-unpublished",),
    "method-unpublished": ("method-unpublished", "path-unpublished"),
    "wrong-operation": ("method-unpublished", "path-unpublished", "operation-mismatch"),
    "host-unknown": ("host-unknown",),
    "host-pattern": ("host-unknown",),
    "host-incomplete": ("host-unknown",),
    "api-family-mismatch": ("platform-mismatch",),
    "region-mismatch": ("region-mismatch",),
    "prop-unknown": ("property-unknown",),
    "prop-missing": ("property-missing",),
    "shape": ("type-mismatch", "property-unknown"),
    "placement": ("type-mismatch", "property-unknown"),
    "id-format": ("id-format",),
    "phone-format": ("phone-format", "phone-unlikely"),
    "bad-value": ("value-not-allowed",),
    "conditional-property": ("value-not-allowed",),
    "placeholder": ("placeholder",),
    "header-missing": ("header-missing",),
    "body-encoding": ("body-malformed",),
    "token-user-context": ("token-user-context",),
    "other-user": ("token-user-context",),
    "scope-name": ("token-scope",),
    "grant": ("token-grant",),
    "credential-kind": ("token-grant",),
    "credential": ("credential",),
    "permission": ("permission-missing",),
    "rate-limit": ("rate-limited",),
    "state": ("state",),
    "scheme": ("scheme-insecure",),
    "hidden-failure": ("hidden-failure",),
    "async-failure": ("hidden-failure",),
    "not-provable": ("not-provable",),
}
_IN_BODY = (
    "prop-unknown",
    "prop-missing",
    "shape",
    "placement",
    "id-format",
    "bad-value",
)


def find_missed(defects: list[str], findings: tuple[Finding, ...]) -> list[str]:
    """Return the defects that no finding names; those whose tag is unknown are left out."""
    return [defect for defect in defects if not any(_names(defect, each) for each in findings)]


def _names(defect: str, finding: Finding) -> bool:
    tag, _, text = defect.partition(":")
    if tag not in CODES or finding.code not in CODES.get(tag, ()):
        return tag not in CODES
    name = re.sub(r"(/\d+)+$", "", finding.where).rpartition("/")[2]
    is_pointer = finding.where[:1] in ("", "/")
    return tag not in _IN_BODY or not is_pointer or not name or name in text or name in defect


def main(arguments: list[str]) -> int:
    """Print the misses with `-v`, and the shares of named defects and of right errors."""
    files = [Path(each) for each in arguments if each != "-v"]
    total = named = errors = wrong = 0
    for line in (line for file in files for line in file.read_text("utf-8").splitlines()):
        case: dict[str, Any] = json.loads(line)
        defects = [
            each for each in case.get("actual_defects", []) if each.partition(":")[0] in CODES
        ]
        findings = tuple(each for found in cxcall.explain(case) for each in found.findings)
        missed = find_missed(defects, findings)
        false = [
            each
            for each in findings
            if each.severity is Severity.ERROR
            and not any(_names(defect, each) for defect in defects)
        ]
        total, named = total + len(defects), named + len(defects) - len(missed)
        errors, wrong = (
            errors + sum(each.severity is Severity.ERROR for each in findings),
            wrong + len(false),
        )
        if "-v" in arguments:
            print(
                *(f"{case['id']}: missed {each}" for each in missed),
                sep="\n",
                end="\n" * bool(missed),
            )
            print(
                *(
                    f"{case['id']}: error {each.code} {each.where}: {each.message}"
                    for each in false
                ),
                sep="\n",
                end="\n" * bool(false),
            )
    print(f"defects {named}/{total}, errors that are right {errors - wrong}/{errors}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
