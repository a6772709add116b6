"""Write the shipped contract of Genesys Cloud from the vendor's SDKs and a hand-written overlay.

`python tools/genesys_contract.py` reads the installed Python SDK and the folder `tools/genesys_cloud/`:

- `overlay.json`: which operations are shipped, their scopes, and `patch`, a JSON Merge Patch (RFC 7396) of the
  document with everything that no SDK declares: names of commands, examples, conditions, known mistakes, and `null`
  for errors of an SDK,
- `places_no_call.tsv`: the operations that were reviewed and place no call, each with the reason. All others may
  place one, except `GET` and `HEAD`, so an operation of a newer SDK needs consent until it is reviewed,
- `required.json`: the required properties. `--declarations index.d.ts` writes them again, from the npm package
  `purecloud-platform-client-v2`.

It writes `cxcall/contracts/genesys-cloud.json`, with one line for each operation and each schema, and beside it
the index with the position of each line, so that a command reads only what it needs.
"""

from __future__ import annotations

import argparse
import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genesys_sdk import PACKAGE, SCHEMAS, Sdk, required_marks
from openapi_lines import write_document

SOURCES = Path(__file__).parent / "genesys_cloud"
CONTRACTS = Path(__file__).parents[1] / "cxcall" / "contracts"
RISK = "x-cxcall-rings"
_READ_METHODS = ("GET", "HEAD")
_JSON = "application/json"
_CONDITIONS = "x-cxcall-conditions"


class ReviewError(Exception):
    """The hand-written files name operations that are not in the SDK, or exceptions without a reason."""


