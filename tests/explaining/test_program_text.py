"""A client's failure is shown by a line that a program printed, not by program text that names an error."""

from __future__ import annotations

import pytest

from cxcall.explaining.explanation import explain
from cxcall.explaining.readers.format_detection import read_exchanges
from helpers.cases import each_case
from helpers.pasted_texts import HOST

URL = f"https://{HOST}/api/v2/users/me"
REQUESTS = (
    f'r = requests.get("{URL}", headers=h)',
    f"const r = await axios.get('{URL}', {{ headers }});",
    f'curl {URL} -H "Authorization: Bearer $T"',
)
REPORTS = (
    "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='x', port=443): Max retries exceeded with url: /x (Caused by NewConnectionError('<u>: Failed to establish a new connection: [Errno 111] Connection refused'))",
    "MaxRetryError(\"HTTPSConnectionPool(host='x', port=443): Max retries exceeded with url: /x (Caused by NewConnectionError('<u>: [Errno 111] Connection refused'))\")",
    "WARNING:urllib3.connectionpool:Retrying (Retry(total=2)) after connection broken by 'ReadTimeoutError(\"HTTPSConnectionPool(host='x', port=443): Read timed out. (read timeout=5)\")': /x",
    "httpx.ReadTimeout",
    "('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
    "# requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='x', port=443): Read timed out. (read timeout=10)",
    "Cannot connect to host x:443 ssl:default [Connection refused]",
    "2026-11-28 09:00:01,123 ERROR app - call(user=7) failed: ECONNREFUSED",
    "ERROR: failed to call fetch(url): connect ECONNREFUSED 10.0.0.1:443",
    "  [cause]: ConnectTimeoutError: Connect Timeout Error",
    "  code: 'ECONNREFUSED',",
    "{ errno: -111, code: 'ECONNREFUSED', syscall: 'connect' }",
    '{"level":"error","msg":"dial tcp 10.0.0.1:443: connect: connection refused"}',
    "{'error': 'Connection refused'}",
    'level=error msg="request failed" err="dial tcp: lookup x: no such host"',
    'failed with error "connection refused"',
    "status = 0, error = connection reset by peer",
    'Failed to open TCP connection to x:443 (Connection refused - connect(2) for "x" port 443) (Errno::ECONNREFUSED)',
    "2026-11-28 09:00:01 worker failed(ECONNREFUSED)",
    "ERROR failed(ECONNREFUSED)",
    "AxiosError: timeout of 10ms exceeded {",
    "level=error msg=\"state = 'closed': connection refused\"",
    "Failure(java.net.ConnectException: Connection refused)",
    'Error: reqwest::Error { kind: Request, source: hyper::Error(Connect, ConnectError("tcp connect error", Os { message: "Connection refused" })) }',
    'Error Domain=NSURLErrorDomain Code=-1001 "The request timed out." UserInfo={NSLocalizedDescription=The request timed out.}',
    "When I call requests.get() I get ReadTimeout after 10 s",
    "I get a connection refused, what is wrong?",
)  # fmt: skip
PROGRAM_TEXT = (
    'const ERRORS = { ECONNREFUSED: "Connection refused", ETIMEDOUT: "timed out" };',
    "const ERRORS = {\n  'ECONNREFUSED': 'Connection refused',\n  ETIMEDOUT: 'Operation timed out'\n};",
    '$errors = [\n  "ECONNREFUSED" => "Connection refused",\n  "ETIMEDOUT" => "timed out"\n];',
    "RETRY = (ConnectionError, ReadTimeout)",
    "RETRY = (\n    requests.exceptions.ConnectTimeout,\n    requests.exceptions.ReadTimeout\n)",
    'ERROR = "connection refused"',
    "if (e.code === 'ECONNRESET' ||\n  e.code === 'ECONNREFUSED' || e.isRetryable) retry();",
    "begin\n  x\nrescue Net::OpenTimeout, Net::ReadTimeout => e\nend",
    "retry_on:\n  - ECONNREFUSED",
    "  errorCodes: ['ECONNREFUSED'],",
    "def f():\n    '''Raises ConnectTimeout.'''\n    pass",
    "class ReadTimeout(Exception):\n    pass",
    "# retry on ConnectTimeout",
    "/* ECONNREFUSED: connection refused */",
    "RETRYABLE = %w[ECONNREFUSED ETIMEDOUT]",
    "mock.side_effect = requests.exceptions.ReadTimeout",
    "@retry(retry=retry_if_exception_type((ConnectTimeout, ReadTimeout)), stop=stop_after_attempt(3))\ndef f(): pass",
    "@retry(\n    retry=retry_if_exception_type(ConnectTimeout),\n)\ndef f(): pass",
    "@Retryable(SocketTimeoutException.class)",
    'def f():\n    """Return the user.\n\n    Raises:\n        ConnectionError: Connection refused if the API is down.\n    """\n    pass',
    "/**\n * Gets the user.\n * @throws SocketTimeoutException if the read timed out\n */",
    "await got(url, {retry: {limit: 2, errorCodes: ['ETIMEDOUT', 'ECONNREFUSED']}});",
    "const retry = {\n  errorCodes: [\n    'ETIMEDOUT',\n    'ECONNREFUSED'\n  ]\n};",
    "const http = axios.create({ timeout: 5000, timeoutErrorMessage: 'timeout of 5000ms exceeded' });",
    "const http = axios.create({\n  timeoutErrorMessage: 'timeout of 5000ms exceeded'\n});",
    "retryCondition: (e) => ['ECONNREFUSED', 'ECONNRESET'].includes(e.code),",
    "var t = Policy.Handle<TimeoutException>().Or<SocketTimeoutException>().RetryAsync(3);",
    'try { x(); } catch (ConnectTimeoutException | SocketTimeoutException e) { log.error("read timed out"); }',
    "public String get() throws SocketTimeoutException {\n}",
    'console.error(\n  "Connection refused: is the VPN up?"\n);',
    'log.Fatal("dial tcp: connection refused", err)',
    'echo "Connection refused" >&2',
    "from requests.exceptions import (\n    ConnectTimeout,\n    ReadTimeout,\n)",
    'ERR_REFUSED := errors.New("connection refused")',
    'is SocketTimeoutException -> "Read timed out"',
    "retryOn: [ECONNREFUSED, ETIMEDOUT]",
)  # fmt: skip


