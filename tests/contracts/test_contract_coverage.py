"""The tool that measures a document counts the operations that work and those that do not."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

import contract_coverage
from helpers.command import start_script
from helpers.vendor_documents import FORM_API, multipart_api

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_each_operation_of_small_documents_works(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    broken = multipart_api()
    broken["paths"]["/fax"]["post"]["parameters"].append({"name": 7})
    documents = {
        "form.yaml": FORM_API,
        "broken.json": json.dumps({**broken, "paths": {**broken["paths"], "/x": {"get": {}}}}),
    }
    for name, text in documents.items():
        (tmp_path / name).write_text(text)
    # The tables of characters that Hypothesis made for this checkout: it takes seconds to make them.
    tables = {"HYPOTHESIS_STORAGE_DIRECTORY": str(pytestconfig.rootpath / ".hypothesis")}
    command = [contract_coverage.__file__, *documents]
    with start_script(command, {**os.environ, **tables}, tmp_path) as process:
        shown, _ = process.communicate(timeout=60)
        code = process.wait()
    assert "form.yaml: 1 of 1 operations work (100.0%)" in shown
    assert "broken.json: 0 of 1 operations work" in shown
    assert code == 1
