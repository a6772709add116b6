"""Code is read the same below a sentence of a person, whatever the sentence ends with."""

from __future__ import annotations

import json

from cxcall.explaining.readers.format_detection import read_exchanges
from helpers.cases import each_case
from helpers.pasted_texts import URL

BODY = {"queue": "q", "callbackNumbers": ["+12025550123"]}
JSON = json.dumps(BODY)
CODE = (
    f"payload = {JSON}\nr = requests.post('{URL}', json=payload)",
    f"const payload = {{queue: 'q', callbackNumbers: ['+12025550123']}};\nawait axios.post('{URL}', payload);",
    f'$payload = ["queue" => "q", "callbackNumbers" => ["+12025550123"]];\n$res = $client->post("{URL}", ["json" => $payload]);',
    f'payload = {{ queue: "q", callbackNumbers: ["+12025550123"] }}\nRestClient.post("{URL}", payload.to_json, content_type: :json)',
    f'var payload = new {{ queue = "q", callbackNumbers = new[] {{ "+12025550123" }} }};\nvar res = await client.PostAsJsonAsync("{URL}", payload);',
    f'payload := map[string]interface{{}}{{"queue": "q", "callbackNumbers": []string{{"+12025550123"}}}}\nb, _ := json.Marshal(payload)\nreq, _ := http.NewRequest("POST", "{URL}", bytes.NewBuffer(b))',
    f'JSONObject payload = new JSONObject();\npayload.put("queue", "q");\npayload.put("callbackNumbers", new JSONArray(List.of("+12025550123")));\nHttpRequest r = HttpRequest.newBuilder().uri(URI.create("{URL}")).POST(HttpRequest.BodyPublishers.ofString(payload.toString())).build();',
    f'val payload = """{JSON}"""\nval request = Request.Builder().url("{URL}").post(payload.toRequestBody(JSON)).build()',
    f'let payload: [String: Any] = ["queue": "q", "callbackNumbers": ["+12025550123"]]\nvar request = URLRequest(url: URL(string: "{URL}")!)\nrequest.httpMethod = "POST"\nrequest.httpBody = try JSONSerialization.data(withJSONObject: payload)',
    f'let payload = json!({JSON});\nlet res = client.post("{URL}").json(&payload).send().await?;',
    f'$payload = @{{ queue = "q"; callbackNumbers = @("+12025550123") }} | ConvertTo-Json\nInvoke-RestMethod -Method Post -Uri "{URL}" -ContentType "application/json" -Body $payload',
    f'payload <- list(queue = "q", callbackNumbers = list("+12025550123"))\nPOST("{URL}", body = payload, encode = "json")',
    f"Http::withToken($t)->post('{URL}', ['queue' => 'q', 'callbackNumbers' => ['+12025550123']]);",
    f'NSString *body = @{json.dumps(JSON)};\nNSURL *url = [NSURL URLWithString:@"{URL}"];\n[request setHTTPMethod:@"POST"];',
)
PROSE = (
    "Our code:",
    "Our code:\n\n# of today",
    "Our code:\n```",
    "What is wrong, do you know?",
    "We set it to 1 (see below):",
    "The agent gets this ->",
    'The agent says "nothing happens.\n',
    "The 5\" phone of an agent says 'nothing happens.\n",
)


@each_case("code", CODE, quick=4)
def test_prose_above_code_changes_no_value_in_it(code: str) -> None:
    number = CODE.index(code)
    for prose in PROSE[number % 4 :: 4] if number else PROSE:
        (request,) = read_exchanges(f"{prose}\n{code}", "text")
        assert (request.method, dict(request.unknown)) == ("POST", {}), prose
        assert json.loads(request.body or "null") == BODY, prose


