"""The tool that measures a document counts the operations that work and those that do not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import contract_coverage
from helpers.vendor_documents import FORM_API, multipart_api


@pytest.mark.slow
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
    ran = subprocess.run(
        [sys.executable, contract_coverage.__file__, *documents],
        cwd=tmp_path,
        # The tables of characters that Hypothesis made for this checkout: it takes seconds to make them.
        env={
            **os.environ,
            "HYPOTHESIS_STORAGE_DIRECTORY": str(pytestconfig.rootpath / ".hypothesis"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert "form.yaml: 1 of 1 operations work (100.0%)" in ran.stdout, ran
    assert "broken.json: 0 of 1 operations work" in ran.stdout
    assert ran.returncode == 1
