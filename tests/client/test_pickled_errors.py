"""Errors of `cxcall.Client` reach another process whole, so that a pool loses no result."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from cxcall import Client, CxcallError, InterruptedDelivery
from helpers.command import CONTACT
from helpers.platform_server import Reply

OPERATION = "personal-connection"
BODY = {"contactId": CONTACT, "reasonCode": "r1"}


def respond(_body: Any, _count: int) -> Reply:
    """Accept everything."""
    return Reply(201, {"id": "e-1"})


def send(reason: str | None) -> str:
    """Send a request with a reason, which is not valid if it is None; returns the engagement ID."""
    with Client() as client:
        delivery = client.send(OPERATION, {**BODY, "reasonCode": reason}, yes=True)
    return delivery.engagement_id or ""


def error_of(client: Client, *words: Any, yes: bool = True) -> CxcallError:
    """Return the error with which a request ends."""
    with pytest.raises(CxcallError) as error:
        client.send(*words, yes=yes)
    return error.value


@pytest.mark.usefixtures("platform")
def test_errors_survive_pickle_and_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXCALL_MAX_ATTEMPTS", "1/day")
    other = {**BODY, "reasonCode": "r2"}
    with Client() as client:
        client.send(OPERATION, BODY, yes=True)
        found = [
            error_of(client, OPERATION, BODY),
            error_of(client, OPERATION, other),
            error_of(client, OPERATION, {}),
            error_of(client, OPERATION, other, yes=False),
        ]
    names = "AlreadySentError TooManyCallsError CheckError UsageError"
    assert " ".join(type(each).__name__ for each in found) == names
    for error in found:
        for copied in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
            assert (type(copied), str(copied)) == (type(error), str(error))
            assert (copied.findings, copied.exit_code) == (error.findings, error.exit_code)
            assert vars(copied).keys() == vars(error).keys()


@pytest.mark.usefixtures("platform")
def test_interrupted_delivery_survives_pickle() -> None:
    with Client() as client:
        delivery = client.send(OPERATION, BODY, yes=True)
    interrupt = InterruptedDelivery(delivery)
    other = pickle.loads(pickle.dumps(interrupt))
    assert (str(other), other.delivery) == (str(interrupt), delivery)