POSTED = f'r = requests.post("{URL}", json={JSON})'
TOLD = (
    "It returns 400.",
    "We get a 400.",
    "Result: 400",
    "fails with HTTP 400",
    "I receive a 400 from the API",
    "we keep getting 400s",
    "Output: 400",
    "It\u2019s a 400.",
    "We keep getting 'Bad Request' as the response",
    "it results in Bad Request.",
    'Bad Request({"message": "no"})',
    'BadRequest: {"message": "no"}',
    "StatusCode: BadRequest",
    "response.StatusCode = BadRequest",
    "it returns 400 tokens expired",
    "It answers with 400: the name is wrong",
    "It fails: 400",
    "It does not work: 400",
)
NOT_TOLD = (
    "It returns 400 rows.",
    "We get 500 calls per hour.",
    "Result: 400 contacts",
    "We used to get a 400.",
    "# call returns (415) 555-2671",
    "Total: 404",
    "We should not get a Bad Request",
    "What is a Bad Request?",
    "The error Not Found pages have a new form",
)


@each_case("code", [CODE[4], POSTED])
def test_status_in_a_sentence_below_code_is_that_of_its_response(code: str) -> None:
    for sentence, status in (*((each, 400) for each in TOLD), *((each, 0) for each in NOT_TOLD)):
        (request,) = read_exchanges(f"{code}\n{sentence}", "text")
        assert request.status == status, sentence


PATH = "/" + URL.split("/", 3)[3]


def test_status_in_a_sentence_that_names_the_path_is_that_of_its_request() -> None:
    code = f'r = requests.post(BASE + "{PATH}", json={JSON})'
    other = 'g = requests.get(BASE + "/api/v2/users/me")'
    for sentence, status in (
        (f"POST {PATH} returns 403.", 403),
        (f"POST {URL} gives me a 403", 403),
        (f"I get 400 when posting to {PATH}.", 400),
        (f"Some 401 Unauthorized errors when hitting the `{PATH}` endpoint. The token works.", 401),
        (f"GET /api/v2/users/me works, but {PATH} returns 403", 403),
        (
            f'`Result::unwrap()` on an `Err` value: reqwest::Error {{ kind: Status(404, None), url: "{URL}" }}',
            404,
        ),
        (f"GET {PATH} returns 403.", 0),
        (f"When POST {PATH} returns 403, the token is old.", 0),
        (f"POST {PATH} should return 400", 0),
        (f"The documentation says {PATH} returns 400 for unknown queues.", 0),
        (f"With a wrong token POST {PATH} returns 401, as it should.", 0),
        (f"POST {PATH}/bulk returns 403.", 0),
    ):
        first, last = read_exchanges(f"{sentence}\n\n{code}\n{other}", "text")
        assert (first.status, last.status) == (status, 0), sentence
        assert first.host == (URL.split("/")[2] if URL in sentence else ""), sentence


def test_failure_whose_message_names_another_url_is_that_of_a_request_of_its_own() -> None:
    token = "https://login.mypurecloud.ie/oauth/token"
    error = '{"error":"invalid_client","error_description":"client not found"}'
    for url in (token, URL):
        message = f"Client error: `POST {url}` resulted in a `400 Bad Request` response:\n{error}"
        found = [*read_exchanges(f"{message}\n\n{POSTED}", "text")]
        statuses = {each.path: each.status for each in found}
        assert statuses == ({"/oauth/token": 400, PATH: 0} if url == token else {PATH: 400}), url
        assert found[0].response is not None
        assert found[0].response.json() == json.loads(error), url


def test_server_behind_a_gateway_is_not_the_target_of_a_command() -> None:
    log = '[error] 1#1: upstream sent too big header, request: "POST /x HTTP/2.0", upstream: "http://10.0.0.4/x", host: "h"'
    (found,) = read_exchanges(
        f"curl https://h.example.com/ -d '{JSON}'\n<html><title>502 Bad Gateway</title></html>\n{log}",
        "text",
    )
    assert (found.method, found.host, found.body) == ("POST", "h.example.com", JSON)


