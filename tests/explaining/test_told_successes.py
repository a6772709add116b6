"""A success that only prose or code tells counts if the text of its request tells no error and no failure of a client."""

from __future__ import annotations

from cxcall.explaining.readers.format_detection import read_exchanges
from helpers.cases import each_case
from helpers.pasted_texts import QUEUE, URL

JSON = f'{{"queueId": "{QUEUE}", "callbackNumbers": ["+12025550123"]}}'
REQUEST = f"POST {URL}\n{JSON}\n"
CURL = f"curl -X POST {URL} -d '{JSON}'\n"
READ_TIMEOUT = (
    "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='x', port=443): Read timed out."
)


@each_case(
    "words",
    """
    It fails with 403 today, my colleague gets 202.
    I get 403 now. Postman returned 202 today.
    It returned 403 now and then. Usually it returns 202.
    I got 403 until I fixed the role; today it returns 202.
    In the sandbox org it returns 202. In production it is refused with 403.
    With the admin token I get 202, with the agent token 403.
    The first attempt returned 202, the second 403.
    Last week: 202 Accepted;Today: 403 Forbidden
    ### Resultado esperado;202 Accepted;### Resultado obtenido;403 Forbidden
    ### Expected result;;The API returns;202 Accepted;### Actual result;The API returns;403 Forbidden
    expect(res.status).toBe(202);Expected: 202;Received: 403
    Expected: Accepted;Actual: Forbidden
    Should work:;HTTP/1.1 403 Forbidden
    This must return 202; it is refused with 403.
    It does not behave as documented: 403.
    Es kommt 403 zurück.
    Should I ask the admin? The API returns 403
    Contrary to the documentation the API gives me 403
    """.strip().split("\n"),
)
def test_error_wins_over_a_told_success(words: str) -> None:
    is_sentence = "; " in words
    lines = words.strip() if is_sentence else words.strip().replace(";", "\n")
    (request,) = read_exchanges(f"{REQUEST}{lines}", "text")
    assert request.status == 403


@each_case(
    "words",
    """
    It returned 202. We also handle 429 and 503.
    Response: 202 Accepted (error handling for 429 is built in)
    It returned 202, the agent at extension 404 never rang.
    I get 202 with an empty body. Room 404 in building 502 has the phone.
    202 Accepted, but the agent status is 500 seconds old; queue 415
    When I send it I get 202. Agent's phone does not ring.
    I got 202 when I call it, but nobody is called.
    Expected 200 but got 202.
    Instead of 200 I get 202, why?
    We always get a 202 back, except on Mondays.
    I get 202 but the agent's phone never rings
    """.strip().split("\n"),
)
def test_success_stays_beside_other_numbers_and_words(words: str) -> None:
    (request,) = read_exchanges(f"{REQUEST}{words.strip()}", "text")
    assert request.status == 202


@each_case(
    "words",
    """
    Erwartet haben wir 202, bekommen haben wir aber 403.
    Laut Doku kommt 202, wir erhalten 403.
    Statt 202 kommt 403.
    Esperaba 202 pero recibo 403.
    Attendu : 202. Obtenu : 403.
    """.strip().split("\n"),
)
def test_error_wins_over_a_success_in_any_language(words: str) -> None:
    (request,) = read_exchanges(f"POST {URL} with {JSON}. {words.strip()}", "text")
    assert request.status == 403


@each_case(
    "text",
    [
        f"{REQUEST}Last week I got 202. Today: {READ_TIMEOUT}",
        f"{REQUEST}It returns 202 in Postman.\n{READ_TIMEOUT}",
        f"{REQUEST}It normally returns 202, but sometimes we get ECONNRESET.",
        f"{REQUEST}It returned 202 on Monday. On Tuesday it never responded.",
        f"{CURL}\nIt returned 202 last week.\ncurl: (28) Operation timed out after 30001 milliseconds",
        f"It times out in production:\n{CURL}In the sandbox it returns 202.",
    ],
)
def test_failure_of_a_client_wins_over_a_told_success(text: str) -> None:
    (request,) = read_exchanges(text, "text")
    assert request.response is None
    assert request.failure


