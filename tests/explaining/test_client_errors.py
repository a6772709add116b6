"""`explain` on requests for which a client shows an error and no response."""

from __future__ import annotations

import pytest

from cxcall.explaining.explanation import explain
from cxcall.explaining.readers.format_detection import read_exchanges
from cxcall.findings.errors import UsageError
from helpers.cases import each_case
from helpers.pasted_texts import PATH, QUEUE, URL

BODY = f'{{"queueId": "{QUEUE}", "callbackNumbers": ["+15035550155"]}}'
REQUEST = f"POST {URL}\n{BODY}\n"
CURL = f"curl -X POST {URL} -H 'Content-Type: application/json' -H 'Authorization: Bearer x' -d '{BODY}'"


def codes_of(text: str) -> list[str]:
    """Return the codes of the errors on the only request in a text."""
    (found,) = explain(text)
    return [each.code for each in found.findings if each.severity.value == "error"]


def test_failure_of_any_client_tells_whether_the_request_was_sent() -> None:
    texts = {
        f"{REQUEST}requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='api.mypurecloud.com', port=443): Read timed out. (read timeout=10)": "outcome-unknown",
        f"{REQUEST}System.Threading.Tasks.TaskCanceledException: The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing.": "outcome-unknown",
        f"{REQUEST}AxiosError: timeout of 10000ms exceeded": "outcome-unknown",
        f"{REQUEST}Error: connect ECONNREFUSED 10.0.0.1:443": "undelivered",
        f'{REQUEST}requests.exceptions.ChunkedEncodingError: ("Connection broken: IncompleteRead(137 bytes read)")': "outcome-unknown",
        f"{REQUEST}tls: failed to verify certificate: x509: certificate signed by unknown authority": "undelivered",
        f"{REQUEST}{'x' * 250} [SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate": "undelivered",
        f"{CURL}\ncurl: (56) CONNECT tunnel failed, response 407": "undelivered",
        f"{CURL}\ncurl: (7) Failed to connect\ncurl: (52) Empty reply from server": "outcome-unknown",
        f"{REQUEST}OSError('Tunnel connection failed: 403 Forbidden')": "undelivered",
        f'axios.post("{URL}", {BODY});\nAxiosError: timeout of 500ms exceeded': "outcome-unknown",
        f"curl: (28) Operation timed out after 10001 milliseconds with 0 bytes received\n{CURL}": "outcome-unknown",
        f'{{"config": {{"method": "post", "url": "{URL}", "data": {BODY}}}, "code": "ECONNABORTED"}}': "outcome-unknown",
        f"{REQUEST}2026-11-22T11:00:04Z 6b1c2a30 Task timed out after 3.00 seconds": "outcome-unknown",
        f"{REQUEST}System.TimeoutException: The task has timed out": "outcome-unknown",
        f"{REQUEST}asyncio: task 'send' timed out": "outcome-unknown",
        f'{REQUEST}{{"errorMessage": "6b1c2a30 Task timed out after 3.00 seconds"}}': "outcome-unknown",
        f"{REQUEST}Timeout value of 00:05:00 was exceeded by function: Functions.Call": "outcome-unknown",
        f'{REQUEST}Post "{URL}": EOF': "outcome-unknown",
        f"{REQUEST}http2: server sent GOAWAY and closed the connection": "outcome-unknown",
        f"{REQUEST}TypeError: fetch failed\n  [cause]: SocketError: other side closed": "outcome-unknown",
        f"{REQUEST}httpx.ConnectError: All connection attempts failed": "undelivered",
        f"{REQUEST}Faraday::ConnectionFailed: Connection reset by peer": "outcome-unknown",
        f"{REQUEST}Faraday::ConnectionFailed: end of file reached": "outcome-unknown",
        f"{REQUEST}Faraday::ConnectionFailed: Failed to open TCP connection to localhost:1 (Connection refused)": "undelivered",
        f"{REQUEST}ConnectException: Software caused connection abort: recv failed": "outcome-unknown",
        f"{REQUEST}('Connection aborted.', TimeoutError(110, 'Connection timed out'))": "outcome-unknown",
        f"{REQUEST}java.net.SocketException: Connection timed out (Read failed)": "outcome-unknown",
        f"{REQUEST}Error: connect ECONNREFUSED 10.0.0.1:443\nError: read ECONNRESET": "outcome-unknown",
        f"{REQUEST}Error: Client network socket disconnected before secure TLS connection was established\n    at connect {{\n  code: 'ECONNRESET'": "undelivered",
        '{"errorMessage": "connect ETIMEDOUT to database"}': "hidden-failure",
        f"cURL error 28: Operation timed out (see https://curl.haxx.se/libcurl/c/libcurl-errors.html) for {URL}": "outcome-unknown",
        f"{REQUEST}[error] *9 upstream prematurely closed connection while reading response header": "outcome-unknown",
        f'{REQUEST}reqwest::Error {{ kind: Request, url: "{URL}", source: TimedOut }}': "outcome-unknown",
        f"{REQUEST}java.util.concurrent.TimeoutException: Did not observe any item": "outcome-unknown",
        f"{REQUEST}System.IO.IOException: Unable to read data from the transport connection": "outcome-unknown",
        f"{REQUEST}asyncio.exceptions.TimeoutError": "outcome-unknown",
        f"{REQUEST}Invoke-RestMethod : The operation has timed out.": "outcome-unknown",
        f"{REQUEST}Operation has timed out": "outcome-unknown",
        f"{REQUEST}The connection has timed out": "outcome-unknown",
        f"{REQUEST}The connection was reset by the peer.": "outcome-unknown",
        f"{REQUEST}The operation was canceled.": "outcome-unknown",
        f"{REQUEST}connect() timed out!": "outcome-unknown",
        f"{REQUEST}I get a timeout after 30 s.": "outcome-unknown",
        f"{REQUEST}file_get_contents(x): Failed to open stream: HTTP request failed!": "outcome-unknown",
        f"{REQUEST}FATAL: the upstream connection was closed": "outcome-unknown",
        f"{REQUEST.replace(URL, 'https://api.example.org/jobs')}Read timed out": "outcome-unknown",
    }
    for text, expected in texts.items():
        assert codes_of(text) == [expected], text


