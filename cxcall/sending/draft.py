"""One request, from a body to its delivery: draft, check, consent, deliver."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from cxcall.documents.json_pointer import value_at
from cxcall.findings.errors import CheckError, CredentialsError, UsageError
from cxcall.findings.finding import Finding, Severity, command
from cxcall.payloads.checks import check_body, check_parameters, has_errors
from cxcall.sending import call_guards
from cxcall.transport.messages import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.contracts.contract import Operation
    from cxcall.contracts.parameters import Flag
    from cxcall.credentials.store import Token
    from cxcall.payloads.payload import Payload
    from cxcall.settings.settings import Settings


class CheckedRequest(NamedTuple):
    """A request ready to be sent, and what the check found on it."""

    operation: Operation
    payload: Payload
    request: HttpRequest
    settings: Settings
    findings: tuple[Finding, ...]

    @property
    def sources(self) -> dict[str, str]:
        """Where each value of the body came from: pointer -> flag, or file and line."""
        return dict(_sources(self.payload))


def build_request(
    operation: Operation, values: Mapping[str, str], payload: Payload, settings: Settings
) -> CheckedRequest:
    """Put a request together and check it; nothing is sent. `values` are those of its parameters.

    A payload whose value is None, and that no document holds, is no body.
    """
    has_body = payload.value is not None or payload.document is not None
    findings = [
        *_platform_mismatch(operation, settings),
        *check_parameters(operation, values, payload),
    ]
    if has_body and operation.takes_body:
        findings = [*check_body(operation, payload), *findings]
    if payload.document is not None:
        findings = [*payload.document.findings, *findings]
    headers, body = {"Accept": "application/json", **_header_values(operation, values)}, None
    if operation.takes_body and has_body:
        headers["Content-Type"] = "application/json"
        body = json.dumps(payload.value, ensure_ascii=False).encode()
    else:
        findings += _check_unexpected_body(operation, payload)
    findings += call_guards.check_numbers(operation, values, payload, settings)
    request = HttpRequest(operation.method, operation.url(settings.base_url, values), headers, body)
    return CheckedRequest(operation, payload, request, settings, tuple(findings))


def _header_values(operation: Operation, values: Mapping[str, str]) -> dict[str, str]:
    return {
        entry.name: values[entry.name]
        for entry in operation.parameters
        if entry.location == "header" and entry.name in values
    }


def _platform_mismatch(operation: Operation, settings: Settings) -> Iterator[Finding]:
    """Yield an error where the profile is on one platform and the operation on another."""
    if settings.platform and operation.platform and settings.platform != operation.platform:
        yield Finding(
            Severity.ERROR,
            "platform-mismatch",
            "host",
            f"`{operation.name}` is an operation of `{operation.platform}`, "
            f"profile `{settings.profile}` is on `{settings.platform}`",
            fix=f"take a profile for `{operation.platform}`: `--profile NAME`; `cxcall operations` lists others",
            why=f"platform from {settings.values['platform'].source}",
            source=f"contract {operation.contract.name}",
        )


def _check_unexpected_body(operation: Operation, payload: Payload) -> Iterator[Finding]:
    """Yield an error where a body is given that is not taken, or one is wanted that is no JSON."""
    if operation.takes_body:
        return
    declared = operation.contract.resolve(operation.declared.get("requestBody", {}))
    media = list(declared.get("content", {}))
    if media and (payload.value or declared.get("required")):
        yield _body_not_json(operation, media)
    elif payload.value:
        yield _unexpected_body(operation, payload)


def _body_not_json(operation: Operation, media: list[str]) -> Finding:
    return Finding(
        Severity.ERROR,
        "body-malformed",
        "body",
        f"`{operation.name}` takes its body as `{'` or `'.join(media)}`, and not in JSON",
        fix="send it with another client, like `curl --form` or `curl --data-urlencode`",
        why="cxcall makes bodies in JSON alone",
        source=f"contract {operation.contract.name}",
    )


def _unexpected_body(operation: Operation, payload: Payload) -> Finding:
    return Finding(
        Severity.ERROR,
        "property-unknown",
        "body",
        f"`{operation.name}` takes no body",
        fix=f"leave it out; what it takes: `cxcall operations {operation.name}`",
        source=f"contract {operation.contract.name}",
        excerpt=payload.find_excerpt(""),
    )


def parameter_values(
    operation: Operation,
    arguments: Mapping[str, str],
    texts: Sequence[tuple[Flag, str]],
    payload: Payload,
) -> dict[str, str]:
    """Fill the parameters: from arguments, from the flag that names one, else from the body."""
    values = dict(arguments)
    for flag, text in texts:
        if flag.parameter:
            values[flag.parameter] = text
    for flag in operation.flags:
        if flag.parameter and flag.parameter not in values:
            found = _value_from_body(flag, payload)
            values.update({flag.parameter: found} if found else {})
    return values


def _value_from_body(flag: Flag, payload: Payload) -> str:
    for pointer in flag.pointers:
        try:
            return str(value_at(payload.value, pointer))
        except KeyError:
            continue
    return ""


def stop_on_missing_parameter(operation: Operation, values: Mapping[str, str]) -> None:
    """Raise UsageError when a required parameter has no value."""
    own = {flag.parameter: flag for flag in operation.flags if flag.sets_body}
    for entry in operation.parameters:
        if entry.required and entry.name not in values:
            flag = own.get(entry.name) or entry.flag
            raise UsageError(
                f"`--{flag.name}` is missing: it is part of the {entry.location}",
                where=f"--{flag.name}",
                fix=f"add `--{flag.name} {flag.metavar}`",
            )


def parse_parameters(operation: Operation, params: Sequence[str]) -> dict[str, str]:
    """Read `--param NAME=VALUE`; raises UsageError for a name that the operation does not take."""
    known = [entry.name for entry in operation.parameters]
    values = {}
    for text in params:
        name, equals, value = text.partition("=")
        if not (equals and value) or name not in known:
            raise UsageError(
                f"`{text}` names no parameter of `{operation.name}`",
                where="--param",
                fix=f"write {command('--param', f'{known[0]}=VALUE')}"
                if known
                else "leave it out: there is none",
            )
        values[name] = value
    return values


def stop_on_errors(found: CheckedRequest, *, strict: bool, force: bool) -> None:
    """Raise CheckError when the check found errors; `force` lets them pass."""
    if not force and has_errors(found.findings, strict=strict):
        raise CheckError(*found.findings)


def provenance_note(operation: Operation) -> tuple[Finding, ...]:
    """Return the note that a dry run of an unpublished route carries; none for a published one."""
    if operation.provenance == "published":
        return ()
    note = Finding(
        Severity.NOTE,
        "path-unpublished",
        "path",
        f"`{operation.method} {operation.path}` is reported by users and in no vendor's published list",
        fix="published for the same purpose: " + "; or ".join(map(str, operation.nearest)),
        source=f"contract {operation.contract.name}",
    )
    return (note,)


def _sources(payload: Payload) -> list[tuple[str, str]]:
    found = []
    for pointer in _leaf_pointers(payload.value, ""):
        excerpt = payload.find_excerpt(pointer)
        place = f"{excerpt.file}:{excerpt.line}" if excerpt else ""
        found.append((pointer, payload.find_origin(pointer) or place))
    return found


def _leaf_pointers(value: object, pointer: str) -> list[str]:
    from cxcall.documents.json_pointer import join_pointer

    members: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        members = list(value.items())
    elif isinstance(value, list):
        members = list(enumerate(value))
    if not members:
        return [pointer]
    return [
        leaf
        for token, member in members
        for leaf in _leaf_pointers(member, join_pointer(pointer, token))
    ]


def stop_on_unsuitable_token(
    settings: Settings, token: Token, operation: Operation, *, force: bool
) -> None:
    """Raise CredentialsError when the token is known to be of another kind, or to lack a scope."""
    from cxcall.credentials.tokens import check_scopes, check_token_kind

    finding = check_token_kind(settings, token, operation) or check_scopes(token, operation)
    if finding is not None and not force:
        raise CredentialsError(finding)
