"""What `explain` must not claim of correct requests, as people paste them."""

from __future__ import annotations

from cxcall.explaining.explanation import explain
from cxcall.explaining.readers.detect import read
from helpers.pasted_texts import PATH, QUEUE, URL

LISTS = "/api/v2/outbound/dnclists"
LIST_URL = f"https://api.mypurecloud.ie{LISTS}/{QUEUE}"


def errors_of(text: str) -> list[tuple[str, str]]:
    """Return (code, place) of each error and warning on the requests in a text."""
    return [
        (each.code, each.where)
        for found in explain(text)
        for each in found.findings
        if each.severity.value != "note"
    ]


def test_url_in_a_member_of_a_map_is_not_requested() -> None:
    link = f"{LISTS}/{QUEUE}"
    texts = {
        f'fetch("{URL}", {{"headers": {{}}, "referrer": "https://crm.example.com/app", "body": "{{}}", "method": "POST"}});': ("POST", PATH),
        f"fetch('{URL}', {{method: 'POST', referrer: 'https://crm.example.com/app'}})": ("POST", PATH),
        f'body = {{"name": "x", "selfUri": "{link}"}}\nrequests.put("{LIST_URL}", json=body)': ("PUT", link),
        f'var body = new {{ name = "x", selfUri = "{link}" }};\nawait http.PutAsJsonAsync("{LIST_URL}", body);': ("PUT", link),
        f"$b = ['division' => ['id' => 'x', 'selfUri' => '/api/v2/authorization/divisions/x']];\nHttp::put('{LIST_URL}', $b);": ("PUT", link),
        f'body := map[string]any{{"name": "x", "selfUri": "{link}"}}\nb, _ := json.Marshal(body)\nreq, _ := http.NewRequest("PUT", "{LIST_URL}", bytes.NewReader(b))': ("PUT", link),
        f'const API = {{ callbacks: "{URL}", lists: "{LIST_URL}" }};\naxios.post(API.callbacks, {{}});': ("POST", PATH),
        f"axios({{method: 'POST', url: '{URL}', data: {{}}}})": ("POST", PATH),
    }  # fmt: skip
    for text, wanted in texts.items():
        assert [(each.method, each.path) for each in read(text, "text")] == [wanted], text


def test_option_names_the_method() -> None:
    texts = (
        f'$ch = curl_init("{URL}");\ncurl_setopt($ch, CURLOPT_POST, true);\ncurl_exec($ch);',
        f'$ch = curl_init("{URL}");\ncurl_setopt_array($ch, [CURLOPT_POST => 1, CURLOPT_RETURNTRANSFER => true]);',
        f'curl_easy_setopt(curl, CURLOPT_URL, "{URL}");\ncurl_easy_setopt(curl, CURLOPT_POST, 1L);',
    )
    for text in texts:
        assert [each.method for each in read(text, "text")] == ["POST"], text


CALLBACK = "https://api-eu1.niceincontact.com/inContactAPI/services/v34.0/queuecallback"
PAIRS = '"phoneNumber": "+442079460155", "skill": "40112"'


def test_query_that_code_builds_is_read() -> None:
    texts = (
        f"uri = URI('{CALLBACK}')\nuri.query = URI.encode_www_form(phoneNumber: '+442079460155', skill: 40112)\nreq = Net::HTTP::Post.new(uri)",
        f'q = urlencode({{{PAIRS}}})\nrequests.post(f"{CALLBACK}?{{q}}", headers=h)',
        f'params = {{{PAIRS}}}\nrequests.post(f"{CALLBACK}?{{urlencode(params)}}", headers=h)',
        f'const u = new URL("{CALLBACK}");\nu.searchParams.set("phoneNumber", "+442079460155"); u.searchParams.set("skill", 40112);\nawait fetch(u, {{ method: "POST" }});',
        f'const params = new URLSearchParams({{{PAIRS}}});\nawait fetch(`{CALLBACK}?${{params}}`, {{ method: "POST" }});',
        f'req, _ := http.NewRequest("POST", "{CALLBACK}", nil)\nq := req.URL.Query()\nq.Add("phoneNumber", "+442079460155")\nq.Add("skill", "40112")\nreq.URL.RawQuery = q.Encode()',
        f'var url = QueryHelpers.AddQueryString("{CALLBACK}", new Dictionary<string,string> {{ ["phoneNumber"] = "+442079460155", ["skill"] = "40112" }});\nawait http.PostAsync(url, null);',
        f'var b = new UriBuilder("{CALLBACK}");\nvar q = HttpUtility.ParseQueryString("");\nq["phoneNumber"] = "+442079460155";\nq["skill"] = "40112";\nb.Query = q.ToString();\nawait http.PostAsync(b.Uri, null);',
        f'URIBuilder b = new URIBuilder("{CALLBACK}");\nb.addParameter("phoneNumber", "+442079460155");\nb.addParameter("skill", "40112");\nHttpPost post = new HttpPost(b.build());',
        f'$ch = curl_init("{CALLBACK}?" . http_build_query(["phoneNumber" => "+442079460155", "skill" => 40112]));\ncurl_setopt($ch, CURLOPT_POST, true);',
        f'client.post("{CALLBACK}") {{ parameter("phoneNumber", "+442079460155"); parameter("skill", 40112) }}',
        f'r <- POST("{CALLBACK}", query = list(phoneNumber = "+442079460155", skill = 40112))',
    )  # fmt: skip
    wanted = (("phoneNumber", "+442079460155"), ("skill", "40112"))
    for text in texts:
        assert [(each.method, each.query) for each in read(text, "text")] == [("POST", wanted)], (
            text
        )


def test_query_that_is_not_shown_is_not_judged() -> None:
    texts = (
        f"requests.post('{CALLBACK}', params=make_query(row), headers=h)",
        f"requests.post(f'{CALLBACK}?{{urlencode(rest)}}', headers=h)",
        f"requests.post('{CALLBACK}', params={{'phoneNumber': phone, 'skill': skill}}, headers=h)",
        f'$q = @{{ phoneNumber = "+4420"; skill = 1 }}\n$s = ($q.GetEnumerator() | % {{ "$($_.Key)=$($_.Value)" }}) -join "&"\nInvoke-RestMethod -Method Post -Uri "{CALLBACK}?$s" -Headers $h',
        f'curl -X POST "{CALLBACK}?$QUERY" -H "Accept: application/json"',
        f'axios.post("{CALLBACK}", null, {{ params, headers }});',
    )  # fmt: skip
    for text in texts:
        assert not errors_of(text), text
    assert errors_of(f"requests.post('{CALLBACK}', headers=h)") == [("property-missing", "query")] * 2  # fmt: skip