def test_timeout_is_one_of_the_connection_only_if_the_line_says_so() -> None:
    waited = "HTTPSConnectionPool(host='x', port=443): Max retries exceeded with url: /api/v2/conversations/callbacks (Caused by"
    texts = {
        "[error] *9 upstream timed out (110: Connection timed out) while reading response header from upstream": True,
        "[error] *9 upstream timed out (110: Connection timed out) while connecting to upstream": False,
        f'Post "{URL}": read tcp 10.1.2.3:51234->10.0.0.1:443: read: connection timed out': True,
        f'Post "{URL}": dial tcp 10.0.0.1:443: i/o timeout': False,
        f'Post "{URL}": net/http: TLS handshake timeout': False,
        "OSError: [Errno 110] Connection timed out": True,
        f'TimeoutError: [Errno 110] Connection timed out\n\nDuring handling of the above exception, another exception occurred:\n\n{waited} NewConnectionError("<urllib3.connection.HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno 110] Connection timed out"))': False,
        f'ResourceAccessException: I/O error on POST request for "{URL}?expand=x": Connection timed out (Connection timed out); nested exception is java.net.ConnectException: Connection timed out': False,
        "Errno::ETIMEDOUT: Failed to open TCP connection to x:443 (Connection timed out - connect(2) for x:443)": False,
        "SSL_read: connection timed out": True,
        "upstream connect error or disconnect/reset before headers. reset reason: connection termination": True,
        "upstream connect error or disconnect/reset before headers. reset reason: connection timeout": False,
        "error sending request: error trying to connect: operation timed out": False,
    }
    for text, is_sent in texts.items():
        expected = "outcome-unknown" if is_sent else "undelivered"
        assert codes_of(f"{REQUEST}{text}") == [expected], text


def test_failure_belongs_to_the_last_request_that_it_names_or_that_waits() -> None:
    login = "https://login.mypurecloud.com/oauth/token"
    code = f'requests.post("{login}", data=d)\nrequests.post("{URL}", json={BODY})\n'
    texts = {
        f"GET /api/v2/users/me -> 200\nPOST {PATH} -> Read timed out": [PATH],
        f"POST {login}\n\nHTTP/1.1 200 OK\n\n{{}}\n\n{REQUEST}Read timed out": [PATH],
        f"{code}\nReadTimeout: HTTPSConnectionPool(host='login.mypurecloud.com', port=443)": ["/oauth/token"],
        f"{code}\nread timed out": [PATH],
        f"{REQUEST}Read timed out\n\n{REQUEST}HTTP/1.1 201 Created\n\n{{}}": [PATH],
    }  # fmt: skip
    for text, expected in texts.items():
        assert [each.path for each in read_exchanges(text, "text") if each.failure] == expected, (
            text
        )


