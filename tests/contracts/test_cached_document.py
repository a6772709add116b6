"""Documents are converted once, and the cache is never stale."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import pytest

from cxcall.contracts.cached_document import FILES_KEPT, SUFFIX
from helpers.small_api import openapi, swagger
from helpers.user_documents import names

if TYPE_CHECKING:
    from helpers.command import Cxcall

pytestmark = pytest.mark.slow


def kept(cxcall: Cxcall) -> list[Path]:
    return sorted(Path(cxcall.environment["CXCALL_STATE_DIR"], "cache").glob(f"*{SUFFIX}"))


def test_document_is_converted_once_and_again_when_it_changes(cxcall: Cxcall) -> None:
    file = cxcall.file("own.json", swagger())
    for _ in range(3):
        assert "callLead" in names(cxcall, file)
        assert len(kept(cxcall)) == 1
    changed = swagger()
    changed["paths"]["/groups"]["post"]["operationId"] = "addSpire"
    cxcall.file("own.json", changed)
    assert "addSpire" in names(cxcall, file)
    assert "addGroup" not in names(cxcall, file)
    assert len(kept(cxcall)) == 2
    cxcall.file("own.json", swagger())
    assert "addGroup" in names(cxcall, file)
    assert len(kept(cxcall)) == 2


@pytest.mark.parametrize("damage", [b"no document", b"", None])
def test_damaged_cached_document_is_written_again(cxcall: Cxcall, damage: bytes | None) -> None:
    file = cxcall.file("own.json", swagger())
    names(cxcall, file)
    (converted,) = kept(cxcall)
    content = converted.read_bytes()
    # None: bytes of a part are changed.
    spoilt = content.replace(b"callLead", b"skipLead") if damage is None else damage
    assert spoilt != content
    converted.write_bytes(spoilt)
    found = names(cxcall, file)
    assert "callLead" in found
    assert "skipLead" not in found


def test_cached_file_of_another_document_is_not_used(cxcall: Cxcall) -> None:
    changed = swagger()
    changed["paths"]["/groups"]["post"]["operationId"] = "addSpire"
    names(cxcall, cxcall.file("own.json", swagger()))
    (first,) = kept(cxcall)
    file = cxcall.file("changed.json", changed)
    names(cxcall, file)
    (second,) = set(kept(cxcall)) - {first}
    shutil.copyfile(first, second)
    assert "addSpire" in names(cxcall, file)


@pytest.mark.skipif(sys.platform == "win32", reason="no POSIX permissions")
@pytest.mark.parametrize("place", ["folder", "file"])
def test_cached_document_that_others_can_write_is_not_used(cxcall: Cxcall, place: str) -> None:
    file = cxcall.file("own.json", swagger())
    names(cxcall, file)
    (cached,) = kept(cxcall)
    assert cached.parent.stat().st_mode & 0o077 == 0
    _, _, lines = cached.read_bytes().replace(b"callLead", b"skipLead").partition(b"\n")
    cached.write_bytes(f"{cached.stem} {crc32(lines)}\n".encode() + lines)
    assert "skipLead" in names(cxcall, file)  # the change is not noticed as damage
    (cached if place == "file" else cached.parent).chmod(0o777)
    assert "callLead" in names(cxcall, file)


def test_oldest_cached_files_and_leftovers_of_killed_writers_are_removed(cxcall: Cxcall) -> None:
    folder = Path(cxcall.environment["CXCALL_STATE_DIR"], "cache")
    folder.mkdir(mode=0o700, parents=True)
    name = "0123456789abcdef" * 4
    (folder / f"{name}.sqlite").write_bytes(b"of an earlier version")
    of_a_person = folder / "calls.sqlite"
    of_a_person.write_bytes(b"a copy of the ledger")
    for number in range(FILES_KEPT + 2):
        (folder / f"{name}{number}{SUFFIX}").write_bytes(b"cut")
        os.utime(folder / f"{name}{number}{SUFFIX}", (number, number))
    names(cxcall, cxcall.file("own.json", swagger()))
    assert len(kept(cxcall)) == FILES_KEPT
    assert not {f"{name}{each}" for each in range(3)} & {file.stem for file in kept(cxcall)}
    assert len(list(folder.iterdir())) == FILES_KEPT + 1
    assert of_a_person.exists()


def test_document_is_used_without_a_cache_folder(cxcall: Cxcall) -> None:
    blocked = cxcall.file("blocked", "")
    file = cxcall.file("own.json", swagger())
    ran = cxcall(
        "operations",
        "--contract",
        file,
        env={"CXCALL_CACHE_DIR": str(cxcall.folder / blocked)},
        code=0,
    )
    assert "callLead" in ran.out
    assert not kept(cxcall)


def test_document_may_be_compressed_or_piped(cxcall: Cxcall) -> None:
    packed = cxcall.folder / "own.json.gz"
    packed.write_bytes(gzip.compress(json.dumps(swagger()).encode()))
    assert "callLead" in names(cxcall, str(packed))
    packed.write_bytes(packed.read_bytes()[:-9])
    assert "damaged" in cxcall("operations", "--contract", str(packed), code=2).err
    packed.write_bytes(gzip.compress(b" " * (1 << 20)) * 257)
    ran = cxcall("operations", "--contract", str(packed), code=2)
    assert "more than 256 MB when it is unpacked" in ran.err
    piped = cxcall("operations", "--contract", "-", stdin=json.dumps(openapi()), code=0)
    assert "callLead" in piped.out


def test_many_processes_may_convert_at_once(cxcall: Cxcall) -> None:
    file = cxcall.file("own.json", swagger())
    running = [cxcall.begin("operations", "--contract", file) for _ in range(6)]
    outs = {process.communicate(timeout=60)[0] for process in running}
    assert [process.returncode for process in running] == [0] * 6
    assert len(outs) == 1
    assert len(kept(cxcall)) == 1
