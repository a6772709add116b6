"""Check a request to a published operation against the rules that a schema cannot declare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from cxcall.contracts import contract
from cxcall.contracts.openapi_document import rules_on
from cxcall.contracts.operation import is_json
from cxcall.explaining.checks.body.body_check import is_unchecked_body
from cxcall.explaining.checks.url.host_check import platform_of_path
from cxcall.explaining.checks.url.route_check import RouteMatch
from cxcall.explaining.correction.json_repair import repair_body
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.operations.known_operations import (
    ACD_BASE_PATH,
    PLATFORM_NAMES,
    PublishedOperation,
    is_upload,
    published_source,
)
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.declared_conditions import Breach, find_breaches
from cxcall.payloads.placeholders import is_placeholder, is_withheld
from cxcall.runtime.patterns import fold_name


def check_published(
    request: ObservedRequest, route: RouteMatch, known: Iterable[Finding]
) -> Iterator[Finding]:
    """Yield each breach of a rule by the query or the body (`x-cxcall-rules` of the platform's contract).

    `known` are the findings so far: a place gets at most one finding.
    """
    known = list(known)
    published, places = route.published, {each.where for each in known}
    parameters = {each.origin for each in known if each.where == "query"}
    if published is None:
        return
    payload, _ = repair_body(request)
    pairs = {"query": _shown(request)}
    if request.content_type.startswith("multipart/"):
        pairs["form"] = dict(parse_qsl(request.body or ""))
    for place, members in pairs.items():
        for breach in find_breaches(_rules(published, route.platform, place), members):
            is_hidden = request.null_means_unknown or (place == "form" and not request.body)
            is_hidden &= breach.code == "property-missing"
            if not is_hidden and breach.pointer.lstrip("/") not in parameters:
                yield breach.finding(None, place)
    if payload is not None:
        for breach in find_breaches(_rules(published, route.platform, "body"), payload.value):
            found = breach.finding(payload, breach.pointer)
            if breach.pointer not in places and not request.is_unobserved(found):
                yield found


def find_version_breach(request: ObservedRequest, route: RouteMatch) -> Breach | None:
    """Return the breach of a rule on the version in the path, which has another body; None if there is none."""
    base_path = ACD_BASE_PATH.match(request.path)
    if route.published is None or base_path is None:
        return None
    version = {"version": base_path[0].rpartition("/")[2].lower()}
    return next(find_breaches(_rules(route.published, route.platform, "version"), version), None)


def judge_version(
    request: ObservedRequest, route: RouteMatch, in_body: list[Finding]
) -> list[Finding]:
    """Return the findings on a body, with what the rules on the version in the path say.

    Another version has another schema: a body that does not match is not judged.
    """
    breach = find_version_breach(request, route)
    if breach is None:
        return in_body
    if any(each.severity is not Severity.NOTE for each in in_body):
        reason = breach.message.partition(": ")[2]
        note = Finding.note("not-provable", "body", f"the body was not checked: {reason}")
        return [note._replace(source=breach.source)]
    found = breach.finding(None, "path")
    return [found._replace(fix="use a version that takes this body"), *in_body]


def check_products(request: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    """Yield a warning if an unknown path of one platform, or its body, names a product of the other platform."""
    platform = platform_of_path(request.path)
    if route.operation is not None or not platform:
        return
    text = fold_name(f"{request.path} {request.body or ''}")
    for each in contract.load_shipped_contracts():
        for product in each.declared.get("x-cxcall-products", ()):
            if each.platform != platform and fold_name(product) in text:
                yield Finding.warning(
                    "platform-mismatch",
                    "path",
                    f"{product} is a product of {PLATFORM_NAMES[each.platform]}, but the path belongs to {PLATFORM_NAMES[platform]}",
                    fix="find out which platform your organization uses; they do not share tokens or paths",
                    source=published_source(each.platform),
                )


def _shown(request: ObservedRequest) -> dict[str, str]:
    pairs = [each for each in request.query if f"query:{each[0]}" not in request.unknown]
    return {name: each for name, each in pairs if not (is_placeholder(each) or is_withheld(each))}


def note_unchecked_body(request: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    """Yield a note if the body of a request that the API did not accept could not be compared with a schema."""
    if request.is_successful or is_upload(request.path):
        return
    published, rules = route.published, route.rules
    if rules and is_unchecked_body(request, rules):
        yield Finding.note(
            "not-provable",
            "body",
            f"the body was not checked: cxcall checks only bodies of `{rules.media_type}` by a schema"
            if rules.media_type and is_json(request.content_type)
            else "the body was not checked: cxcall checks only JSON, and the form of an operation",
            fix=f"compare it with the schema of `{rules.name}` in your document",
        )
    if published is not None and published.contract is None and request.body:
        yield Finding.note(
            "not-provable",
            "body",
            f"`{published}` exists; the body was not checked, because its schema is not known",
            fix="check its properties in the vendor's documentation, or give its schema: `--contract FILE`",
        )


@lru_cache(maxsize=64)
def _rules(published: PublishedOperation, platform: str, place: str) -> list[dict[str, Any]]:
    """Return the rules on the query or the body of an operation; a method alone stands for all of its operations."""
    return [
        rule
        for each in contract.load_shipped_contracts()
        if each.declared.get("x-cxcall-platform") == platform
        for rule in rules_on(each.declared, published.method, published.path, place)
    ]
