"""Trigger outbound calls through contact-center APIs, and explain why a request was refused.

`check(payload)` does in your program what `cxcall validate` does:

    from cxcall import check

    verdict = check({"contactId": "12345"}, "execute")
    assert verdict.valid, verdict.findings

`explain(text)` does what `cxcall explain` does: it says why a request failed. `Client` sends requests, with the
guards and the ledger of the command:

    from cxcall import Client

    with Client(profile="eu") as client:
        delivery = client.send("personal-connection", {"contactId": "..."}, yes=True)
"""

from cxcall.version import __version__

__all__ = [
    "BatchRun",
    "CheckError",
    "Client",
    "CredentialsError",
    "CxcallError",
    "Delivery",
    "Explanation",
    "Finding",
    "InterruptedDelivery",
    "Outcome",
    "RowResult",
    "Severity",
    "StoppedError",
    "UsageError",
    "Verdict",
    "__version__",
    "check",
    "explain",
]

TYPE_CHECKING = False  # as in `typing`; importing it would slow `cxcall --version` down

if TYPE_CHECKING:
    from cxcall.batch.row_result import RowResult
    from cxcall.client.batch_run import BatchRun
    from cxcall.client.client import Client
    from cxcall.client.interrupted_delivery import InterruptedDelivery
    from cxcall.explaining.explanation import Explanation, explain
    from cxcall.findings.errors import (
        CheckError,
        CredentialsError,
        CxcallError,
        StoppedError,
        UsageError,
    )
    from cxcall.findings.exit_codes import Outcome
    from cxcall.findings.finding import Finding, Severity
    from cxcall.payloads.schema_check import Verdict, check
    from cxcall.responses.delivery import Delivery
else:

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used (PEP 562)."""
        homes = {
            "BatchRun": "client.batch_run",
            "Client": "client.client",
            "InterruptedDelivery": "client.interrupted_delivery",
            "Delivery": "responses.delivery",
            "RowResult": "batch.row_result",
            "Outcome": "findings.exit_codes",
            "check": "payloads.schema_check",
            "Verdict": "payloads.schema_check",
            "explain": "explaining.explanation",
            "Explanation": "explaining.explanation",
            "Finding": "findings.finding",
            "Severity": "findings.finding",
        }
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"cxcall.{homes.get(name, 'findings.errors')}"), name)

    def __dir__() -> list[str]:
        return [*globals(), *__all__]
