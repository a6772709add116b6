# Tasks for work on cxcall: `.venv/bin/just` lists them. CONTRIBUTING.md says how to set up `.venv`.

bin := justfile_directory() / ".venv/bin"

_list:
    @{{ bin }}/just --list --unsorted

# Format, and fix what can be fixed.
fix:
    {{ bin }}/ruff check --fix .
    {{ bin }}/ruff format .

# Check format, lint, types, and the contracts.
lint:
    {{ bin }}/ruff format --check .
    {{ bin }}/ruff check .
    {{ bin }}/mypy
    {{ bin }}/openapi-spec-validator cxcall/contracts/*.json

# Run the quick suite, or the quick tests of some files.
test *arguments:
    {{ bin }}/pytest -q -n auto -m "not slow" {{ arguments }}

# Run the whole suite.
test-all *arguments:
    {{ bin }}/pytest -q -n auto {{ arguments }}

# Run the whole suite, and print the branch coverage, of subprocesses too.
cover:
    {{ bin }}/coverage erase
    {{ bin }}/coverage run -m pytest -q -n auto
    {{ bin }}/coverage combine --quiet
    {{ bin }}/coverage report --fail-under 95

# Compare whole commands with plain scripts.
bench:
    {{ bin }}/python tests/bench

# Write the pinned requirements again; needs uv. `--upgrade` moves every pin.
lock *arguments:
    {{ lock }} --group dev --output-file requirements-dev.txt {{ arguments }}
    {{ lock }} --all-extras --resolution lowest-direct --output-file requirements-lowest.txt {{ arguments }}

lock := "uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate"