def test_connection_that_failed_has_advice_on_its_cause() -> None:
    texts = {
        f"{CURL}\ncurl: (56) CONNECT tunnel failed, response 407": "credentials",
        f"{CURL}\ncurl: (56) CONNECT tunnel failed, response 403": "allow the host",
        f"{REQUEST}x509: certificate signed by unknown authority": "certificate authority",
        f"{REQUEST}[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch": "certificate of the server",
        f"{REQUEST}x509: certificate has expired or is not yet valid": "date of this machine",
        f"{REQUEST}Error: getaddrinfo EAI_AGAIN api.mypurecloud.com": "check the host",
    }
    for text, advice in texts.items():
        (found,) = explain(text)
        assert advice in found.findings[0].fix, text


def test_server_error_leaves_open_whether_a_call_was_placed() -> None:
    calls = REQUEST.replace(PATH, "/api/v2/conversations/calls").replace(
        BODY, '{"phoneNumber": "+12025550123"}'
    )
    open_ = {
        504: True,
        500: True,
        400: False,
        429: False,
    }
    for status, is_open in open_.items():
        (found,) = explain(
            f"{calls}\nHTTP/1.1 {status} X\nContent-Type: text/html\n\n<html></html>"
        )
        first = found.root.code if found.root else ""
        assert (first == "outcome-unknown") == is_open, status
    url = "https://api.mypurecloud.com/api/v2/conversations/calls"
    php = f"PHP Warning: file_get_contents({url}): Failed to open stream: HTTP request failed! HTTP/1.1 504 Gateway Time-out in /x.php on line 5"
    code = f"$c = stream_context_create(['http' => ['method' => 'POST', 'content' => '{{}}']]);\nfile_get_contents('{url}', false, $c);"
    log = 'haproxy[2]: 10.1.2.3:51 [23/Nov/2026:12:30:22.101] fe~ be/gc1 0/0/12/-1/30013 504 194 - - sH-- 1/1/0/0/0 0/0 "POST /api/v2/conversations/calls HTTP/1.1"'
    for text in (f"{php}\n\n{code}", log):
        (found,) = explain(text)
        assert found.unknown_outcome is not None, text
        assert found.request.status == 504, text
    (found,) = explain(
        "GET https://api.mypurecloud.com/api/v2/routing/queues\n\nHTTP/1.1 504 X\n\n"
    )
    assert "outcome-unknown" not in [each.code for each in found.findings]


def test_code_that_handles_a_failure_reports_none() -> None:
    texts = (
        f"{REQUEST}What happens if I get a timeout?",
        f'try:\n    requests.post("{URL}", json={BODY}, timeout=10)\nexcept requests.exceptions.ReadTimeout:\n    print("read timed out")',
        f'try {{ await axios.post("{URL}", {BODY}); }}\ncatch (e) {{\n  if (e.code === "ECONNABORTED") console.log("timeout of 10ms exceeded");\n}}',
        f"{REQUEST}HTTP/1.1 202 Accepted\n\nRead timed out",
        CURL.replace("}'", ', "callbackUserName": "call timed out"}\''),
        f'val client = OkHttpClient.Builder()\n\t.connectTimeout(5000, TimeUnit.SECONDS)\n\t.readTimeout(9, TimeUnit.SECONDS)\n\t.build()\nval request = Request.Builder().url("{URL}").get().build()\nval response = client.newCall(request).execute()',
        f'var handler = new SocketsHttpHandler {{ ConnectTimeout = TimeSpan.FromSeconds(5) }};\nvar httpClient = new HttpClient(handler);\nHttpClient.Timeout = TimeSpan.FromSeconds(9);\nvar r = await httpClient.GetAsync("{URL}");',
        f'config := &Config{{\n\tConnectTimeout: 5 * time.Second,\n\tReadTimeout:    9 * time.Second,\n}}\nreq, err := http.NewRequest("GET", "{URL}", nil)',
    )
    for text in texts:
        assert codes_of(text) == [], text


