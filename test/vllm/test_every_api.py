"""The APIs beside chat and completions on a real engine: what it answers comes as it came, what controls it
does not pass."""

import http.client
import json

import pytest

JSON = {"Content-Type": "application/json"}


def call(port: int, method: str, path: str, body: dict | None = None) -> tuple[int, dict, dict | str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, JSON if body else {})
        response = connection.getresponse()
        text = response.read().decode()
        headers = {name.lower(): value for name, value in response.getheaders()}
        is_json = headers.get("content-type", "").startswith("application/json")
        return response.status, headers, json.loads(text) if is_json else text
    finally:
        connection.close()


def test_embeddings_are_not_supported_by_this_model_and_the_engine_says_so(target, servers):
    body = {"model": "tiny", "input": ["fair", "winds"]}
    ours = call(target.port, "POST", "/v1/embeddings", body)
    theirs = call(servers[0].port, "POST", "/v1/embeddings", body)
    assert ours[0] == theirs[0] >= 400
    assert ours[2] == theirs[2]
    assert "x-fairway-reason" not in ours[1]


def test_responses_unary_and_stream(client):
    whole = client.responses.create(model="tiny", input="Which way is fair?", max_output_tokens=8, temperature=0)
    assert whole.object == "response"
    assert whole.model == "tiny"
    assert whole.usage.output_tokens == 8
    events = list(
        client.responses.create(
            model="tiny", input="Which way is fair?", max_output_tokens=8, temperature=0, stream=True
        )
    )
    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == whole.output_text


def test_anthropic_messages(target):
    body = {
        "model": "tiny",
        "system": "Be brief.",
        "max_tokens": 8,
        "temperature": 0,
        "messages": [{"role": "user", "content": "Which way is fair?"}],
    }
    status, _, answer = call(target.port, "POST", "/v1/messages", body)
    assert status == 200
    assert answer["type"] == "message"
    assert answer["stop_reason"] in ("max_tokens", "end_turn")
    counted = {name: body[name] for name in ("model", "system", "messages")}
    status, _, count = call(target.port, "POST", "/v1/messages/count_tokens", counted)
    assert status == 200
    usage = answer["usage"]
    cached = usage.get("cache_read_input_tokens", 0) + usage.get("cache_creation_input_tokens", 0)
    assert count["input_tokens"] == usage["input_tokens"] + cached
    status, headers, stream = call(target.port, "POST", "/v1/messages", body | {"stream": True})
    assert status == 200
    assert headers["content-type"].startswith("text/event-stream")
    assert "event: message_stop" in stream


def test_usage_of_every_api_is_logged(gateway):
    for path, body in (
        ("/v1/responses", {"model": "tiny", "input": "hello", "max_output_tokens": 5}),
        ("/v1/messages", {"model": "tiny", "max_tokens": 5, "messages": [{"role": "user", "content": "hello"}]}),
    ):
        _, headers, _ = call(gateway.port, "POST", path, body)
        line = gateway.log_lines(headers["x-request-id"])[0]
        assert line["gen_ai.usage.output_tokens"] == 5, line
        assert line["gen_ai.usage.input_tokens"] > 0, line


def test_tokenize_passes(target):
    status, _, answer = call(target.port, "POST", "/tokenize", {"model": "tiny", "prompt": "fair winds"})
    assert status == 200
    assert answer["count"] == len(answer["tokens"]) > 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/sleep"),
        ("POST", "/reset_prefix_cache"),
        ("POST", "/v1/load_lora_adapter"),
        ("POST", "/v1/unload_lora_adapter"),
        ("POST", "/abort_requests"),
        ("POST", "//pause"),
        ("GET", "/metrics"),
        ("GET", "/%6detrics"),
        ("GET", "/v1/../metrics"),
    ],
)
def test_what_controls_an_engine_does_not_pass(gateway, method, path):
    status, headers, answer = call(gateway.port, method, path, {} if method == "POST" else None)
    assert status == 403
    assert headers["x-fairway-reason"] == "control-path"
    assert answer["error"]["type"] == "permission_error"


def test_an_unknown_path_is_the_engines_to_answer(target):
    status, headers, answer = call(target.port, "GET", "/no/such/path")
    assert status == 404
    assert answer == {"detail": "Not Found"}
    assert "x-fairway-reason" not in headers


@pytest.mark.parametrize("adapter", ["lora-a", "lora-b"])
def test_adapters_answer_under_every_api(client, adapter):
    answer = client.responses.create(model=adapter, input="Which way is fair?", max_output_tokens=4)
    assert answer.model == adapter
