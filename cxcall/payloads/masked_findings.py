"""Hide the secrets of a payload and of parameters in the findings on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.documents.masked_quotations import hide_secrets, quoted_secrets
from cxcall.payloads.placeholders import is_placeholder
from cxcall.runtime.secrets.random_texts import is_distinctive
from cxcall.runtime.secrets.secrets_in_json import secret_members

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.findings.finding import Finding


def without_secrets(findings: list[Finding], value: Any) -> list[Finding]:
    """Return the findings without the secrets in a value, by the names of its members, or by the form of what they quote."""
    secrets = {each for each in secret_members(value) if not is_placeholder(each)}
    return [hide_secrets(each, secrets.union(quoted_secrets(each))) for each in findings]


def without_secret_parameters(findings: list[Finding], values: Mapping[str, str]) -> list[Finding]:
    """Return the findings on parameters without their secrets: a word only where its own parameter is wrong."""
    everywhere = {name: value for name, value in values.items() if is_distinctive(value)}
    return [
        without_secrets([each], {**everywhere, each.origin: values.get(each.origin, "")})[0]
        for each in findings
    ]
