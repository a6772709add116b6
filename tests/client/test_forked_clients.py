"""A client in processes that were forked from the one that created it, as web servers and process pools do."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from helpers.command import start_script
from helpers.platform_server import Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall
    from helpers.platform_server import Platform

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")]

START = """
import json, os, signal, sys, warnings
warnings.simplefilter("ignore")
from threading import Event, Thread
from cxcall import Client, CxcallError

def send(reason):
    body = {"contactId": "12345678-1234-1234-1234-123456789012", "reasonCode": reason}
    try:
        return str(client.send("personal-connection", body, yes=True).outcome)
    except CxcallError as error:
        return error.findings[0].message

def fork(work):
    "Run `work` in a forked process, and return a function that returns its result."
    receiving, sending = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(60)
        os.write(sending, json.dumps(work()).encode())
        os._exit(0)
    os.close(sending)
    def result():
        os.waitpid(child, 0)
        return json.loads(os.read(receiving, 65536) or b'"no result"')
    return result

client = Client()
"""


def respond(_body: Any, _count: int) -> Reply:
    """Accept everything."""
    return Reply(201, {"id": "e-1"})


def run(cxcall: Cxcall, program: str) -> Any:
    """Return what a program prints as JSON."""
    script = str(cxcall.folder / cxcall.file("program.py", START + program))
    with start_script([script], dict(os.environ)) as process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    return json.loads(out)


def outcomes(cxcall: Cxcall) -> list[str]:
    """Return the outcomes that the ledger has."""
    listed = cxcall("history", "list", "-o", "json", code=0).envelope["data"]["deliveries"]
    return [each["outcome"] for each in listed]


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(
    request: pytest.FixtureRequest,
    platform: Platform,
    cxcall: Cxcall,
    monkeypatch: pytest.MonkeyPatch,
) -> Platform:
    """Use a ledger in a file, and one in a database; return the platform."""
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
        cxcall.environment["CXCALL_LEDGER"] = url
        monkeypatch.setenv("CXCALL_LEDGER", url)
    return platform


def test_parent_and_forked_processes_send_each_request_once(
    ledger: Platform, cxcall: Cxcall
) -> None:
    found = run(
        cxcall,
        """
first = send("first")
def work():
    return [send(f"r{number}") for number in range(5)]
children = [fork(work), fork(work)]
print(json.dumps([[first], work(), *(each() for each in children), [send("last")]]))
""",
    )
    results = [result for each in found for result in each]
    others = {each for each in results if each != "accepted"}
    assert all("identical request" in each for each in others), others
    assert results.count("accepted") == ledger.rung == 7
    assert outcomes(cxcall) == ["accepted"] * 7


def test_record_of_a_forked_process_stays_after_its_parent_closed_the_ledger(
    platform: Platform, cxcall: Cxcall
) -> None:
    found = run(
        cxcall,
        """
receiving, sending = os.pipe()
first = send("first")
def work():
    before = send("before")
    os.read(receiving, 1)
    return before, send("after")
child = fork(work)
client.close()
os.write(sending, b"1")
print(json.dumps([first, *child()]))
""",
    )
    assert found == ["accepted"] * 3
    assert outcomes(cxcall) == ["accepted"] * 3
    assert platform.rung == 3


def test_batch_of_the_parent_sends_nothing_in_a_forked_process(
    platform: Platform, cxcall: Cxcall
) -> None:
    found = run(
        cxcall,
        """
rows = [{"contactId": "12345678-1234-1234-1234-123456789012", "reasonCode": f"r{n}"} for n in range(3)]
batch = client.batch("personal-connection", rows, confirm=3)
def work():
    try:
        return [str(row.outcome) for row in batch]
    except CxcallError as error:
        return error.findings[0].message
child = fork(work)()
print(json.dumps([child, [str(row.outcome) for row in batch]]))
""",
    )
    assert "belongs to the process that opened it" in found[0]
    assert found[1] == ["accepted"] * 3
    assert platform.rung == 3


@pytest.mark.parametrize("leave", ["sys.exit()", "continue"])
def test_process_forked_in_the_loop_leaves_it_without_the_rows_of_its_parent(
    platform: Platform, cxcall: Cxcall, leave: str
) -> None:
    found = run(
        cxcall,
        f"""
def loop():
    for row in batch:
        found.append(row.number)
        if row.number == 1 and not os.fork():
            signal.alarm(30)
            os.close(receiving)
            {leave}
rows = [{{"contactId": "12345678-1234-1234-1234-123456789012", "reasonCode": f"r{{n}}"}} for n in range(3)]
batch = client.batch("personal-connection", rows, confirm=3)
parent, found = os.getpid(), []
receiving, sending = os.pipe()
try:
    loop()
except CxcallError as error:
    assert {leave!r} == "continue", error
    os.write(sending, error.findings[0].message.encode())
if os.getpid() != parent:
    sys.exit()
child, status = os.wait()
os.close(sending)
print(json.dumps([status, os.read(receiving, 999).decode(), found]))
""",
    )
    message = "this batch belongs to the process that opened it" if leave == "continue" else ""
    assert found == [0, message, [1, 2, 3]]
    assert platform.rung == 3


def test_process_forked_in_the_loop_can_be_ended_by_a_signal(
    platform: Platform, cxcall: Cxcall
) -> None:
    found = run(
        cxcall,
        """
rows = [{"contactId": "12345678-1234-1234-1234-123456789012", "reasonCode": f"r{n}"} for n in range(3)]
receiving, sending = os.pipe()
for row in client.batch("personal-connection", rows, confirm=3):
    if row.number == 1:
        if not (child := os.fork()):
            signal.alarm(30)
            os.write(sending, b"1")  # Python forgets signals that arrive during a fork
            while True:
                pass
        os.read(receiving, 1)
        os.kill(child, signal.SIGTERM)
print(json.dumps(os.waitstatus_to_exitcode(os.wait()[1])))
""",
    )
    assert found == -15
    assert platform.rung == 3


@pytest.mark.usefixtures("platform")
def test_forked_process_waits_for_no_thread_of_its_parent(cxcall: Cxcall) -> None:
    found = run(
        cxcall,
        """
inside, forked = Event(), Event()
def hold():
    with client._resources().ledger() as ledger, client._lock:
        with ledger.writing():
            inside.set()
        forked.wait(30)
thread = Thread(target=hold)
thread.start()
inside.wait(30)
def work():
    result = send("child")
    client.close()
    return result
child = fork(work)
result = child()
forked.set()
thread.join()
print(json.dumps([result, send("parent")]))
""",
    )
    assert found == ["accepted"] * 2
    assert outcomes(cxcall) == ["accepted"] * 2


def test_closed_ledger_that_a_program_still_holds_does_not_disturb_a_fork(
    platform: Platform, cxcall: Cxcall
) -> None:
    found = run(
        cxcall,
        """
closed = Client()
with closed._resources().ledger() as kept:
    pass
first = send("first")
closed.close()
child = fork(lambda: send("child"))
print(json.dumps([first, child(), send("last")]))
""",
    )
    assert found == ["accepted"] * 3
    assert outcomes(cxcall) == ["accepted"] * 3
    assert platform.rung == 3
