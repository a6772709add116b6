"""Read the commands of wget and the Postman CLI, as curl commands, and of `gc`, the command line of Genesys Cloud."""

from __future__ import annotations

import re

from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.operations.known_operations import GENESYS, load_published_operations
from cxcall.explaining.readers.json_values.json_search import is_json_text
from cxcall.explaining.readers.request_builder import METHODS, build_observed_request, first_words
from cxcall.transport.http_messages import HttpResponse

# No other option of wget with a value changes the request.
_WGET_OPTIONS = first_words(
    """
    -o -O
    --request --method
    --header --header
    --config --config --execute -e
    --data-raw --body-data --post-data
    --data-binary --body-file --post-file
    --max-time --output-document --timeout --user --password --user-agent --http-user
    --max-time --http-password --tries --input-file --output-file
    """
)
_POSTMAN_OPTIONS = {
    "--body": "--data-raw",
    "-d": "--data-raw",
    "-f": "--form",
    "--timeout": "--max-time",
}
_GC_METHODS = first_words(
    """
    POST create query post
    GET get list
    PUT update put
    DELETE delete
    PATCH patch
    """
)


def wget_as_curl(words: list[str]) -> list[str]:
    """Return the words of a wget command as those of a curl command."""
    curl = ["curl"]
    rest = iter(words[1:])
    for word in rest:
        name, equals, value = word.partition("=")
        if not word.startswith("--"):
            curl.append(_WGET_OPTIONS.get(word, word))
        elif name in _WGET_OPTIONS:
            value = value if equals else next(rest, "")
            value = f"@{value}" if name.endswith("-file") else _as_meant(value)
            curl += [_WGET_OPTIONS[name], value]
    return curl


def _as_meant(body: str) -> str:
    r"""Return a body with line ends in place of the `\n` that command generators write between members."""
    if "\\n" not in body or body.lstrip()[:1] not in ("{", "[") or is_json_text(body):
        return body
    lines = re.sub(r"(?<=[\[{,\]}\"\w])\\n(?= *[\"\[{\]}\w-])", "\n", body)
    return lines if is_json_text(lines) else body


def postman_as_curl(words: list[str]) -> list[str]:
    """Return the words of a Postman CLI command as those of a curl command."""
    curl = ["curl"]
    for word in words[2:]:
        if word.upper() in METHODS and len(curl) == 1:
            curl += ["-X", word]
        else:
            curl.append(_POSTMAN_OPTIONS.get(word, word))
    return curl


def read_gc(words: list[str], piped: str | None, response: HttpResponse | None) -> ObservedRequest:
    """Return the request of `gc outbound campaigns create -d BODY`: the words of a path, then a method."""
    names: list[str] = []
    values: list[str] = []
    options: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if word.startswith("-"):
            name, equals, value = word.lstrip("-").partition("=")
            options[name] = value if equals else next(rest, "")
        elif values or (names and names[-1] in _GC_METHODS):
            values.append(word)
        else:
            names.append(word)
    verb = names[-1] if names and names[-1] in _GC_METHODS else "get"
    path = _gc_path(_GC_METHODS[verb], [each for each in names if each not in _GC_METHODS], values)
    body = options["d"] if options.get("d", "")[:1] in ("{", "[") else piped
    return build_observed_request(
        "gc command",
        SourceKind.COMMAND,
        method=_GC_METHODS[verb],
        path=path,
        body=body,
        response=response,
        null_means_unknown=True,
    )


def _gc_path(method: str, names: list[str], values: list[str]) -> str:
    """Return the path of the operation with these words and as many parameters, filled with the values."""
    for operation in load_published_operations(GENESYS).operations:
        segments = operation.path.removeprefix("/api/v2/").split("/")
        words = [each for each in segments if each[:1] != "{"]
        if operation.method == method and words == names and len(segments) == len(names + values):
            rest = iter(values)
            filled = (each if each[:1] != "{" else next(rest) for each in segments)
            return "/".join(["/api/v2", *filled])
    return "/".join(["/api/v2", *names, *values])