def test_status_is_read_from_a_message_of_dotnet_in_any_language() -> None:
    command = f"Invoke-RestMethod -Uri {URL} -Headers $h\n"
    texts = {
        "Der Remoteserver hat einen Fehler zur\u00fcckgegeben: (403) Unzul\u00e4ssig.": 403,
        "Le serveur distant a retourn\u00e9 une erreur : (400) Demande incorrecte.": 400,
        "Error en el servidor remoto: (404) No se encontr\u00f3.": 404,
    }
    for text, expected in texts.items():
        assert [each.status for each in read_exchanges(command + text, "text")] == [expected], text


def test_error_body_that_python_prints_into_a_log_is_the_response() -> None:
    body = "{'message': 'You are missing the following permission(s): conversation:callback:create', 'code': 'missing.permissions', 'status': 403, 'contextId': '2c7e7b46-3d3f-4a9b-9df3-5bfb1f3cb1b3', 'details': []}"
    texts = (
        f"POST {URL} 403\nERROR:callbacks: {body}",
        f'DEBUG:urllib3.connectionpool:https://api.mypurecloud.ie:443 "POST {PATH} HTTP/1.1" 403 None\nERROR:callbacks:failed: {body}',
    )
    for text in texts:
        (found,) = explain(text)
        assert found.correlation_id == "2c7e7b46-3d3f-4a9b-9df3-5bfb1f3cb1b3", text


def test_status_that_a_test_expected_is_no_response() -> None:
    text = f"POST {URL} [400 Bad Request, 512B, 210ms]\n1. AssertionError: expected response to have status code 200 but got 400"
    assert [each.status for each in read_exchanges(text, "text")] == [400]


def test_pseudo_headers_and_prompts_belong_to_the_one_request() -> None:
    headers = (
        f'@{{"authority"="api.mypurecloud.ie"; "method"="POST"; "path"="{PATH}"; "scheme"="https"}}'
    )
    texts = {
        f'Invoke-WebRequest -UseBasicParsing -Uri "{URL}" -Method "POST" -Headers {headers} -Body "{{}}"': (
            "POST",
            PATH,
        ),
        r"PS C:\tools> .\gc.exe outbound campaigns list --profile emea": (
            "GET",
            "/api/v2/outbound/campaigns",
        ),
    }
    for text, expected in texts.items():
        assert [(each.method, each.path) for each in read_exchanges(text, "text")] == [expected], (
            text
        )


def test_shell_that_does_not_run_the_command_as_written_is_named() -> None:
    error = "Invoke-WebRequest : Cannot bind parameter 'Headers'. Cannot convert the value\nAt line:1 char:86\n    + CategoryInfo : InvalidArgument: (:) [Invoke-WebRequest], ParameterBindingException"
    texts = {
        rf"C:\work>{CURL}": "body-malformed",
        rf"PS C:\work> {CURL}": "",
        f"C:\\Users\\agarcia> {CURL}\n{error}": "undelivered",
        f"PS C:\\Users\\agarcia> {CURL}\n{error}": "undelivered",
    }
    for text, expected in texts.items():
        codes = codes_of(text)
        assert expected in codes if expected else codes == [], text


@pytest.mark.slow
@each_case(
    "error, code",
    [
        (
            "curl: (28) Operation timed out after 10001 milliseconds with 0 bytes received",
            "outcome-unknown",
        ),
        ("Error: socket hang up\n    at TLSSocket.onEnd (net:1:2)", "outcome-unknown"),
        ("Error: getaddrinfo ENOTFOUND api.mypurecloud.com", "undelivered"),
    ],
)
@each_case("version", ["", " HTTP/1.1"])
def test_error_of_a_client_is_not_the_body_of_the_request(
    error: str, code: str, version: str
) -> None:
    start = f"/api/v2/outbound/campaigns/{QUEUE}/start{version}\nHost: api.mypurecloud.com"
    text = f"POST {start}\nAuthorization: Bearer abc\n\n{error}\n"
    assert codes_of(text) == [code]
    (request,) = read_exchanges(text, "text")
    assert request.body is None


