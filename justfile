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
    {{ bin }}/mypy --platform win32 --cache-dir .mypy_cache/win32 cxcall
    {{ bin }}/openapi-spec-validator cxcall/contracts/*.json

# Run the quick suite, or the quick tests of some files.
test *arguments:
    {{ bin }}/pytest -q -n auto -m "not slow" {{ arguments }}

# Run the whole suite.
test-all *arguments:
    {{ bin }}/pytest -q -n auto {{ arguments }}

# Run tests with as many random cases as before a release, and with new ones: hours for the whole suite.
test-thorough *arguments:
    {{ release_cases }} {{ bin }}/pytest -q -n auto {{ arguments }}

release_cases := "CXCALL_EXAMPLES=1 CXCALL_FAULT_RUNS=10000 CXCALL_COVERED_OPERATIONS=1000 CXCALL_TEST_SIGNALS=1000 CXCALL_MUTATIONS=30000 CXCALL_LEDGER_KILLS=100 CXCALL_CRM_ROWS=5000 CXCALL_BATCH_ROWS=1000 CXCALL_BATCH_KILLS=20 CXCALL_KILLED_WORKERS=20"

# Run the whole suite, and print the branch coverage, of subprocesses too.
cover:
    {{ bin }}/coverage erase
    {{ bin }}/coverage run -m pytest -q -n auto
    {{ bin }}/coverage combine --quiet
    {{ bin }}/coverage report --fail-under 95

# Compare whole commands with plain scripts.
bench:
    {{ bin }}/python tests/bench

# Build the documentation as a site, into build/docs/.
docs:
    [ -e build/docs-tools ] || {{ bin }}/python -m venv build/docs-tools
    build/docs-tools/bin/pip install --quiet --require-hashes -r docs/requirements.txt
    build/docs-tools/bin/sphinx-build --quiet --fail-on-warning --keep-going docs build/docs

# Build the sdist, and the wheel from it, into dist/.
build:
    rm -rf dist build/sdist
    {{ bin }}/hatchling build --target sdist
    mkdir -p build/sdist
    tar -xzf dist/cxcall-*.tar.gz -C build/sdist --strip-components 1
    cd build/sdist && {{ bin }}/hatchling build --target wheel --directory {{ justfile_directory() }}/dist

# Write dist/sbom.cdx.json: what an installed wheel consists of (CycloneDX).
sbom: build _release-tools
    rm -rf build/wheel
    {{ bin }}/python -m venv build/wheel
    build/wheel/bin/pip install --quiet dist/cxcall-*.whl
    build/wheel/bin/pip uninstall --quiet --yes pip setuptools
    # cyclonedx-py does not read a dynamic version
    sed "s/^dynamic = .*/version = \"$(build/wheel/bin/cxcall --version | cut -d' ' -f2)\"/" pyproject.toml > build/pyproject.toml
    build/tools/bin/cyclonedx-py environment --pyproject build/pyproject.toml --mc-type application --output-reproducible \
        --validate --output-format JSON --output-file dist/sbom.cdx.json build/wheel/bin/python

# Check a release: metadata, the installed wheel, its bill of materials, and the tests of the unpacked sdist.
release-check: sbom
    build/tools/bin/twine check --strict dist/*.whl dist/*.tar.gz
    build/wheel/bin/cxcall --version
    CXCALL_STATE_DIR=$(mktemp -d) build/wheel/bin/cxcall personal-connection --sandbox --quiet \
        --contact-id 12345678-1234-1234-1234-123456789012 --reason-code follow_up
    {{ bin }}/python -m venv build/sdist/.venv
    build/sdist/.venv/bin/pip install --quiet --require-hashes -r build/sdist/requirements-dev.txt
    build/sdist/.venv/bin/pip install --quiet --no-deps --no-build-isolation -e build/sdist
    cd build/sdist && .venv/bin/pytest -q -n auto -m "not slow"

_release-tools:
    {{ bin }}/python -m venv build/tools
    build/tools/bin/pip install --quiet --require-hashes -r tools/requirements-release.txt

# Write the pinned requirements again; needs uv. `--upgrade` moves every pin.
lock *arguments:
    {{ lock }} pyproject.toml --group dev --output-file requirements-dev.txt {{ arguments }}
    {{ lock }} pyproject.toml --all-extras --resolution lowest-direct --output-file requirements-lowest.txt {{ arguments }}
    {{ lock }} --group docs --output-file docs/requirements.txt {{ arguments }}
    {{ lock }} --group release --output-file tools/requirements-release.txt {{ arguments }}

lock := "uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate"