def merge_patch(target: Any, patch: Any) -> Any:
    """Return `target` changed by a JSON Merge Patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, change in patch.items():
        if change is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), change)
    return merged


def references(node: Any) -> set[str]:
    """Return the names of the schemas that a part of the document refers to."""
    if isinstance(node, dict):
        reference = node.get("$ref", "")
        own = {reference.removeprefix(SCHEMAS)} if str(reference).startswith(SCHEMAS) else set()
        return own.union(*map(references, node.values()))
    return set().union(*map(references, node)) if isinstance(node, list) else set()


class Builder:
    """Builds the document. `overlay`, `harmless`, and `required` are the contents of the hand-written files.

    `harmless` has the reason why an operation places no call, by method and path.
    """

    def __init__(
        self,
        sdk: Sdk,
        overlay: dict[str, Any],
        harmless: dict[tuple[str, str], str],
        required: dict[str, list[str]],
        permissions: dict[tuple[str, str], list[str]],
    ) -> None:
        self.sdk, self.overlay, self.harmless = sdk, overlay, harmless
        self.required, self.permissions = required, permissions
        self.patch = overlay["patch"]

    def document(self) -> dict[str, Any]:
        """Return the OpenAPI document; raises ReviewError if the hand-written files do not fit it."""
        routes = self._routes()
        paths: dict[str, dict[str, Any]] = {}
        for method, path in routes:
            paths.setdefault(path, {})[method.lower()] = self._operation(method, path)
        head = {
            name: part for name, part in self.patch.items() if name not in ("paths", "components")
        }
        head["info"]["version"] = version(PACKAGE)
        components = {k: v for k, v in self.patch["components"].items() if k != "schemas"}
        return {
            **head,
            "paths": paths,
            "components": {**components, "schemas": self._schemas(paths, components)},
        }

    def _routes(self) -> list[tuple[str, str]]:
        shipped = re.compile("|".join(self.overlay["operations"]))
        found = [route for route in self.sdk.operations if shipped.fullmatch(" ".join(route))]
        patched = {(m.upper(), path) for path, item in self.patch["paths"].items() for m in item}
        problems = [
            *(
                f"no reason in places_no_call.tsv: {' '.join(each)}"
                for each, reason in self.harmless.items()
                if not reason
            ),
            *(
                f"no operation of the SDK: {' '.join(each)}"
                for each in sorted({*self.harmless, *patched} - {*found})
            ),
        ]
        if problems:
            raise ReviewError("\n".join(problems))
        named = [
            (method.upper(), path)
            for path, item in self.patch["paths"].items()
            for method, patch in item.items()
            if "operationId" in patch
        ]
        return named + sorted({*found} - {*named}, key=lambda route: (route[1], route[0]))

    def _operation(self, method: str, path: str) -> dict[str, Any]:
        patch = self.patch["paths"].get(path, {}).get(method.lower(), {})
        declared = dict(self.sdk.operations[method, path])
        response = declared.pop("response")
        declared["operationId"] = declared["operationId"].replace("_", "-")
        declared[RISK] = method not in _READ_METHODS and (method, path) not in self.harmless
        permissions = self.permissions.get((method, path), [])
        is_all = f"{method} {path}" in self.overlay["allPermissions"]
        declared["x-cxcall-permissions"] = (
            [permissions] if is_all else [[each] for each in permissions]
        )
        scope = self.overlay["scopes"][path.split("/")[3]]
        scopes = [scope, f"{scope}:readonly"] if scope and method in _READ_METHODS else [scope]
        declared["security"] = [{"oauth": [each] if each else []} for each in scopes]
        if parameters := declared.pop("parameters", None):
            declared["parameters"] = [
                self._parameter(f"{method} {path}", each) for each in parameters
            ]
        if body := declared.pop("requestBody", None):
            declared["requestBody"] = body
        statuses = [each for each in patch.get("responses", ()) if each.startswith("2")] or ["2XX"]
        declared["responses"] = {
            **{each: _success(each, response) for each in statuses},
            **self.overlay["errors"],
        }
        merged: dict[str, Any] = merge_patch(declared, patch)
        self._add_conditions(merged)
        if "operationId" not in patch:
            merged["x-cxcall-generated"] = True
        return merged

    def _add_conditions(self, operation: dict[str, Any]) -> None:
        """Add its schema's conditions to a body with own ones, because members beside a `$ref` replace them."""
        media = operation.get("requestBody", {}).get("content", {}).get(_JSON, {})
        schema = media.get("schema", {})
        if _CONDITIONS in schema and "$ref" in schema:
            model = self.patch["components"]["schemas"].get(
                schema["$ref"].removeprefix(SCHEMAS), {}
            )
            own = [*model.get(_CONDITIONS, ()), *schema[_CONDITIONS]]
            media["schema"] = {**schema, _CONDITIONS: own}

    def _parameter(self, route: str, parameter: dict[str, Any]) -> dict[str, Any]:
        if parameter["in"] == "path" and parameter["schema"]["type"] == "string":
            parameter = merge_patch(parameter, {"schema": {"minLength": 1}})
        for place in ("*", route):
            patch = self.overlay["parameters"].get(place, {}).get(parameter["name"], {})
            parameter = merge_patch(parameter, patch)
        return parameter

    def _schemas(self, paths: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
        """Return the schemas that the operations need; those of bodies are closed."""
        operations = [each for item in paths.values() for each in item.values()]
        bodies = [each.get("requestBody", {}) for each in operations]
        needed = self._closure(references([operations, components]))
        closed = self._closure(references(bodies))
        return {name: self._schema(name, is_closed=name in closed) for name in sorted(needed)}

    def _closure(self, names: set[str]) -> set[str]:
        found: set[str] = set()
        while names:
            found |= names
            names = (
                set().union(*(references(self._schema(each, is_closed=False)) for each in names))
                - found
            )
        return found

    def _schema(self, name: str, *, is_closed: bool) -> dict[str, Any]:
        patch = self.patch["components"]["schemas"].get(name, {})
        try:
            model = self.sdk.model(name)
        except KeyError:
            own: dict[str, Any] = merge_patch({}, patch)
            return own
        if names := [each for each in self.required.get(name, ()) if each in model["properties"]]:
            model["required"] = names
        if is_closed:
            model["additionalProperties"] = False
        else:
            for schema in model["properties"].values():
                schema.pop(
                    "description", None
                )  # a sentence for each property of a response is twice the size
        merged: dict[str, Any] = merge_patch(model, patch)
        return merged


def _success(status: str, response: dict[str, Any] | None) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Success."}
    if response is not None and status != "204":
        success["content"] = {_JSON: {"schema": response}}
    return success


def load_builder() -> Builder:
    """Return a builder with the installed SDK and the files of the repository."""
    overlay = json.loads((SOURCES / "overlay.json").read_text("utf-8"))
    required = json.loads((SOURCES / "required.json").read_text("utf-8"))
    harmless = _rows(SOURCES / "places_no_call.tsv")
    published = _rows(CONTRACTS / "published" / "genesys-cloud.tsv")
    permissions = {route: text.split() for route, text in published.items()}
    return Builder(Sdk(), overlay, harmless, required, permissions)


def _rows(file: Path) -> dict[tuple[str, str], str]:
    """Return the third column of a table by method and path."""
    lines = (line for line in file.read_text("utf-8").splitlines() if line and line[0] != "#")
    return {(method, path): rest[0] for method, path, *rest in (line.split("\t") for line in lines)}


def main() -> None:
    """Write the contract and its index, and with `--declarations` also the required properties."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    options.add_argument("--declarations", type=Path, help="index.d.ts of the JavaScript SDK")
    given = options.parse_args()
    builder = load_builder()
    if given.declarations:
        builder.required = required_marks(given.declarations.read_text("utf-8"))
    built = builder.document()
    document, index = write_document(built)
    marks = {
        name: builder.required[name]
        for name in built["components"]["schemas"]
        if name in builder.required
    }
    lines = (f"{json.dumps(name)}: {json.dumps(names)}" for name, names in marks.items())
    (SOURCES / "required.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    (CONTRACTS / "genesys-cloud.json").write_text(document, "utf-8")
    (CONTRACTS / "genesys-cloud.index").write_text(index, "utf-8")
    print(f"{len(document):,} bytes, and an index of {len(index):,}")


if __name__ == "__main__":
    main()
