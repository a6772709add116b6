"""Build a request from its parameters and body, and check it before it is sent."""

from __future__ import annotations

import json
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from cxcall.contracts.acting_words import changes_do_not_call_list
from cxcall.contracts.contract import operation_at
from cxcall.contracts.json_schema import with_integers
from cxcall.documents.json_pointer import has_value, leaves, value_at
from cxcall.findings.errors import CheckError, CredentialsError, UsageError
from cxcall.findings.finding import Finding, printable
from cxcall.named_tuple import NamedTuple
from cxcall.payloads.payload import encode_body, is_form
from cxcall.payloads.schema_check import (
    check_body,
    check_parameters,
    has_errors,
    has_other_spelling,
)
from cxcall.runtime.patterns import compile_pattern
from cxcall.runtime.secrets.known_secrets import MASKED, redacted_repr
from cxcall.sending import call_guards, numbers_in_request, people_in_request
from cxcall.settings.conflicts import find_wrong_destination
from cxcall.settings.sources import Setting
from cxcall.transport.http_messages import HttpRequest, SentHeaders, is_header
from cxcall.transport.origins import host_of, is_sent_unchanged, origin, target_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Flag
    from cxcall.credentials.access_token import SharedToken
    from cxcall.credentials.request_credentials import Credentials
    from cxcall.payloads.payload import Payload
    from cxcall.sending.call_times import CallTime
    from cxcall.sending.numbers_in_request import DialedNumber
    from cxcall.settings.settings import Settings

_DATE = r"\s*[0-9]{4}-?[0-9]{2}-?[0-9]{2}[Tt ]"
_OWN_HEADERS = ("Accept", "Content-Type")


