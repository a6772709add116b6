"""HAR files with any number of entries."""

from __future__ import annotations

from typing import Any


def har(entries: int) -> dict[str, Any]:
    entry = {
        "request": {
            "method": "POST",
            "url": "https://api.mypurecloud.com/api/v2/conversations/calls?x=1",
            "headers": [{"name": "Content-Type", "value": "application/json"}],
            "postData": {"mimeType": "application/json", "text": '{"phoneNumber": "+12025550123"}'},
        },
        "response": {
            "status": 400,
            "statusText": "Bad Request",
            "headers": [],
            "content": {"text": "eyJjb2RlIjogIm5vdC5hLnVzZXIifQ==", "encoding": "base64"},
        },
    }
    return {"log": {"version": "1.2", "entries": [entry] * entries}}
