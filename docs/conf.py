"""Build docs/ as a site with Sphinx and MyST: `just docs` writes it to build/docs/.

The pages stay plain Markdown: the navigation comes from the lists of links in index.md, and links to files outside
docs/ lead to the repository.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent))

from cxcall.version import SOURCE_URL, __version__

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "cxcall"
copyright = "The cxcall developers"  # noqa: A001 - the name is that of Sphinx
release = __version__
extensions = ["myst_parser"]
root_doc = "index"
exclude_patterns = ["_templates"]
myst_heading_anchors = 6
html_theme = "pydata_sphinx_theme"
html_title = f"cxcall {release}"
html_copy_source = False
smartquotes = False  # they would change `--flag` in a text
html_show_sphinx = False
html_theme_options = {
    "navbar_center": [],
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": [],
    "primary_sidebar_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "logo": {"text": project},
    "search_bar_text": "Search",
    "article_footer_items": [],
}
templates_path = ["_templates"]
html_sidebars = {"**": ["pages"]}
html_context = {"default_mode": "auto"}
html_favicon = "icon.svg"

_SECTION = re.compile(r"^## (.+)\n((?:\n|[- ] .+\n)+)", re.MULTILINE)
_LINK = re.compile(r"\]\(([\w./-]+)\.md\)")


def adapt_page(_app: Sphinx, name: str, source: list[str]) -> None:
    """Replace links that leave docs/, and add the navigation to the first page."""
    steps = name.count("/") + 1
    text = re.sub(rf"\]\((?:\.\./){{{steps}}}([^)\s]+)\)", rf"]({SOURCE_URL}\1)", source[0])
    if name == root_doc:
        text += "".join(_write_toctree(*section) for section in _SECTION.findall(text))
    source[0] = text


def _write_toctree(title: str, links: str) -> str:
    pages = "\n".join(_LINK.findall(links))
    return f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{pages}\n```\n"


def setup(app: Sphinx) -> None:
    """Connect the page reader."""
    app.connect("source-read", adapt_page)