class CheckedRequest(NamedTuple):
    """A request ready to be sent, the findings of its check, and the numbers that it would dial, not masked.

    `values` are the values of its parameters; `checked_numbers` are all numbers that the guards check; `given_body` is the
    body with its numbers as they are written.
    """

    operation: Operation
    payload: Payload
    request: HttpRequest
    settings: Settings
    findings: tuple[Finding, ...]
    dialed_numbers: tuple[str, ...] = ()
    values: Mapping[str, str] = MappingProxyType({})
    checked_numbers: tuple[DialedNumber, ...] = ()
    given_body: Any = None

    def __repr__(self) -> str:
        return redacted_repr(
            self, "payload", "dialed_numbers", "values", "checked_numbers", "given_body"
        )

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers that it would dial, masked."""
        return numbers_in_request.masked_numbers(self.dialed_numbers)

    @property
    def people(self) -> tuple[str, ...]:
        """The people whom it would call, as `find_people` names them."""
        return people_in_request.find_people(*self._calls)

    @property
    def possible_people(self) -> tuple[tuple[str, ...], ...]:
        """For each person, the texts for all spellings of the number, as `find_possible_people` returns them."""
        return people_in_request.find_possible_people(*self._calls)

    @property
    def _calls(self) -> tuple[Operation, tuple[DialedNumber, ...], Iterator[str], str]:
        return self.operation, self.checked_numbers, self.marked_ids, self.settings.base_url

    @property
    def marked_ids(self) -> Iterator[str]:
        """The IDs of people whom it would call, as the schemas mark them."""
        return people_in_request.marked_ids(self.operation, self.values, self.payload)

    @property
    def names_person(self) -> bool:
        """Whether it has a number that it would dial, or the ID of a person; a start of a campaign has neither."""
        return bool(self.dialed_numbers) or any(self.marked_ids)

    @property
    def body(self) -> Any:
        """The JSON value of the body."""
        return self.payload.value

    @property
    def people_in_headers(self) -> list[set[str]]:
        """For each person in a header, the texts of `possible_people`, also as older records have them: in lower case."""
        place = "header:"
        numbers = [each for each in self.checked_numbers if each.where.startswith(place)]
        ids = people_in_request.marked_ids(self.operation, self.values, self.payload, place)
        base_url = self.settings.base_url
        found = people_in_request.find_possible_people(self.operation, numbers, ids, base_url)
        return [{*texts, *map(str.lower, texts)} for texts in found]

    @property
    def own_headers(self) -> dict[str, str]:
        """The headers that parameters set; the others follow from the operation and the body."""
        headers = self.request.headers
        return {name: headers[name] for name in headers if name not in _OWN_HEADERS}

    @property
    def parameter_headers(self) -> list[str]:
        """The lines of `own_headers`, with secrets masked."""
        from cxcall.runtime.secrets.likely_secrets import masked_headers

        return [f"{name}: {value}" for name, value in masked_headers(self.own_headers).items()]

    @property
    def shown_body(self) -> str:
        """The body as text: JSON with line breaks, a form unchanged; empty if there is no body."""
        content = self.request.body
        if content is None or is_form(self.request.headers.get("Content-Type", "")):
            return (content or b"").decode("utf-8", "replace")
        return json.dumps(self.body, ensure_ascii=False, indent=2)

    def as_curl(self, credentials: Sequence[tuple[str, str, str]]) -> str:
        """Return the request as a curl command with variables in place of its `credentials`.

        If the request can place a call, the command asks first, because a shell runs a pasted command at once.
        """
        from cxcall.transport.curl_command import curl, with_confirmation

        command = curl(self.request, credentials)
        is_real = self.operation.can_place_call and not self.settings.is_embedded
        return with_confirmation(command) if is_real else command

    @property
    def sources(self) -> dict[str, str]:
        """The origin of each value of the body: JSON pointer -> flag, or file and line."""
        sources = {}
        for pointer, _ in leaves(self.body):
            excerpt = self.payload.find_excerpt(pointer)
            place = f"{excerpt.file}:{excerpt.line}" if excerpt else ""
            sources[pointer] = self.payload.find_origin(pointer) or place
        return sources


def build_request(
    operation: Operation, values: Mapping[str, str], payload: Payload, settings: Settings
) -> CheckedRequest:
    """Return a request with the findings of its check; nothing is sent.

    `values` are the values of the parameters. A payload without value and document means no body.
    """
    operation = operation_at(operation, settings.base_url, values)
    operation = call_guards.with_risk(operation, values, payload)
    if settings.max_attempts and changes_do_not_call_list(operation.path):  # it calls nobody itself
        settings = settings.with_values(max_attempts=Setting("", "default"))
    has_body = payload.value is not None or payload.document is not None
    findings = [*find_wrong_destination(operation, settings)]
    findings += check_parameters(operation, values, payload)
    value = with_integers(payload.value, operation.schema_at, operation.contract.resolve)
    headers, body = {"Accept": "application/json", **_header_values(operation, values)}, None
    if has_body and operation.takes_body:
        findings = [*_merge_by_flag(check_body(operation, payload)), *findings]
        body, headers["Content-Type"] = encode_body(operation, value)
    elif not operation.takes_body:
        from cxcall.payloads.errors.structure_errors import find_unexpected_body

        findings += find_unexpected_body(operation, payload)
    if payload.document is not None:
        findings = [*payload.document.findings, *findings]
    numbers = numbers_in_request.find_numbers(
        operation, values, payload, with_digits=bool(settings.do_not_call_files)
    )
    times: Sequence[CallTime] = ()
    may_schedule = operation.can_place_call and _has_date(values, payload)
    if settings.hours or may_schedule:
        from cxcall.sending.call_times import check_scheduled_times, find_call_times

        times = find_call_times(operation, values, payload) if settings.hours else ()
        findings += check_scheduled_times(operation, values, payload) if may_schedule else ()
    is_readable = not has_errors(findings, strict=False)
    guarded = call_guards.check_numbers(operation, numbers, values, payload, settings, times)
    findings += [each for each in guarded if is_readable or each.code != call_guards.UNCHECKED]
    findings = _without_moot_formats(findings)
    if any(has_other_spelling(each, values.get(each.name, "")) for each in operation.parameters):
        raise CheckError(*findings)  # the guards compare paths, so `force` does not allow it
    base = settings.base_url
    url, shown = operation.url(base, values), _shown_path(operation, base, values)
    dialed = tuple(dict.fromkeys(each.number for each in numbers if each.is_dialed))
    request = HttpRequest(operation.method, url, headers, body, shown, dialed)
    _stop_on_change_in_transit(request, base)
    found = tuple(findings), dialed, values, tuple(numbers), payload.value
    return CheckedRequest(operation, payload._replace(value=value), request, settings, *found)


def _shown_path(operation: Operation, base_url: str, values: Mapping[str, str]) -> str:
    """Return the path of a request's URL with masked secrets, by the names of parameters; empty if it has none."""
    if operation.contract.is_shipped:  # no path has a secret
        return ""
    from cxcall.runtime.secrets.secret_names import SECRET, kind_of_name

    found = [each for each in operation.parameters if each.location == "path" and each.is_plain]
    secrets = {each.name: MASKED for each in found if kind_of_name(each.name) == SECRET}
    shown = urlsplit(operation.url(base_url, {**values, **secrets})).path if secrets else ""
    return shown.replace(quote(MASKED), MASKED)


