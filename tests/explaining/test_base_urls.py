"""The relative path of a request is read below the base URL that code gives its client."""

from __future__ import annotations

import json

from cxcall.explaining.readers.format_detection import read_exchanges
from helpers.cases import each_case
from helpers.pasted_texts import HOST

BASE = f"https://{HOST}/api/v2/"
REST = "conversations/callbacks"
JSON = json.dumps(json.dumps({"queueId": "q"}))


@each_case(
    "code",
    [
        f"const api = axios.create({{ baseURL: '{BASE}' }});\nawait api.post('{REST}', {{ queueId: 'q' }});",
        f"const api = axios.create({{ baseURL: '{BASE[:-1]}' }});\nawait api.post('{REST}', {{ queueId: 'q' }});",
        f"const c = got.extend({{ prefixUrl: '{BASE[:-1]}' }});\nawait c.post('{REST}', {{ json: {{ queueId: 'q' }} }});",
        f'var client = new HttpClient {{ BaseAddress = new Uri("{BASE}") }};\nvar r = await client.PostAsync("{REST}", new StringContent({JSON}, Encoding.UTF8, "application/json"));',
        f'client.BaseAddress = new Uri("{BASE}");\nvar m = new HttpRequestMessage(HttpMethod.Post, "{REST}");\nm.Content = new StringContent({JSON}, Encoding.UTF8, "application/json");\nvar r = await client.SendAsync(m);',
        f"$client = new Client(['base_uri' => '{BASE}']);\n$r = $client->request('POST', '{REST}', ['json' => ['queueId' => 'q']]);",
        f"conn = Faraday.new(url: '{BASE}') {{ |f| f.request :json }}\nr = conn.post('{REST}', {{ queueId: 'q' }})",
        f'WebClient client = WebClient.builder().baseUrl("{BASE}").build();\nclient.post().uri("{REST}").bodyValue(Map.of("queueId", "q")).retrieve();',
        f'BASE = "{BASE}"\nr = requests.post(urljoin(BASE, "{REST}"), json={{"queueId": "q"}})',
        f'with httpx.Client(base_url="{BASE}") as client:\n    client.post("{REST}", json={{"queueId": "q"}})',
        f'let base = Url::parse("{BASE}")?;\nlet r = client.post(base.join("{REST}")?).json(&json!({{"queueId": "q"}})).send().await?;',
        f'URI base = URI.create("{BASE}");\nvar r = HttpRequest.newBuilder(base.resolve("{REST}")).POST(BodyPublishers.ofString({JSON})).build();',
        f'client := resty.New().SetBaseURL("{BASE}")\nr, err := client.R().SetBody(map[string]interface{{}}{{"queueId": "q"}}).Post("{REST}")',
    ],
    quick=4,
)  # fmt: skip
def test_relative_path_is_joined_to_the_base_url_of_the_client(code: str) -> None:
    (request,) = read_exchanges(code, "text")
    assert (request.method, request.host, request.path) == ("POST", HOST, f"/api/v2/{REST}")
    assert json.loads(request.body or "null") == {"queueId": "q"}


def test_path_of_one_segment_is_joined_if_it_is_published() -> None:
    base = f"const api = axios.create({{ baseURL: '{BASE}' }});"
    texts = {
        f"{base}\napi.get('users?pageSize=25')": "/api/v2/users",
        f"{base}\ncache.get('names')\napi.get('users')": "/api/v2/users",
        f"{base}\napi.get('conversation/call')": "/api/v2/conversation/call",
        f"{base}\napi.get(`users/${{id}}`)": "/api/v2/users/{id}",
    }
    for text, path in texts.items():
        (request,) = read_exchanges(text, "text")
        assert (request.method, request.path, request.body) == ("GET", path, None), text


@each_case(
    "code",
    [
        'var r = new RestRequest("{PATH}", Method.Post);\nr.AddUrlSegment("id", "Winter");\nvar x = await client.ExecuteAsync(r);',
        'var r = new RestRequest("{PATH}", Method.Post);\nr.AddParameter("id", "Winter", ParameterType.UrlSegment);',
        'Unirest.post("https://{HOST}{PATH}").routeParam("id", "Winter").asJson();',
        'resp, err := client.R().SetPathParam("id", "Winter").Post("https://{HOST}{PATH}")',
    ],
)
def test_parameter_of_the_path_has_the_value_that_a_call_gives_it(code: str) -> None:
    path = "/api/v2/outbound/campaigns/{id}/start"
    (request,) = read_exchanges(code.replace("{PATH}", path).replace("{HOST}", HOST), "text")
    assert (request.method, request.path) == ("POST", path.replace("{id}", "Winter"))
    assert request.body is None


def test_requests_of_one_client_have_its_base_url() -> None:
    guzzle = f"$client = new Client(['base_uri' => '{BASE}']);\n"
    dotnet = f'client.BaseAddress = new Uri("{BASE}");\n'
    texts = {
        f"{guzzle}$client->post('/api/v2/{REST}', ['json' => ['queueId' => 'q']]);": [REST],
        f"{guzzle}$client->post('{REST}', ['json' => ['queueId' => 'q']]);\n$client->get('users/me');": [REST, "users/me"],
        f'{dotnet}await client.GetAsync("users/me");\nawait client.DeleteAsync($"{REST}/{{id}}");': ["users/me", f"{REST}/{{id}}"],
    }  # fmt: skip
    for text, paths in texts.items():
        found = [(each.host, each.path) for each in read_exchanges(text, "text")]
        assert found == [(HOST, f"/api/v2/{path}") for path in paths], text
