"""A request that somebody made and the response to it, as far as the source shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from http import HTTPStatus

from cxcall.findings.finding import Finding
from cxcall.responses.platform_codes import find_platform_codes
from cxcall.responses.refusals.finding_code_table import NO_CAUSE
from cxcall.responses.refusals.reason_choice import find_cause_of_text, platform_text
from cxcall.transport.http_messages import Headers, HttpResponse

# Members of the platforms' error bodies that no resource has at its top level.
_ERROR_MEMBERS = tuple(
    """
    message error errors error_description errorCode errorMessages errorSummary contextId
    """.split()
)


class SourceKind(Enum):
    """The kind of source that a request comes from, which decides which parts are shown as they were sent."""

    CAPTURE = auto()
    """An entry of a HAR file."""
    EXCHANGE = auto()
    """A request with its response in the JSON form of this program, or one of several objects."""
    OBJECT = auto()
    """An object in a text, such as the settings of a workflow."""
    RESPONSE = auto()
    """A JSON document of a client or a platform."""
    MESSAGE = auto()
    """An HTTP message, as it was sent or as an editor keeps it."""
    COMMAND = auto()
    CODE = auto()
    OTHER = auto()

    @property
    def shows_sent_text(self) -> bool:
        """Return whether the text shows what was sent, so that no program fills in its variables."""
        kinds = (SourceKind.CAPTURE, SourceKind.EXCHANGE, SourceKind.RESPONSE, SourceKind.MESSAGE)
        return self in kinds

    @property
    def may_be_definition(self) -> bool:
        """Return whether a request without a response may be the settings of a workflow, which fills in its variables."""
        return self in (SourceKind.OBJECT, SourceKind.RESPONSE, SourceKind.OTHER)

    @property
    def is_transcript(self) -> bool:
        """Return whether a header that is not shown was not sent, whatever client sent the request."""
        return self in (SourceKind.CAPTURE, SourceKind.MESSAGE)

    @property
    def is_record(self) -> bool:
        """Return whether a tool recorded the request, unlike a request that an editor or a program would send."""
        return self in (SourceKind.CAPTURE, SourceKind.EXCHANGE, SourceKind.OBJECT)


@dataclass(frozen=True)
class ObservedRequest:
    """One request and its response. An empty text or None means that the source does not show it.

    - `origin`: the place of the request in the source, for a reader.
    - `path` starts with `/`, is not decoded, and excludes the query; `query` has decoded pairs in order.
    - `headers` is None if no headers are shown, so that none counts as missing; an empty mapping means that
      none were sent.
    - `body` is the text that was sent, JSON or not. The parts of a multipart form are like the fields of another
      form unless they have headers; a file is `@NAME`. An empty text means that the source shows a request
      without a body, None that it does not show the body.
    - `response` has the status 0 if only its body is shown.
    - `failure` is the client's message on a missing response, such as `ENOTFOUND`.
    - `findings` are problems that the reader found.
    - `null_means_unknown`: a null stands for a value which the source did not know.
    - `unknown` maps a place (a JSON pointer, empty for the whole body, or `header:NAME`) to the names of the
      variables at that place whose values the source does not show.
    - `time` is that of the request in a log.
    - `unread` names the lines of the source that no reader understood, such as `lines 3-5`.
    - `filled_headers` are the headers, in lower case, whose values contain variables that the source fills in.
    - `has_hidden_headers`: a command may send further headers, which a file, a session, or a variable holds.
    - `has_client_token`: the source gets a token with client credentials, and with no other grant.
    - `is_piped`: a pipe of PowerShell made the JSON of the body, so that a list of one item was sent as this item.
    - `other_names`: names of members in code outside the body that was read, which other lines may add to it.
    - `platforms` are those that the text around the request names.
    - `secrets` are the values that the source gives to names of secrets, such as variables.
    """

    origin: str
    method: str = ""
    scheme: str = ""
    host: str = ""
    path: str = field(default="", repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: Headers | None = field(default=None, repr=False)
    body: str | None = field(default=None, repr=False)
    response: HttpResponse | None = None
    failure: str = field(default="", repr=False)
    time: str = ""
    findings: tuple[Finding, ...] = field(default=(), repr=False)
    null_means_unknown: bool = False
    unknown: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    unread: str = ""
    filled_headers: frozenset[str] = frozenset()
    has_hidden_headers: bool = False
    has_client_token: bool = False
    is_piped: bool = False
    other_names: frozenset[str] = frozenset()
    platforms: tuple[str, ...] = ()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    kind: SourceKind = SourceKind.OTHER

    @property
    def hostname(self) -> str:
        """The host in lower case, without its port, and without the brackets of an IPv6 address."""
        host = self.host.lower()
        return host[1:].partition("]")[0] if host[:1] == "[" else host.partition(":")[0]

    def header(self, name: str) -> str:
        """Return the value of a header; empty if it was not sent, or is not shown."""
        return str(self.headers.get(name, "")) if self.headers else ""

    @property
    def shows_all_headers(self) -> bool:
        """Return whether a header that is not shown was not sent, except those that clients add themselves."""
        is_whole = self.kind is SourceKind.COMMAND and not (self.has_hidden_headers or self.unread)
        return self.headers is not None and (is_whole or self.kind.is_transcript)

    @property
    def content_type(self) -> str:
        """The media type of the body in lower case, without its parameters; empty if it is not shown."""
        return self.header("Content-Type").partition(";")[0].strip().lower()

    @property
    def status(self) -> int:
        """The status of the response; 0 if it is not known."""
        return self.response.status if self.response else 0

    @property
    def has_unknown_path(self) -> bool:
        """Return whether the API responded that it does not know the path, or the method there."""
        return self.status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)

    @cached_property
    def response_text(self) -> str:
        """The platform's message in the response; empty without one."""
        return platform_text(self.response) if self.response else ""

    @property
    def is_identified(self) -> bool:
        """Return whether something shows that it is a request or a response, and not only a body."""
        return bool(self.method or self.host or self.path or self.status or self.is_refused)

    @property
    def is_refused(self) -> bool:
        """Return whether the response has the status of an error, or no status is shown and its body is an error."""
        return self.status >= HTTPStatus.BAD_REQUEST or (not self.status and self._has_error_body)

    @property
    def is_successful(self) -> bool:
        """Return whether the response has a 2xx status, or no status is shown and it is not an error.

        A 304 to a read says that there is nothing new.
        """
        if self.status == HTTPStatus.NOT_MODIFIED:
            return self.method in ("GET", "HEAD")
        if self.status:
            return 200 <= self.status < 300  # noqa: PLR2004 - the range of success
        body = self.response.json() if self.response else None
        return isinstance(body, dict | list) and not self._has_error_body

    @property
    def _has_error_body(self) -> bool:
        body = self.response.json() if self.response else None
        if not isinstance(body, dict):
            return False
        code = body.get("code")
        is_code = len(body) == 1 and isinstance(code, str) and bool(find_platform_codes(code))
        named = [name for name in _ERROR_MEMBERS if name in body]
        # `{"id": ..., "message": "accepted"}` is an object that was created.
        is_object = named == ["message"] and "id" in body
        is_error = bool(named) and not (
            is_object and find_cause_of_text(f"{body['message']}") == NO_CAUSE
        )
        return is_code or is_error

    def is_unobserved(self, finding: Finding) -> bool:
        """Return whether a finding is about a value that the source does not show.

        A finding about a property's name is not: the source shows the name.
        """
        return any(
            (finding.where == place and finding.code != "property-unknown")
            or finding.where.startswith(f"{place}/")
            or (finding.where == "body" and not place)
            for place in self.unknown
        ) or any(
            finding.where in (above, f"{above}/{name}")
            or (finding.code == "property-missing" and finding.where.rpartition("/")[0] == above)
            for above, _, name in (each.rpartition("/") for each in self.open_members)
        )

    @property
    def has_hidden_members(self) -> bool:
        """Return whether the body may have members that the source does not show."""
        return "" in self.unknown or any(place.count("/") == 1 for place in self.open_members)

    @cached_property
    def open_members(self) -> frozenset[str]:
        """The places in the body of variables that stand for further members: `{...}`, `$more`."""
        return frozenset(
            place
            for place, names in self.unknown.items()
            if place[:1] == "/"
            and place.rpartition("/")[2].strip("${}") in names
            and place.rpartition("/")[2][:1] in "${"
        )
