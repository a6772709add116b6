"""Outcomes that could not be recorded at once are recorded at the end of the batch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from helpers.platform_server import Platform, Reply
from helpers.reason_rows import WORDS, results, row, write_rows

if TYPE_CHECKING:
    from helpers.command import Cxcall

pytestmark = pytest.mark.slow

# A sequence counts although the transaction fails, so only the next insertion is refused.
REFUSE_ONE_EVENT = """
CREATE SEQUENCE refused;
CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('refused') = 1 THEN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_one BEFORE INSERT ON cxcall.event FOR EACH ROW EXECUTE FUNCTION refuse_one();
"""


def test_outcome_that_the_ledger_refused_is_recorded_at_the_end(
    cxcall: Cxcall, postgres_url: str
) -> None:
    def refuse_record(sent: Any, _count: int) -> Reply:
        if sent == row(1):
            with psycopg.connect(postgres_url) as connection:
                connection.execute(REFUSE_ONE_EVENT)
        return Reply()

    words = ("batch", write_rows(cxcall, 1, 2), *WORDS, "--concurrency", "1", "--confirm", "2")
    with Platform(refuse_record) as platform:
        cxcall.environment |= platform.environment | {"CXCALL_LEDGER": postgres_url}
        rows, _ = results(ran := cxcall(*words, code=0))
    assert rows == ["accepted", "accepted"]
    assert "the outcome was not recorded" in ran.out.splitlines()[0]
    listed = cxcall("history", "list", "-o", "jsonl", code=0).out.splitlines()
    assert [json.loads(each)["outcome"] for each in listed] == ["accepted", "accepted"]
