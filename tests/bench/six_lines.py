"""The script that a user would write instead of cxcall: six_lines.py BASE_URL PAYLOAD."""

import json
import sys

import requests

response = requests.post(
    sys.argv[1] + "/api/v2/engagements/outbound/personal-connections",
    headers={"Authorization": "Bearer t"},
    json=json.load(open(sys.argv[2])),
)
print(response.status_code, response.headers.get("X-Engagement-Id"))
print(response.text)