def test_body_in_yaml_may_have_a_member_about_a_failure() -> None:
    body = "note: the call timed out\nname: x"
    (request,) = read_exchanges(f"POST {URL}\nContent-Type: text/yaml\n\n{body}\n", "text")
    assert request.body == body


CALLED = f'axios.post("{URL}", {{queueId: "x"}}, {{headers: {{Authorization: "Bearer x"}}}})\n\n'


@each_case(
    "printed",
    [
        "AxiosError: Request failed with status code 429\n  response: {\n    status: 429,\n    headers: HEADERS,\n    data: { code: 'too.many.requests', message: 'x' }\n  }",
        "Uncaught {status: 429, headers: HEADERS, body: {code: 'too.many.requests', message: 'x'}}",
        "UnhandledPromiseRejection: { status: 429, headers: HEADERS }",
    ],
)
@each_case("headers", ["{'retry-after': '17'}", "[Object: null prototype] { 'retry-after': '17' }"])
@pytest.mark.slow
def test_wait_in_a_printed_rejection_is_read(printed: str, headers: str) -> None:
    for code in ("", CALLED):
        (found,) = explain(code + printed.replace("HEADERS", headers))
        assert found.findings[0].fix == "send it again in 17 s, as the response asks"


@each_case(
    "report, code",
    [
        ("curl: (28) Operation timed out after 5001 milliseconds with 0 bytes received", "outcome-unknown"),
        ("curl: (52) Empty reply from server", "outcome-unknown"),
        ("Net::ReadTimeout with #<TCPSocket:(closed)>", "outcome-unknown"),
    ],
    quick=2,
)  # fmt: skip
def test_report_of_a_client_without_its_request_is_explained(report: str, code: str) -> None:
    (found,) = explain(report)
    assert [each.code for each in found.findings] == [code]
    with pytest.raises(UsageError, match="cannot parse"):
        explain("Our calls timed out yesterday.")
    (found,) = explain(
        f"POST {URL}\nSince the network connection was lost, the import task timed out."
    )
    assert found.request.failure == ""


def test_cause_is_quoted_without_the_object_that_python_prints() -> None:
    cause = "Failed to resolve 'api.acme.io' ([Errno -2] Name or service not known)"
    pool = (
        f"HTTPSConnectionPool(host='api.acme.io', port=443): Max retries exceeded with url: {PATH}"
    )
    made = "<urllib3.connection.HTTPSConnection object at 0x7f1b2c3d4e50>: "
    [found] = explain(
        f'requests.exceptions.ConnectionError: {pool} (Caused by NameResolutionError("{made}{cause}"))'
    )
    finding = found.findings[0]
    assert finding.message.endswith(f': NameResolutionError("{cause}")')
    assert (finding.code, "DNS server" in finding.fix) == ("undelivered", True)


def test_host_that_python_names_is_not_a_request_in_code() -> None:
    report = "HTTPSConnectionPool(host='api.mypurecloud.com', port=443): Read timed out."
    for text in (
        f"requests.exceptions.ReadTimeout: {report}",
        f"urllib3.exceptions.ReadTimeoutError: {report}",
        f'File "/usr/lib/api.py", line 9, in post\n    requests.post(url, json=b)\nReadTimeout: {report}',
    ):
        [request] = read_exchanges(text, "text")
        assert request.failure.endswith(report)
        assert (request.host, request.method, request.path) == ("api.mypurecloud.com", "", ""), text


@pytest.mark.slow
def test_host_whose_name_was_not_resolved_is_compared_with_the_known_hosts() -> None:
    for report in (
        "System.Net.Http.HttpRequestException: No such host is known. (HOST:443)",
        "The remote name could not be resolved: 'HOST'",
        "java.net.UnknownHostException: HOST",
        "SocketError: Failed to open TCP connection to HOST:443 (getaddrinfo: Name or service not known)",
        "PHP Fatal error: cURL error 6: Could not resolve host: HOST (see https://curl.haxx.se/libcurl/c/libcurl-errors.html) for https://HOST/api/v2/users/me",
        'Error Domain=NSURLErrorDomain Code=-1003 "A server with the specified hostname could not be found." UserInfo={NSErrorFailingURLStringKey=https://HOST/api/v2/users/me}',
    ):
        (found,) = explain(report.replace("HOST", "api.euw1.pure.cloud"))
        assert [each.code for each in found.findings][:2] == ["undelivered", "host-unknown"], report
