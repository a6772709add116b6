"""The read-only tools: each does what the command of the same name does."""

from typing import Annotated, Any, Literal

from pydantic import Field

from cxcall.cli.actions.history import list_deliveries, show_delivery
from cxcall.cli.actions.operation_details import show_operation
from cxcall.cli.commands.doctor import DoctorOptions, run_doctor
from cxcall.cli.commands.explain import explain_text
from cxcall.cli.commands.history import OutcomeName, RecordFilters
from cxcall.cli.commands.operations import list_operations
from cxcall.cli.commands.validate import run_validation
from cxcall.cli.mcp_server.tool_results import QUIET
from cxcall.cli.shared_options import BodyOptions, ContractOptions, GuardOptions, TargetOptions
from cxcall.client.arguments import as_payload
from cxcall.contracts.contract import load_catalog, load_operation
from cxcall.findings.errors import UsageError
from cxcall.output.report import Report
from cxcall.validation.payload_files import Validation

MAX_TEXT = 1 << 20
"""The most characters of a text that a tool accepts."""
_MAX_NAME = 400
_MAX_LISTED = 200
MAX_VALUES = 50_000
"""The most lines and values of a payload, counted by separators; each may have a finding, which takes time."""
MAX_FINDINGS = 1000
"""Findings after which a check ends; the first hundred are in the result."""
_CONTENT = "<content>"
"""The name of a text in findings; no file can have it."""

Name = Annotated[str, Field(max_length=_MAX_NAME)]
# Only an argument of type `str` stays unchanged: the SDK parses JSON in any other one.
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Limit = Annotated[int, Field(ge=1, le=_MAX_LISTED)]
Parameters = Annotated[
    dict[Name, Annotated[str, Field(max_length=4096)]],
    Field(max_length=100, description="Values of path, query, and header parameters, by name."),
]
Body = Annotated[
    dict[str, Any] | list[Any] | None, Field(description="The JSON body of the request.")
]
OperationName = Annotated[
    Name, Field(description="The name of an operation, as `list_operations` shows it.")
]


class ReadTools:
    """The tools, with the settings that the server was started with."""

    def __init__(self, target: TargetOptions, guards: GuardOptions) -> None:
        self.contract = target.own_contract
        self._target = target._replace(contracts=ContractOptions(self.contract))
        self._guards = guards

    def validate(
        self,
        content: Annotated[Text, Field(description="The payload: JSON or JSON Lines.")],
        operation: Annotated[
            Name, Field(description="Check as this operation; otherwise as the nearest one.")
        ] = "",
    ) -> Report:
        """Check a payload offline against the schema of its operation, before anything is sent.

        Each finding has the place (a JSON pointer), the reason, and the correction.
        """
        operations = load_catalog(self.contract)
        named = operations.find_operation(operation) if operation else None
        data = content.encode("utf-8", "surrogatepass")
        if data.count(b",") + data.count(b"\n") > MAX_VALUES:
            raise UsageError(
                f"the payload has more than {MAX_VALUES:,} lines and values",
                where="content",
                fix="give a part of the payload, or check it in a shell: `cxcall validate FILE`",
            )
        validation = Validation(operations, named, jobs=1, contents={_CONTENT: data})
        return run_validation(
            validation, [_CONTENT], QUIET, every=False, most_findings=MAX_FINDINGS
        )

    def explain(
        self,
        text: Annotated[
            Text, Field(description="A curl command, HTTP message, HAR file, log line, or code.")
        ],
        fix: Annotated[
            bool, Field(description="Also return the corrected request, if there is one.")
        ] = False,
    ) -> Report:
        """Explain offline why a request failed, from any text that contains the request or its response.

        Nothing in the text is run or sent. Give the response, too: its status, headers, and body.
        """
        return explain_text(text, self.contract, fix=fix)

    def list_operations(
        self,
        search: Annotated[
            Name, Field(description="List only operations with all these words.")
        ] = "",
        tag: Annotated[Name, Field(description="List only this group.")] = "",
        method: Annotated[
            Literal["GET", "POST", "PUT", "PATCH", "DELETE"] | None,
            Field(description="List only this method."),
        ] = None,
        limit: Limit = 50,
    ) -> Report:
        """List the operations that cxcall knows; `rings` says whether one can place a call."""
        report = list_operations(load_catalog(self.contract), search or None, tag or None, method)
        found = report.data["operations"]
        return report._replace(data={"operations": found[:limit], "total": len(found)})

    def show_operation(self, operation: OperationName) -> Report:
        """Show one operation: parameters, the schema of its body, responses, and errors."""
        return show_operation(load_operation(operation, self.contract))

    def list_history(
        self,
        since: Annotated[
            Name, Field(description="Since a time, or since 15m, 2h, or 7d ago.")
        ] = "",
        operation: Annotated[Name, Field(description="Only this operation.")] = "",
        outcome: OutcomeName | None = None,
        unresolved: Annotated[
            bool, Field(description="Only those that may have placed a call.")
        ] = False,
        limit: Limit = 20,
    ) -> Report:
        """List the requests that this machine sent, the newest first. Phone numbers are masked."""
        return list_deliveries(
            RecordFilters(since, operation, outcome, unresolved=unresolved, limit=limit)
        )

    def show_history(
        self, delivery: Annotated[Name, Field(description="A delivery ID, or its start.")]
    ) -> Report:
        """Show one request that was sent, and its outcome."""
        return show_delivery(delivery)

    def doctor(
        self,
        operation: Annotated[
            Name, Field(description="Also check a request of this operation.")
        ] = "",
        parameters: Parameters | None = None,
        body: Body = None,
    ) -> Report:
        """Run the preflight checks of host, token, rights, and request, with read-only requests to the platform."""
        params = [f"{name}={value}" for name, value in (parameters or {}).items()]
        return run_doctor(
            DoctorOptions(
                self._guards, BodyOptions(), self._target, QUIET, operation or None, params
            ),
            None if body is None else as_payload(body),
        )
