"""The OpenAI API through the gateway on a real engine: answers, streams, usage, models, adapters, errors."""

import http.client
import json
import time

import openai
import pytest
import traffic

QUESTION = [{"role": "user", "content": "Which way is fair?"}]
LENGTH = {"max_tokens": 12, "temperature": 0, "extra_body": {"ignore_eos": True}}


def test_chat_unary(client):
    answer = client.chat.completions.create(model="tiny", messages=QUESTION, **LENGTH)
    assert answer.object == "chat.completion"
    assert answer.model == "tiny"
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 12
    assert answer.usage.prompt_tokens > 0


def test_chat_stream_says_what_the_unary_answer_says(client):
    whole = client.chat.completions.create(model="tiny", messages=QUESTION, **LENGTH)
    chunks = list(
        client.chat.completions.create(
            model="tiny", messages=QUESTION, stream=True, stream_options={"include_usage": True}, **LENGTH
        )
    )
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == whole.choices[0].message.content
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "length"
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens == 12


def test_completions_unary_and_stream(client):
    whole = client.completions.create(model="tiny", prompt="Fair winds", **LENGTH)
    assert whole.object == "text_completion"
    assert whole.usage.completion_tokens == 12
    pieces = [
        chunk.choices[0].text
        for chunk in client.completions.create(model="tiny", prompt="Fair winds", stream=True, **LENGTH)
    ]
    assert len(pieces) > 1
    assert "".join(pieces) == whole.choices[0].text


def test_stream_arrives_as_it_is_made(target):
    """The first token comes long before the last: nothing on the way collects the stream."""
    request = traffic.OpenRequest(target.port, traffic.chat_body("slowly", stream=True, max_tokens=1500))
    seen = request.read_until(b'"content":')
    assert b"[DONE]" not in seen
    assert seen.count(b"data: ") < 200
    request.close()


def test_a_pause_longer_than_the_engines_keep_alive_is_no_error(gateway):
    """vLLM closes a connection that was idle for 5 s: the gateway must not let a client see that."""
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    for pause in (0, 0, 4.9, 5.1, 6):
        time.sleep(pause)
        body = json.dumps(traffic.chat_body("again", max_tokens=2))
        connection.request("POST", traffic.CHAT, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        assert response.status == 200
        response.read()
    connection.close()


def test_models_lists_base_and_adapters(client):
    names = {model.id for model in client.models.list()}
    assert {"tiny", "lora-a", "lora-b"} <= names


@pytest.mark.parametrize("adapter", ["lora-a", "lora-b"])
def test_adapter_name_routes_as_a_model(client, adapter):
    base = client.chat.completions.create(model="tiny", messages=QUESTION, **LENGTH)
    adapted = client.chat.completions.create(model=adapter, messages=QUESTION, **LENGTH)
    assert adapted.model == adapter
    assert adapted.choices[0].message.content != base.choices[0].message.content


def test_unknown_model_is_404(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="no-such-model", messages=QUESTION)
    assert "no-such-model" in caught.value.message


def test_unknown_model_is_answered_by_the_gateway_naming_the_known(client, gateway):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="no-such-model", messages=QUESTION)
    assert caught.value.response.headers["x-fairway-reason"] == "unknown-model"
    for known in ("tiny", "lora-a", "lora-b"):
        assert known in caught.value.message


@pytest.mark.parametrize(
    "change",
    [
        {"max_tokens": -1},
        {"max_tokens": 100000},
        {"temperature": 99},
        {"messages": []},
        {"messages": "no list"},
    ],
    ids=["negative-length", "over-context", "temperature", "no-messages", "wrong-type"],
)
def test_the_engines_own_errors_come_as_they_came(target, servers, change):
    body = traffic.chat_body("x") | change
    ours = traffic.send(target.port, body)
    theirs = traffic.send(servers[0].port, body)
    assert ours.status == theirs.status == 400
    assert ours.reason == ""
    assert json.loads(ours.body) == json.loads(theirs.body)


def test_broken_json_is_400(target):
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=30)
    connection.request("POST", traffic.CHAT, '{"model": "tiny", "messages": [', {"Content-Type": "application/json"})
    response = connection.getresponse()
    assert response.status == 400
    assert "error" in json.loads(response.read())
    connection.close()


def test_answers_say_who_served_and_how_long(client, gateway, servers):
    raw = client.chat.completions.with_raw_response.create(model="tiny", messages=QUESTION, **LENGTH)
    assert raw.headers["x-fairway-endpoint"] in {server.address for server in servers}
    assert raw.headers["x-request-id"]
    for part in ("queue", "pick", "upstream"):
        assert part in raw.headers["server-timing"]
    assert "x-fairway-reason" not in raw.headers
