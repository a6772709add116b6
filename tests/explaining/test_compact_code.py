"""Code without blanks, as formatters and minifiers write it, has the same values as code with them."""

from __future__ import annotations

import json

from cxcall.explaining.readers.format_detection import read_exchanges
from helpers.cases import each_case
from helpers.pasted_texts import URL

BODY = {"callbackNumbers": ["{n}"], "routingData": {"queueId": "{q}"}}


@each_case(
    "code",
    [
        "requests.post('{URL}',json={'callbackNumbers':[n],'routingData':{'queueId':q}})",
        "axios.post('{URL}',{callbackNumbers:[n],routingData:{queueId:q}})",
        'fetch("{URL}",{method:"POST",headers:{"Content-Type":"application/json"},body:JSON.stringify({callbackNumbers:[n],routingData:{queueId:q}})})',
        'fetch("{URL}",{method :"POST",body :JSON.stringify({callbackNumbers :[n],routingData :{queueId :q}})})',
        'let body:[String:Any]=["callbackNumbers":[n],"routingData":["queueId":q]]\nAF.request("{URL}",method:.post,parameters:body)',
        'HTTParty.post("{URL}",body:{:callbackNumbers=>[n],:routingData=>{:queueId=>q}}.to_json)',
    ],
    quick=2,
)
def test_value_directly_after_a_colon_is_read(code: str) -> None:
    (request,) = read_exchanges(code.replace("{URL}", URL), "text")
    assert (request.method, json.loads(request.body or "null")) == ("POST", BODY)


def test_object_of_the_request_is_the_body_and_not_an_object_in_it() -> None:
    text = f'$.ajax({{url:"{URL}",type:"POST",contentType:"application/json",data:JSON.stringify({{queueId:q,data:{{a:"b"}}}})}})'
    (request,) = read_exchanges(text, "text")
    assert json.loads(request.body or "null") == {"queueId": "{q}", "data": {"a": "b"}}
    assert not request.findings
