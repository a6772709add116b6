"""Texts as people paste them into forums, tickets, and chats, and what must be read of each."""

from __future__ import annotations

from typing import NamedTuple

HOST = "api.mypurecloud.ie"
URL = f"https://{HOST}/api/v2/conversations/callbacks"
PATH = "/api/v2/conversations/callbacks"
ERROR = '{"message":"queueId is required","code":"bad.request","status":400,"contextId":"f6"}'
QUEUE = "7795460a-be68-4739-97ed-af1d4f18f1b9"


class Pasted(NamedTuple):
    """A text, and what must be read of it; None is not compared."""

    text: str
    method: str | None = "POST"
    host: str | None = HOST
    path: str | None = PATH
    body: str | None = None
    status: int | None = None
    response: str | None = None


TEXTS = {
    "nginx log": Pasted(f'10.0.0.1 - - [02/Nov/2026:10:11:12 +0000] "POST {PATH} HTTP/1.1" 400 123 "-" "python-requests/2.31"', host="", status=400),
    "httpx log": Pasted(f'2026-11-02 10:11:12 INFO httpx HTTP Request: POST {URL} "HTTP/1.1 400 Bad Request"', status=400),
    "urllib3 log": Pasted(f'DEBUG:urllib3.connectionpool:https://{HOST}:443 "POST {PATH} HTTP/1.1" 400 85\n{ERROR}', host=f"{HOST}:443", status=400, response="queueId is required"),
    "arrow": Pasted(f"POST {PATH} -> 400\n{ERROR}", host="", status=400, response="queueId"),
    "log with status word": Pasted(f"[2026-11-02 10:11:12] ERROR POST {URL} failed with status code 429", status=429),
    "key value log": Pasted(f'time=2026-11-02T10:11:12Z level=error msg="call failed" method=POST url={URL} status=400', status=400),
    "csv of logs": Pasted(f"2026-11-02T10:11:12Z,WARN,POST {PATH},403,12ms", host="", status=403),
    "devtools general": Pasted(f"Request URL: {URL}\nRequest Method: POST\nStatus Code: 400 Bad Request\n", status=400),
    "devtools two lines": Pasted(f"Request URL:\n{URL}\nRequest Method:\nPOST\nStatus Code:\n403 Forbidden", status=403),
    "labels": Pasted(f'Endpoint: {URL}\nMethod: POST\nBody: {{"queueId": "{QUEUE}"}}\nResponse: 400 {ERROR}', body="queueId", status=400, response="contextId"),
    "markdown fence": Pasted(f'I send this:\n```http\nPOST {URL}\nContent-Type: application/json\n\n{{"queueId": "{QUEUE}"}}\n```\nand get `400 Bad Request`', body="queueId", status=400),
    "prose with status": Pasted(f"When I POST {URL} I get a 400 Bad Request. What is wrong?", status=400),
    "quoted mail": Pasted(f'> POST {URL}\n> Content-Type: application/json\n>\n> {{"queueId": "x"}}\n', body="queueId"),
    "slack quote": Pasted(f"> curl -X POST {URL} \\\n>   -H 'Content-Type: application/json' \\\n>   -d '{{\"queueId\":\"x\"}}'", body='{"queueId":"x"}'),
    "windows line ends": Pasted(f"curl -X POST {URL} \\\r\n  -H \"Content-Type: application/json\" \\\r\n  -d '{{\"queueId\":\"x\"}}'\r\n", body='{"queueId":"x"}'),
    "html escaped": Pasted(f"curl -X POST {URL} -H &quot;Content-Type: application/json&quot; -d &#39;{{&quot;queueId&quot;:&quot;x&quot;}}&#39;", body='{"queueId":"x"}'),
    "prompt and response": Pasted(f"$ curl -s -X POST {URL} -d '{{}}'\n{ERROR}", body="{}", response="queueId is required"),
    "curl in a subshell": Pasted(f"TOKEN=abc\nRESULT=$(curl -s -X POST \"{URL}\" -H \"Authorization: Bearer $TOKEN\" -d '{{}}')", body="{}"),
    "curl --data with here-document": Pasted(f"curl -X POST {URL} -H 'Content-Type: application/json' -d @- <<'JSON'\n{{\"queueId\": \"x\"}}\nJSON\n", body="queueId"),
    "curl cmd new": Pasted(f'curl ^"{URL}^" ^\r\n  -H ^"Content-Type: application/json^" ^\r\n  --data-raw ^"^{{^\\^"queueId^\\^":^\\^"x^\\^"^}}^"', body='{"queueId":"x"}'),
    "curl with backticks": Pasted(f"curl.exe -X POST '{URL}' `\n  -H 'Content-Type: application/json' `\n  -d '{{\"queueId\":\"x\"}}'", body='{"queueId":"x"}'),
    "two commands": Pasted(f"curl -X POST https://login.mypurecloud.ie/oauth/token -d grant_type=client_credentials\ncurl -X POST {URL} -d '{{}}'", body="{}"),
    "powershell splatting": Pasted(f'$params = @{{\n  Uri = "{URL}"\n  Method = "Post"\n  Headers = @{{ Authorization = "Bearer $token" }}\n  ContentType = "application/json"\n  Body = (@{{ queueId = "x"; callbackNumbers = @("+12025550123") }} | ConvertTo-Json)\n}}\nInvoke-RestMethod @params', body="callbackNumbers"),
    "powershell irm": Pasted(f"irm {URL} -Method Post -Body '{{\"queueId\":\"x\"}}' -ContentType application/json".replace(URL, f"'{URL}'"), body="queueId"),
    "fetch for node": Pasted(f'await fetch("{URL}", {{\n  "headers": {{\n    "content-type": "application/json"\n  }},\n  "body": "{{\\"queueId\\":\\"x\\"}}",\n  "method": "POST"\n}});', body='{"queueId":"x"}'),
    "axios instance": Pasted(f"const api = axios.create({{ baseURL: 'https://{HOST}' }});\nawait api.post('{PATH}', {{ queueId, callbackNumbers: ['+12025550123'] }});", body="callbackNumbers"),
    "axios url data": Pasted(f"axios.post(`https://{HOST}{PATH}`, {{queueId: 'x'}}, {{headers: {{'Content-Type': 'application/json'}}}})", body="queueId"),
    "template host": Pasted("fetch(`https://api.${region}/api/v2/conversations/callbacks`, {method: 'POST', body: JSON.stringify({queueId: 'x'})})", host="api.{region}", body="queueId"),
    "jquery post": Pasted(f"$.ajax({{type: 'POST', url: '{URL}', contentType: 'application/json', data: JSON.stringify({{queueId: 'x'}})}})", body="queueId"),
    "xhr": Pasted(f"var x = new XMLHttpRequest();\nx.open('POST', '{URL}', true);\nx.setRequestHeader('Content-Type', 'application/json');\nx.send('{{\"queueId\":\"x\"}}');", body="queueId"),
    "go map": Pasted(f'payload := map[string]interface{{}}{{"queueId": "x", "callbackNumbers": []string{{"+12025550123"}}}}\nb, _ := json.Marshal(payload)\nreq, err := http.NewRequest("POST", "{URL}", bytes.NewBuffer(b))', body="callbackNumbers"),
    "java map": Pasted(f'Map<String, Object> body = new HashMap<>();\nbody.put("queueId", "x");\nbody.put("callbackNumbers", List.of("+12025550123"));\nHttpEntity<Map<String, Object>> entity = new HttpEntity<>(body, headers);\nrestTemplate.postForEntity("{URL}", entity, String.class);', body="callbackNumbers"),
    "java httpclient": Pasted(f'var request = HttpRequest.newBuilder(URI.create("{URL}")).header("Content-Type", "application/json").POST(BodyPublishers.ofString("{{\\"queueId\\":\\"x\\"}}")).build();', body='{"queueId":"x"}'),
    "csharp anonymous": Pasted(f'var body = new {{ queueId = "x", callbackNumbers = new[] {{ "+12025550123" }} }};\nvar response = await client.PostAsJsonAsync("{URL}", body);', body="callbackNumbers"),
    "csharp relative": Pasted(f'client.BaseAddress = new Uri("https://{HOST}");\nvar r = await client.PostAsync("{PATH}", new StringContent(@"{{""queueId"":""x""}}", Encoding.UTF8, "application/json"));', body='{"queueId":"x"}'),
    "ruby hash": Pasted(f"require 'httparty'\nHTTParty.post('{URL}', headers: {{ 'Content-Type' => 'application/json' }}, body: {{ queueId: 'x', callbackNumbers: ['+12025550123'] }}.to_json)", body="callbackNumbers"),
    "php array": Pasted(f"$ch = curl_init('{URL}');\ncurl_setopt($ch, CURLOPT_POST, true);\ncurl_setopt($ch, CURLOPT_POSTFIELDS, json_encode(['queueId' => 'x']));", body="queueId"),
    "perl": Pasted(f"my $ua = LWP::UserAgent->new;\nmy $res = $ua->post('{URL}', 'Content-Type' => 'application/json', Content => encode_json({{ queueId => 'x' }}));", body="queueId"),
    "apex": Pasted(f"HttpRequest req = new HttpRequest();\nreq.setEndpoint('{URL}');\nreq.setMethod('POST');\nreq.setHeader('Content-Type', 'application/json');\nreq.setBody('{{\"queueId\":\"x\"}}');", body="queueId"),
    "apps script": Pasted(f"UrlFetchApp.fetch('{URL}', {{method: 'post', contentType: 'application/json', payload: JSON.stringify({{queueId: 'x'}})}});", body="queueId"),
    "vba": Pasted(f'Set http = CreateObject("MSXML2.XMLHTTP")\nhttp.Open "POST", "{URL}", False\nhttp.setRequestHeader "Content-Type", "application/json"\nhttp.Send "{{""queueId"":""x""}}"', body='{"queueId":"x"}'),
    "groovy": Pasted(f"def conn = new URL(\"{URL}\").openConnection()\nconn.setRequestMethod('POST')\nconn.outputStream.write('{{\"queueId\":\"x\"}}'.getBytes('UTF-8'))", body="queueId"),
    "lua": Pasted(f'local res = httpc:request_uri("{URL}", {{ method = "POST", body = cjson.encode({{ queueId = "x" }}), headers = {{ ["Content-Type"] = "application/json" }} }})', body="queueId"),
    "elixir": Pasted(f'HTTPoison.post("{URL}", Jason.encode!(%{{queueId: "x"}}), [{{"Content-Type", "application/json"}}])', body="queueId"),
    "aiohttp": Pasted(f'async with aiohttp.ClientSession() as session:\n    async with session.post("{URL}", json={{"queueId": "x"}}) as resp:\n        print(await resp.text())', body="queueId"),
    "python urllib": Pasted(f'req = urllib.request.Request("{URL}", data=json.dumps({{"queueId": "x"}}).encode(), headers={{"Content-Type": "application/json"}}, method="POST")', body="queueId"),
    "python prompt": Pasted(f'>>> r = requests.post("{URL}", json={{"queueId": "x"}})\n>>> r\n<Response [400]>\n>>> r.text\n{ERROR!r}', body="queueId", status=400),
    "python sdk": Pasted('body = PureCloudPlatformClientV2.CreateCallbackCommand()\nbody.queue_id = "x"\nbody.callback_numbers = ["+12025550123"]\napi = PureCloudPlatformClientV2.ConversationsApi(client)\napi.post_conversations_callbacks(body)', host="", body="callbackNumbers"),
    "js sdk": Pasted("const api = new platformClient.ConversationsApi();\napi.postConversationsCallbacks({ queueId: 'x', callbackNumbers: ['+12025550123'] })\n  .then((d) => console.log(d));", host="", body="callbackNumbers"),
    "java stack trace": Pasted(f'Exception in thread "main" com.mypurecloud.sdk.v2.ApiException: {ERROR}\n\tat com.mypurecloud.sdk.v2.ApiClient.invokeAPI(ApiClient.java:512)\n\tat com.mypurecloud.sdk.v2.api.ConversationsApi.postConversationsCallbacks(ConversationsApi.java:99)', host="", response="queueId is required"),
    "requests exception": Pasted(f"requests.exceptions.HTTPError: 400 Client Error: Bad Request for url: {URL}", method="", status=400),
    "terraform": Pasted("Error: Failed to create callback: API Error: 403 - missing.any.permissions (5c2b)\n\n  with genesyscloud_outbound_campaign.c,", method=None, host=None, path=None, status=403),
    "zapier": Pasted(f'Problem: The app returned "Bad Request". Status: 400\nResponse: {ERROR}', method=None, host=None, path=None, status=400, response="queueId"),
    "make": Pasted(f"[400] Bad Request {ERROR}", method=None, host=None, path=None, status=400, response="queueId"),
    "python dict": Pasted("{'message': 'queueId is required', 'code': 'bad.request', 'status': 400, 'contextId': 'f6'}", method=None, host=None, path=None, status=400, response="queueId"),
    "escaped json in log": Pasted('{"level":"error","msg":"upstream","status":400,"responseBody":"{\\"message\\":\\"queueId is required\\",\\"code\\":\\"bad.request\\",\\"status\\":400}"}', method=None, host=None, path=None, status=400, response="queueId"),
    "pino": Pasted(f'{{"level":50,"req":{{"method":"POST","url":"{URL}","headers":{{"content-type":"application/json"}}}},"res":{{"statusCode":400}},"msg":"request failed"}}', status=400),
    "conversation alone": Pasted('{"id":"7795460a-be68-4739-97ed-af1d4f18f1b9","participants":[{"purpose":"customer","state":"disconnected","disconnectType":"client"}]}', method=None, host=None, path=None, response="participants"),
    "oauth error": Pasted('{"error":"invalid_client","description":"client not found: x","error_description":"client not found: x"}', method=None, host=None, path=None, response="invalid_client"),
    "insomnia timeline": Pasted(f'* Preparing request to {URL}\n* Using libcurl/7.73\n> POST {PATH} HTTP/1.1\n> Host: {HOST}\n> Content-Type: application/json\n\n| {{"queueId":"x"}}\n\n< HTTP/1.1 400 Bad Request\n< Content-Type: application/json\n\n{ERROR}', status=400),
    "fiddler raw": Pasted(f'POST {URL} HTTP/1.1\nHost: {HOST}\nContent-Type: application/json\nContent-Length: 15\n\n{{"queueId":"x"}}\n\nHTTP/1.1 400 Bad Request\nContent-Type: application/json\n\n{ERROR}', body='{"queueId":"x"}', status=400, response="queueId is"),
    "bruno": Pasted(f'meta {{\n  name: callback\n  type: http\n}}\n\npost {{\n  url: {URL}\n  body: json\n  auth: none\n}}\n\nbody:json {{\n  {{\n    "queueId": "x"\n  }}\n}}', body="queueId"),
    "http file variables": Pasted(f'@host = https://{HOST}\n\n### create\nPOST {{{{host}}}}{PATH}\nContent-Type: application/json\n\n{{"queueId": "x"}}', body="queueId"),
    "httpie": Pasted(f"http POST {URL} Authorization:'Bearer t' queueId=x callbackNumbers:='[\"+12025550123\"]'", body="callbackNumbers"),
    "wget": Pasted(f"wget -qO- --header='Content-Type: application/json' --post-data='{{\"queueId\":\"x\"}}' {URL}", body="queueId"),
    "axios error": Pasted(f"Error: Request failed with status code 400\n    at createError (/app/x.js:16:15) {{\n  config: {{\n    url: '{URL}',\n    method: 'post',\n    data: '{{\"queueId\":\"x\"}}',\n    headers: {{ Accept: 'application/json' }}\n  }},\n  response: {{\n    status: 400,\n    data: {{ message: 'queueId is required', code: 'bad.request', status: 400 }}\n  }}\n}}", body='{"queueId":"x"}', status=400, response="queueId is required"),
    "typographic quotes": Pasted(f"curl -X POST \u201c{URL}\u201d -H \u201cContent-Type: application/json\u201d -d \u2018{{\u201cqueueId\u201d: \u201cx\u201d}}\u2019", body='{"queueId": "x"}'),
    "go slices": Pasted(f'body := []byte(`{{"queueId":"x"}}`)\nreq, err := http.NewRequest("POST", "{URL}", bytes.NewBuffer(body))', body='{"queueId":"x"}'),
    "go slice inline": Pasted(f'payload := map[string]any{{"callbackNumbers": []string{{"+12025550123"}}}}\nb, _ := json.Marshal(payload)\nhttp.Post("{URL}", "application/json", bytes.NewReader(b))', body='"+12025550123"'),
    "csharp casts": Pasted(f'var body = new {{ callbackNumbers = new[] {{ "+12025550123" }}, scriptId = (string)null }};\nawait client.PostAsync("{URL}", JsonContent.Create(body));', body='"scriptId": null'),
    "powershell lines": Pasted(f'$headers = @{{\n  Authorization = "Bearer $t"\n  "Content-Type" = "application/json"\n}}\nInvoke-RestMethod "{URL}" -Method Post -Headers $headers -Body (@{{ queueId = "x" }})', body='"queueId": "x"'),
    "basic lines": Pasted(f'http.Open "POST", "{URL}", False\nhttp.setRequestHeader "Content-Type", "application/json"\nhttp.setRequestHeader "Accept", "text/plain"\nhttp.Send body', response=None),
    "status before json": Pasted(f"--> POST {URL}\n<-- 400 {ERROR}", status=400, response="queueId is"),
    "foreign label": Pasted(f"curl -X POST {URL} -d '{{}}'\nAntwort: {ERROR}", status=400, response="queueId is"),
    "response first": Pasted(f"Response code: 400\nResponse: {ERROR}\nRequest: POST {URL}", status=400, response="queueId is"),
    "response in prose first": Pasted(f"I get {ERROR} when I call POST {URL}", status=400, response="queueId is"),
    "response in a comment": Pasted(f"fetch('{URL}', {{method: 'POST'}})\n// {{message: 'queueId is required', code: 'bad.request', status: 400}}", status=400, response="queueId is"),
    "response as a tuple": Pasted(f'>>> r = requests.post("{URL}")\n>>> r.status_code, r.text\n(400, {ERROR!r})', status=400, response="queueId is"),
    "status in a comment": Pasted(f'r = requests.post("{URL}")\nprint(r.status_code)\n# 400', status=400),
    "postman console": Pasted(f'POST {URL}\n400\n312 ms\nRequest Headers\nContent-Type: application/json\nRequest Body\n{{"queueId":"x"}}\nResponse Body\n{ERROR}', status=400, body='{"queueId":"x"}', response="queueId is"),
    "pool of urllib3": Pasted(f"requests.exceptions.ConnectionError: HTTPSConnectionPool(host='{HOST}', port=443): Max retries exceeded with url: {PATH} (Caused by NewConnectionError('x'))", method=""),
    "host that curl cannot resolve": Pasted(f"curl: (6) Could not resolve host: {HOST}", method="", path=""),
    "html": Pasted(f'<p>POST <a href="{URL}">{URL}</a></p>\n<pre><code>{{&quot;queueId&quot;: &quot;x&quot;}}</code></pre>', body='{"queueId": "x"}'),
    "html escaped twice": Pasted(f"&lt;pre&gt;curl -X POST &quot;{URL}&quot; -d &#39;{{&quot;queueId&quot;:&quot;x&quot;}}&#39;&lt;/pre&gt;", body='{"queueId":"x"}'),
    "powershell transcript": Pasted(f"PS C:\\Users\\ada> $body = @{{ queueId = 'x' }} | ConvertTo-Json\nPS C:\\Users\\ada> Invoke-RestMethod -Method Post -Uri {URL} -Body $body -ContentType 'application/json'\nInvoke-RestMethod : The remote server returned an error: (400) Bad Request.", body='"queueId": "x"', status=400),
    "markdown sections": Pasted(f'Request:\n```\nPOST {PATH}\nHost: {HOST}\n```\nBody:\n```json\n{{\n  "queueId": "x"\n}}\n```\nResponse:\n```json\n{{"message": "x", "code": "invalid.value", "status": 400}}\n```', body="queueId", status=400, response="invalid.value"),
    "end of a command": Pasted(f"-H 'Content-Type: application/json' -d '{{\"queueId\":\"x\"}}' {URL}", body='{"queueId":"x"}'),
    "foreign prose": Pasted(f'O POST para {URL} com o corpo {{"queueId":"x"}} retorna 400. Porque?', body='{"queueId":"x"}', status=400),
    "foreign labels": Pasted(f'URL: {URL}\nM\u00e9todo: POST\nCuerpo: {{"queueId":"x"}}', body='{"queueId":"x"}'),
    "yaml body": Pasted(f"POST {URL}\nContent-Type: application/json\n\nqueueId: x\ncallbackNumbers:\n  - 1", body="queueId: x"),
    "labels with a body of labels": Pasted(f"URL: {URL}\nMethod: POST\nHeaders:\n  Content-Type: application/json\nBody:\n  queueId: x\n  callbackNumbers:\n    - +12025550123\nStatus: 400 Bad Request", body='"+12025550123"', status=400),
    "task of Ansible": Pasted(f'- name: call back\n  ansible.builtin.uri:\n    url: {URL}\n    method: POST\n    body_format: json\n    body:\n      queueId: "{{{{ queue }}}}"\n      callbackNumbers: ["+12025550123"]\n'.replace('["+12025550123"]', '\n        - "+12025550123"'), body='"{queue}"'),
    "test of an API client": Pasted(f"test_name: callback\nstages:\n  - name: create\n    request:\n      url: {URL}\n      method: POST\n      json:\n        queueId: x\n    response:\n      status_code: 200\n", body='"queueId": "x"', status=0),
    "models of an SDK in a list": Pasted('contact = [WritableDialerContact()]\ncontact[0].data = {"Phone": "+12025550123"}\ncontact[0].contact_list_id = "x"\napi.post_outbound_contactlist_contacts("x", contact)', host="", path="/api/v2/outbound/contactlists/x/contacts", body='"Phone": "+12025550123"'),
    "escaped error before the request": Pasted('Failed. Status code: 401. Body: {\\"message\\":\\"No login\\",\\"code\\":\\"bad.credentials\\",\\"status\\":401}\nTemplate: {"queueId":"${x}"}', method="", host="", path="", status=401, response="No login"),
    "exception before the code": Pasted(f'WebException: The remote server returned an error: (415) Unsupported Media Type.\n client.UploadString("{URL}", "POST", json);', status=415),
    "text as a body": Pasted(f"POST {URL}\nContent-Type: application/json\n\nnot json\n\nHTTP/1.1 400 Bad Request", body="not json", status=400),
    "piped here-document": Pasted(f'cat <<EOF | curl -X POST {URL} -d @-\n{{"queueId":"x"}}\nEOF\n{ERROR}', body='{"queueId":"x"}', response="queueId is"),
    "status without a blank line": Pasted(f"HTTP/1.1 400 Bad Request\nX-Note: 1\n{ERROR}", method="", host="", path="", status=400, response="queueId is"),
    "message of the platform": Pasted("No known way to render data", method="", host="", path="", response="No known way"),
    "long line": Pasted(f'POST {URL}\n\n{{"note": "{"x " * 60_000}", "queueId": "x"}}', body='"queueId": "x"'),
    "body before the line": Pasted(f'I send {{"queueId": "x"}} to POST {PATH} and get HTTP 400', host="", body='{"queueId": "x"}', status=400),
}  # fmt: skip
