"""The pages build as a site that loads nothing from other hosts, and axe-core finds no errors in it."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from helpers.chromium import Browser, needs_axe, needs_chromium

ROOT = Path(__file__).parent.parent
SPHINX = ROOT / "build" / "docs-tools" / "bin" / "sphinx-build"
PAGES = (
    "index",
    "start",
    "send",
    "batch",
    "configuration",
    "comparison",
    "reference/commands",
    "reference/findings",
    "search",
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not SPHINX.exists(), reason="`just docs` has not installed the site generator"
    ),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site; a warning, such as a broken link, is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [str(SPHINX), "--quiet", "--fail-on-warning", "--keep-going", "docs", str(folder)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def url(site: Path) -> Iterator[str]:
    """Serve the site on loopback."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=site)
    ) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_every_page_is_in_the_navigation(site: Path) -> None:
    home = (site / "index.html").read_text("utf-8")
    pages = {
        path.relative_to(ROOT / "docs").with_suffix(".html").as_posix()
        for path in ROOT.glob("docs/**/*.md")
    }
    assert {page for page in pages if f'href="{page}"' not in home} == {"index.html"}


@needs_chromium
@needs_axe
@pytest.mark.parametrize("width", [1200, 400])
def test_pages_are_accessible_and_load_nothing_from_elsewhere(
    url: str, width: int, tmp_path: Path
) -> None:
    with Browser(tmp_path) as browser:
        for page in PAGES:
            for scheme in ("light", "dark"):
                browser.show(width, scheme)
                browser.open(f"{url}{page}.html")
                assert browser.find_axe_violations() == [], (page, scheme)
                wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
                assert not browser.evaluate(wide), page
        assert browser.complaints == []
        assert [each for each in browser.urls if not each.startswith((url, "data:"))] == []
