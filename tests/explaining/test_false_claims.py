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