def _without_moot_formats(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings without the format of a number not to be dialed in any, and the hours of a placeholder."""
    found = {(each.where, each.code) for each in findings}
    moot = {"outside-hours": "placeholder"}
    moot |= dict.fromkeys(("phone-format", "phone-unlikely"), "phone-kind")
    return [each for each in findings if (each.where, moot.get(each.code)) not in found]


def _has_date(values: Mapping[str, str], payload: Payload) -> bool:
    """Return whether a text in a request starts with a date, so that it may schedule a call."""
    texts = (value for _, value in leaves(payload.value) if isinstance(value, str))
    times = (text for text in (*values.values(), *texts) if any(sign in text for sign in "Tt "))
    return any(compile_pattern(_DATE).match(time) for time in times if time.lstrip()[:4].isdigit())


def _merge_by_flag(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings without repetitions: a flag may set its value at several places."""
    merged: dict[tuple[str, ...], Finding] = {}
    for index, each in enumerate(findings):
        is_shared = each.origin.startswith("--") and each.origin not in ("--set", "--data")
        message = each.message.replace(each.where, "") if is_shared else str(index)
        merged.setdefault((each.origin, each.code, message), each)
    return list(merged.values())


def _stop_on_change_in_transit(request: HttpRequest, base_url: str) -> None:
    """Raise UsageError if the request would go to another host than that of the settings, or with other bytes than shown."""
    if origin(request.url) != origin(base_url):
        raise UsageError(
            f"the request would go to `{printable(host_of(request.url))}`, not to `{host_of(base_url)}`",
            where="path",
            fix="correct the path of the operation in its API document",
        )
    if not is_sent_unchanged(request.url):
        raise UsageError(
            f"`{printable(target_of(request.shown_url).partition('?')[0])}` would be changed before it is sent",
            where="path",
            fix="percent-encode the path of the operation or of the base URL; leave out `//`, `.`, and `..`",
            why="HTTP clients normalize a URL (RFC 3986, section 6.2)",
        )
    for name, value in request.headers.items():
        if not is_header(name, value):
            raise UsageError(
                f"the header `{printable(name)}` cannot be `{printable(SentHeaders(request.headers)[name])}`",
                where=f"header:{printable(name)}",
                fix="use printable ASCII characters, without spaces at the ends",
            )


def _header_values(operation: Operation, values: Mapping[str, str]) -> dict[str, str]:
    parameters = [each for each in operation.parameters if each.name in values]
    if not any(each.location == "header" for each in parameters):
        return {}
    from cxcall.contracts.parameter_styles import header_values

    return header_values(parameters, values)


def parameter_values(
    operation: Operation,
    arguments: Mapping[str, str],
    texts: Sequence[tuple[Flag, str]],
    payload: Payload,
) -> dict[str, str]:
    """Return the parameters' values: from their flags, or else from arguments, or else from the body."""
    values = {**arguments, **{flag.parameter: text for flag, text in texts if flag.parameter}}
    for flag in operation.flags:
        if flag.parameter and flag.parameter not in values:
            places = (each for each in flag.pointers if has_value(payload.value, each))
            if value := next((str(value_at(payload.value, each)) for each in places), ""):
                values[flag.parameter] = value
    return values


def stop_on_missing_parameter(
    operation: Operation,
    values: Mapping[str, str],
    payload: Payload,
    fix_for: Callable[[str], str] | None = None,
) -> None:
    """Raise MissingParametersError when a required parameter has no value; `fix_for` is as in `missing_parameters_error`."""
    if any(each.required and each.name not in values for each in operation.parameters):
        from cxcall.sending.missing_parameters import missing_parameters_error

        raise missing_parameters_error(operation, values, payload, fix_for)


def stop_on_errors(checked: CheckedRequest, *, strict: bool, force: bool) -> None:
    """Raise CheckError when the check found errors, unless `force` is set."""
    if not force and has_errors(checked.findings, strict=strict):
        raise CheckError(*checked.findings)


def stop_on_unsuitable_token(
    settings: Settings, token: Credentials, operation: Operation, *, force: bool
) -> None:
    """Raise CredentialsError if the token is known to have the wrong kind, or to lack a scope."""
    from cxcall.credentials.token_provider import check_scopes, check_token_kind

    finding = check_token_kind(settings, token, operation) or check_scopes(token, operation)
    if finding is not None and not force:
        raise CredentialsError(finding)


def token_source(settings: Settings, operation: Operation, *, force: bool) -> SharedToken | None:
    """Return checked credentials, which get a new token when the API refuses theirs; None if the operation needs none.

    Raises as `get_credentials` does, and as `stop_on_unsuitable_token`.
    """
    from cxcall.credentials.access_token import SharedToken

    get: Callable[..., Credentials | None]
    if operation.security or operation.is_public:
        from cxcall.credentials.request_credentials import get_credentials

        get = partial(get_credentials, settings, operation)
    else:
        from cxcall.credentials.token_provider import get_token

        get = partial(get_token, settings, operation=operation)
    first = get()
    if first is None:
        return None
    stop_on_unsuitable_token(settings, first, operation, force=force)
    return SharedToken(get, first)