def failure_codes(text: str) -> set[str]:
    """Return the codes of findings on a request without a response."""
    found = {each.code for request in explain(text) for each in request.findings}
    return found & {"undelivered", "outcome-unknown"}


@each_case("report", REPORTS, quick=8)
def test_line_that_a_program_printed_reports_a_failure(report: str) -> None:
    request = REQUESTS[REPORTS.index(report) % len(REQUESTS)]
    assert failure_codes(f"{request}\n{report}"), request


@each_case("code", PROGRAM_TEXT, quick=9)
def test_program_text_that_names_an_error_reports_none(code: str) -> None:
    request = REQUESTS[PROGRAM_TEXT.index(code) % len(REQUESTS)]
    assert not failure_codes(f"{request}\n{code}"), request
    assert not failure_codes(f"{code}\n{request}"), request


@pytest.mark.parametrize(
    "text",
    [
        f"# curl -X POST {URL}/x\n{REQUESTS[2]}",
        f"retryOn: [429, 500, 503]\nGET {URL}\nAuthorization: Bearer abc",
        f'const NAMES = {{ ADMIN: "Administrator" }};\n{REQUESTS[1]}',
        f'HttpRequest r = HttpRequest.newBuilder(URI.create("{URL}")).GET().build();\nFiles.write(new File("out.json").toPath(), client.send(r, BodyHandlers.ofString()).body().getBytes());',
        f'val request = Request.Builder().url("{URL}").build()\nval f = new File("x")',
        f'val form: MultipartBody? = null\nval request = Request.Builder().url("{URL}").get().build()',
    ],
)
def test_text_beside_a_request_is_no_part_of_it(text: str) -> None:
    [request] = read_exchanges(text, "text")
    assert (request.method, request.body, request.status) == ("GET", None, 0)
