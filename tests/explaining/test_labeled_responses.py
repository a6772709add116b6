"""What a label below a request calls the response is the response, whatever the request has and the object says."""

from __future__ import annotations

import pytest

from cxcall.explaining.explanation import explain
from helpers.command import Cxcall

CXONE = "https://api-na1.niceincontact.com/inContactAPI/services/v34.0"
DIAL = f"POST {CXONE}/agent-sessions/c2Vzc2lvbg==/dial-phone"
START = f"POST {CXONE}/skills/778812/start"
CALLBACKS = "POST https://api.mypurecloud.com/api/v2/conversations/callbacks"
CALLS = "POST https://api.mypurecloud.com/api/v2/conversations/calls"
EXPIRED = '{"error":"invalid_token","error_description":"The access token is expired"}'
INVALID = '{"error":"InvalidParameter","error_description":"skillId is not valid"}'


@pytest.mark.parametrize(
    "label",
    [
        "\nResponse:\n",
        "\nResponse: ",
        "\nResponse body:\n```json\n",
        "\nOutput:\n",
        "\nError:\n",
        "\nServer says:\n",
        "\nI get back:\n",
        "\nreturns\n",
        "\nAntwort:\n",
        "\nRespuesta:\n",
        " and get this response: ",
        " and I get ",
    ],
)
def test_error_without_status_below_label_is_the_response(label: str) -> None:
    (found,) = explain(f"{DIAL}{label}{INVALID}")
    assert (found.request.body, found.request.response is None) == (None, False)
    assert "skillId is not valid" in found.findings[0].message


def test_expired_token_below_label_is_an_error(cxcall: Cxcall) -> None:
    told = cxcall("explain", "-", "-o", "json", stdin=f"{START}\nResponse:\n{EXPIRED}")
    assert (told.code, told.codes[0]) == (3, "token-expired")


def test_each_request_of_a_text_has_the_response_below_its_label() -> None:
    found = explain(f"{START}\nResponse:\n{EXPIRED}\n\n{DIAL}\nResponse:\n{INVALID}")
    told = [each.request.response.text for each in found if each.request.response]
    assert ["invalid_token" in told[0], "InvalidParameter" in told[1]] == [True, True]


def test_created_object_below_label_is_not_the_body_of_the_request() -> None:
    resource = '{"id":"0f9b0a1e-4b4a-4c9e-8a55-9f2f1c1b7d10","selfUri":"/api/v2/conversations/x"}'
    (found,) = explain(f"{CALLS}\nResponse:\n{resource}")
    assert found.request.body is None
    assert not [each for each in found.findings if each.severity == "error"]


@pytest.mark.parametrize("label", ["I get an error: ", "It returns error for this:\n", "Error: "])
def test_body_of_the_operation_below_the_word_error_was_sent(label: str) -> None:
    body = '{"queueId":"not-a-uuid","callbackNumbers":["13175550123"],"foo":1}'
    (found,) = explain(f"{CALLBACKS}\n{label}{body}")
    assert (found.request.body, found.request.response) == (body, None)
    assert found.findings[0].code == "property-unknown"


def test_body_below_label_is_the_response_if_another_one_was_sent() -> None:
    body = '{"queueId":"not-a-uuid","callbackNumbers":["13175550123"]}'
    echo = body.replace("0123", "0124")
    (found,) = explain(f"{CALLBACKS}\nRequest: {body}\nResponse: {echo}")
    assert (found.request.body, found.request.response is None) == (body, False)


@pytest.mark.parametrize(("message", "codes"), [("accepted", []), ("Not Found", ["not-found"])])
def test_object_with_id_and_message_is_an_error_only_by_its_words(
    message: str, codes: list[str]
) -> None:
    sent = '{"queueId":"0f9b0a1e-4b4a-4c9e-8a55-9f2f1c1b7d10","callbackNumbers":["+13175550123"]}'
    created = f'{{"message":"{message}","id":"0f9b0a1e-4b4a-4c9e-8a55-9f2f1c1b7d10"}}'
    (found,) = explain(f"{CALLBACKS}\nRequest: {sent}\nResponse: {created}")
    assert found.request.response is not None
    assert [each.code for each in found.findings] == codes


def test_expected_response_is_not_the_response() -> None:
    for label in ("Expected response", "Example response", "The docs show this response"):
        (found,) = explain(f"{DIAL}\n{label}: {INVALID}")
        assert found.request.response is None, label


def test_labeled_headers_in_two_braces_are_no_fault() -> None:
    (found,) = explain("{{ status: 429,\n headers:\n {{ 'retry-after': '17' }},\n body: 1 }}")
    assert found.request.status == 429
