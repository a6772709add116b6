"""The documents refer only to files, headings, and links that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import explain_examples
import own_document_examples
import reference_pages
from cxcall.findings.codes import load_codes
from cxcall.version import PROJECT_URL, SOURCE_URL
from helpers.cases import each_case
from helpers.command import CXCALL, Cxcall

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")})
CODE = sorted(
    path
    for folder in ("cxcall", "tests", "tools")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".json"} and path != Path(__file__)
)
FOLDERS = {"reference_pages.py": reference_pages.FOLDER}
"""The folder of links that a generator writes, if not the root."""
LINK = re.compile(r"\]\(([^)\s]+)\)")
MARKDOWN_NAME = re.compile(r"[\w./-]*[\w-]\.md\b(?:#[\w-]+)?")
PACKAGE_PATH = re.compile(r"(?<![\w/.])((?:cxcall|tests|tools)/[\w/.*-]*[\w*/])(?::(\w+))?")


def anchors(document: Path) -> set[str]:
    """Return the anchors of the headings of a document, as GitHub builds them."""
    titles = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def missing(reference: str, base: Path) -> str:
    """Return why a reference (`path#anchor`) does not resolve; empty if it does."""
    name, _, anchor = reference.partition("#")
    target = (base / name).resolve() if name else base
    if not target.exists():
        return f"{reference}: no such file"
    if anchor and anchor not in anchors(target):
        return f"{reference}: no such heading"
    return ""


@each_case("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_resolves(document: Path) -> None:
    links = LINK.findall(document.read_text("utf-8"))
    local = [link for link in links if not re.match(r"[a-z]+:", link)]
    broken = [
        missing(f"{document.name}{link}" if link.startswith("#") else link, document.parent)
        for link in local
    ]
    assert not [reason for reason in broken if reason]


@each_case("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_and_symbol_in_a_document_exists(document: Path) -> None:
    for path, symbol in PACKAGE_PATH.findall(document.read_text("utf-8")):
        files = list(ROOT.glob(path.rstrip("/")))
        assert files, f"{path} does not exist"
        if symbol:
            defined = rf"^(?:def|class) {symbol}\b|^{symbol}\b.* = "
            assert re.search(defined, files[0].read_text("utf-8"), re.MULTILINE), f"{path}:{symbol}"


def test_table_of_random_tests_has_the_numbers_of_the_tests_and_of_a_release() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    numbers: dict[str, str] = {}
    for line in re.findall(r"^\| `CXCALL_.+$", text, re.MULTILINE):
        names, path, default, release = (cell.strip() for cell in line.strip("|").split(" | "))
        code = (ROOT / re.findall(r"`(.+?)`", path)[0]).read_text("utf-8")
        defaults = dict(re.findall(r'environ\.get\("(CXCALL_\w+)", "([\d.]+)"\)', code))
        listed = re.findall(r"`(.+?)`", names)
        assert [defaults[name] for name in listed] == default.split(", "), listed
        many = re.sub(r"(?<=\d),(?=\d{3})", "", release).split(", ")
        numbers |= dict(zip(listed, many, strict=True))
    (line,) = re.findall(
        r'^release_cases := "(.+)"$', (ROOT / "justfile").read_text("utf-8"), re.MULTILINE
    )
    assert numbers == dict(each.split("=") for each in line.split())


@pytest.mark.slow
def test_code_refers_only_to_documents_of_this_repository() -> None:
    broken = {
        f"{path.relative_to(ROOT)}: {reason}"
        for path in CODE
        for line in path.read_text("utf-8").splitlines()
        if ".md" in line
        for reference in MARKDOWN_NAME.findall(line)
        if (reason := missing(reference, FOLDERS.get(path.name, ROOT)))
    }
    assert not broken


@pytest.mark.slow
def test_examples_of_explain_are_what_it_prints(cxcall: Cxcall) -> None:
    def run(arguments: list[str], given: bytes) -> explain_examples.Ended:
        return cxcall.run([str(CXCALL), *arguments], given, cxcall.environment)

    written = explain_examples.PAGE.read_text("utf-8")
    assert explain_examples.write_examples(run) == written, "run: python tools/explain_examples.py"
    assert len(explain_examples.EXAMPLE.findall(written)) == written.count("\nBefore:\n") == 10


@pytest.mark.slow
def test_page_on_own_documents_shows_the_current_output() -> None:
    def run(arguments: list[str], folder: str, environment: dict[str, str]) -> tuple[str, str]:
        started = Cxcall(Path(folder))
        started.environment = environment
        return started.begin(*arguments).communicate()

    written = own_document_examples.PAGE.read_text("utf-8")
    assert own_document_examples.write_examples(run) == written, (
        "run: python tools/own_document_examples.py"
    )
    assert written.count("```console\n$ cxcall ") == 7


def test_first_page_links_to_every_page() -> None:
    folder = ROOT / "docs"
    linked = set(LINK.findall((folder / "index.md").read_text("utf-8")))
    pages = {path.relative_to(folder).as_posix() for path in folder.glob("**/*.md")}
    assert pages - linked == {"index.md"}


@pytest.mark.parametrize("name", reference_pages.PAGES)
def test_reference_page_is_what_the_program_declares(name: str) -> None:
    written = (reference_pages.FOLDER / name).read_text("utf-8")
    assert reference_pages.write_page(name) == written, "run: python tools/reference_pages.py"


def test_every_file_in_the_reference_is_generated() -> None:
    assert {path.name for path in reference_pages.FOLDER.iterdir()} == set(reference_pages.PAGES)


def test_package_and_program_name_the_same_project() -> None:
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]
    assert urls["Homepage"] == PROJECT_URL
    assert all(url.startswith(PROJECT_URL) for url in urls.values())


def test_url_of_a_finding_code_leads_to_its_section() -> None:
    for entry in load_codes().values():
        reference = entry.url.removeprefix(SOURCE_URL)
        assert not missing(reference, ROOT), entry.url