def test_number_of_things_is_not_the_status_of_a_command() -> None:
    for sentence in ("It returns 400 rows.", "We get 500 calls per hour.", "returns 500 per page"):
        (request,) = read_exchanges(f"curl {URL} -d '{JSON}'\n{sentence}", "text")
        assert request.status == 0, sentence


def test_status_behind_a_command_is_that_of_its_response_with_its_code() -> None:
    (request,) = read_exchanges(f"Running `curl {URL}` gives me 400 not.a.user.", "text")
    assert request.response is not None
    assert (request.status, request.response.json()) == (
        400,
        {"code": "not.a.user", "message": "not.a.user"},
    )


def test_status_before_any_other_word_is_one() -> None:
    for words in (
        "access denied",
        "credentials invalid",
        "regardless of it",
        "across all nodes",
        "errors",
    ):
        (request,) = read_exchanges(f"I get 403 {words} from POST {URL}", "text")
        assert request.status == 403, words
    (request,) = read_exchanges(f"{POSTED} doesn't work, I get 400", "text")
    assert request.status == 400


SENTENCES = {
    f"POST {URL} returned 404 users not found": 404,
    f"POST {URL} gets 429 requests limit exceeded": 429,
    f"GET {URL} returns 400 requests must have a body": 400,
    f"POST {URL} replies with 401 tokens expired": 401,
    f"POST {URL} returned 503 times in a row": 503,
    f"I get 401 entries denied from GET {URL}": 401,
    f"GET {URL} returned 404 users": 0,
    f"GET {URL} returned 404 users, 200 per page.": 0,
    f"I get 400 users from GET {URL}": 0,
    f"POST {URL} with {JSON}. Genesys answers with 400: no queue": 400,
    f"POST {URL} with {JSON}. I keep getting 400s.": 400,
    f"POST {URL} with {JSON}. It takes 400s.": 0,
    f"I post to {URL} and it fails: 400": 400,
    f"I post to {URL} and it doesn\u2019t work: 400": 400,
    f"The POST to {URL} fails. 400.": 400,
    f"POST {URL} returned 201 last week. Today: 400.": 400,
    f"POST {URL} returned 201, but now it returns 400.": 400,
    f"POST {URL} with {JSON}. It worked last week (201). Since Monday 403.": 403,
    f"POST {URL} with {JSON}. It returned 201 until Monday; since then 403.": 403,
    f"In staging POST {URL} gives 201, in production it gives 403.": 403,
    f"POST {URL} with {JSON}. The status is not 201, it is 403.": 403,
    f"POST {URL} returned 403 last week, now it returns 201.": 403,
    f"POST {URL} 201 450 12": 201,
    f"POST {URL} fails. The docs say I should get 400, but I get 500.": 500,
    f"POST {URL}: I would expect 404 here, and it is 400.": 400,
    f"POST {URL} should return 201.": 0,
}


def test_sentence_names_a_status_unless_its_number_counts_things_or_is_expected() -> None:
    for sentence, status in SENTENCES.items():
        (request,) = read_exchanges(sentence, "text")
        assert request.status == status, sentence


def test_command_and_code_beside_it_are_two_requests_with_their_own_statuses() -> None:
    curl = "curl https://api.mypurecloud.ie/api/v2/outbound/campaigns -H 'Authorization: Bearer t'"
    works, fails = f"This works:\n\n{curl}", f"This does not:\n\n{POSTED}\n\n403 Forbidden"
    for text in (
        f"{works}\n\n{fails}",
        f"{fails}\n\n{works}",
        f'1. curl\n\n{curl}\n\n{{"entities": []}}\n\n## Python\n\n{POSTED}\n# 403 Forbidden',
    ):
        found = {each.method: each for each in read_exchanges(text, "text")}
        assert {name: each.status for name, each in found.items()} == {"GET": 0, "POST": 403}, text
        assert json.loads(found["POST"].body or "null") == BODY, text