@each_case(
    "words",
    """
    expect(res.status).toBe(202)
    assertEquals(202, response.getStatusCode());
    pm.response.to.have.status(202);
    response.should.have.status 202
    Assert.Equal(202, (int)resp.StatusCode);
    nock(base).post('/x').reply(202, {id: 1})
    How do I get 202? It is always denied.
    It never returns 202.
    We don't get 202 any more.
    It does not return 202 Accepted.
    I want to get 202.
    It is supposed to return 202 Accepted.
    I wish it returned 202.
    A valid request returns 202. Ours hangs forever.
    The mock returns 202.
    No recibo 202.
    """.strip().split("\n"),
)
def test_argument_assumption_wish_or_negation_is_no_success(words: str) -> None:
    (request,) = read_exchanges(f"POST {URL}\n{words.strip()}", "text")
    assert request.status == 0


@each_case(
    "text",
    [
        f"{REQUEST}It returns 202 but no agent is called.",
        f"{REQUEST}It returned 202 with 400 contacts for extension 450 in 500 ms.",
        f"{REQUEST}HTTP/1.1 202 Accepted\n\nYesterday I got 403.",
        f"{REQUEST}I don't know why I get 202, the phone does not ring.",
        f"{REQUEST}The phone does not ring although I get a 202.",
        f"{REQUEST}It returns 202, not 201.",
        f'"POST {URL} HTTP/1.1" 202 410 "-" "curl/8"',
        f"POST {URL} 202 410",
        f"{CURL}\n202 Accepted",
        f'{REQUEST}I get a 202.\n"errorInfo": {{"code": "x", "message": "Connection timed out", "status": 408}}',
    ],
)
def test_success_alone_and_that_of_a_record_count(text: str) -> None:
    (first, *_) = read_exchanges(text, "text")
    assert first.status == 202


@each_case(
    "words",
    """
    It returned 202. The customer says it times out after 30 seconds in the queue.
    I get 202; the next request timed out.
    Response: 202\\nThe read of the recording timed out.
    Response: 202\\ntimeout of 5000 ms exceeded
    The request was cancelled by the agent afterwards, but I got 202.
    It returns 202, but when we poll it the server never responds.
    I get 202 and my client logs `timeout of 5000 ms exceeded` for another API.
    Response: 202\\nThe next GET of the recording:\\n404 Not Found
    It returned 202\\n{"id": "1"}\\nThen:\\n404 Not Found
    """.strip().split("\n"),
)
def test_failure_of_another_request_or_of_people_leaves_the_success(words: str) -> None:
    text = REQUEST + words.strip().replace("\\n", "\n")
    (first, *others) = read_exchanges(text, "text")
    assert first.status == 202
    assert [each.status for each in others] == [404] * ("404" in words)


def test_first_of_two_told_errors_is_that_of_the_request() -> None:
    text = f"{REQUEST}Yesterday it returned 400.\nToday: 403."
    assert [each.status for each in read_exchanges(text, "text")] == [400, 403]


@each_case(
    "words",
    """
    We get timeouts since Tuesday.
    It times out.
    When I post it, it times out.
    Why do I get a timeout?
    The request was aborted: The request was canceled.
    AxiosError: Network Error
    TypeError: Failed to fetch
    status code: 0
    HTTP 0
    Zapier: The app did not respond in time
    The remote server took too long to respond
    Der Aufruf läuft in ein Timeout nach 30 Sekunden.
    Der Vorgang hat das Timeout überschritten
    Se agotó el tiempo de espera de la operación
    Die zugrunde liegende Verbindung wurde geschlossen: Unerwarteter Fehler beim Empfangen.
    """.strip().split("\n"),
)
def test_missing_response_is_read_in_the_words_of_clients_and_people(words: str) -> None:
    (request,) = read_exchanges(f"{REQUEST}{words.strip()}", "text")
    assert request.failure == words.strip()


@each_case(
    "words",
    """
    What should I do in case I get a timeout?
    What happens once I get a timeout?
    Unless I raise the limit to 60 s I get a timeout in my browser for another page.
    What happens if the API does not respond in time?
    The session times out after 20 minutes.
    The program ended with exit status 0.
    """.strip().split("\n"),
)
def test_condition_or_question_is_no_failure(words: str) -> None:
    (request,) = read_exchanges(f"{REQUEST}{words.strip()}", "text")
    assert not request.failure
