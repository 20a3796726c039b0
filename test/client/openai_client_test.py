"""What a user of the OpenAI Python client sees through the gateway: answers, streams, its own exceptions."""

import asyncio

import openai
import pytest
import traffic
from conftest import MODEL

QUESTION = [{"role": "user", "content": "Which way is fair?"}]


def test_chat(client):
    answer = client.chat.completions.create(model=MODEL, messages=QUESTION, max_tokens=8)
    assert answer.object == "chat.completion"
    assert answer.model == MODEL
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 8
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 8


def test_chat_stream(client):
    stream = client.chat.completions.create(
        model=MODEL, messages=QUESTION, max_tokens=20, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert len([c for c in chunks if c.choices and c.choices[0].delta.content]) > 1
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "length"
    assert chunks[-1].usage.completion_tokens == 20
    assert len({c.id for c in chunks}) == 1


def test_completions(client):
    answer = client.completions.create(model=MODEL, prompt="Fair winds", max_tokens=8)
    assert answer.object == "text_completion"
    assert answer.choices[0].text
    pieces = list(client.completions.create(model=MODEL, prompt="Fair winds", max_tokens=8, stream=True))
    assert len(pieces) > 1


def test_models(client):
    assert MODEL in [model.id for model in client.models.list()]


def test_async_client_many_at_once(gateway):
    async def ask(made, number: int) -> int:
        answer = await made.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": f"number {number}"}], max_tokens=5
        )
        return answer.usage.completion_tokens

    async def all_of_them() -> list[int]:
        async with openai.AsyncOpenAI(base_url=gateway.url + "/v1", api_key="none", max_retries=0) as made:
            return await asyncio.gather(*(ask(made, number) for number in range(40)))

    assert asyncio.run(all_of_them()) == [5] * 40


def test_headers_of_a_raw_response(client, gateway, servers):
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL, messages=QUESTION, max_tokens=2, extra_headers={"X-Request-Id": "client-chose-this"}
    )
    assert raw.headers["x-request-id"] == "client-chose-this"
    assert raw.headers["x-fairway-endpoint"] in {f"127.0.0.1:{port}" for port in servers}
    for part in ("queue", "pick", "upstream"):
        assert part in raw.headers["server-timing"]
    assert raw.parse().choices[0].message.content
    assert gateway.decision("client-chose-this")["decided"]["picked"] == raw.headers["x-fairway-endpoint"]


def test_unknown_model_is_not_found_and_names_the_known(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="llama-3.1-9b", messages=QUESTION)
    error = caught.value
    assert "llama-3.1-9b" in error.message
    assert MODEL in error.message
    assert error.body["type"]
    assert error.response.headers["x-fairway-reason"] == "unknown-model"
    assert error.request_id  # the client reads it from x-request-id


def test_bad_request(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model=MODEL, messages=QUESTION, max_tokens=-1)
    assert caught.value.body["message"]


def test_missing_model_is_a_bad_request_or_the_only_model(client):
    """With one base model behind the gateway, leaving out `model` can only mean that one."""
    answer = client.post("/chat/completions", body={"messages": QUESTION, "max_tokens": 2}, cast_to=object)
    assert answer["choices"]


def test_unknown_path_is_not_found(client):
    with pytest.raises(openai.NotFoundError):
        client.get("/no-such-thing", cast_to=object)


def test_a_client_that_times_out_leaves_nothing_behind(gateway):
    with openai.OpenAI(base_url=gateway.url + "/v1", api_key="none", max_retries=0, timeout=0.4) as hasty:
        with pytest.raises(openai.APITimeoutError):
            hasty.chat.completions.create(model=MODEL, messages=QUESTION, max_tokens=2000)
    traffic.eventually(lambda: gateway.in_flight() == 0, 3, "in-flight back to zero")


def test_a_stream_left_in_the_middle_leaves_nothing_behind(client, gateway):
    stream = client.chat.completions.create(model=MODEL, messages=QUESTION, max_tokens=2000, stream=True)
    for number, _ in enumerate(stream):
        if number == 3:
            break
    assert gateway.in_flight() > 0
    stream.close()
    traffic.eventually(lambda: gateway.in_flight() == 0, 3, "in-flight back to zero")


def test_every_request_is_logged_once(client, gateway):
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=QUESTION, max_tokens=2)
    assert len(gateway.log_lines(raw.headers["x-request-id"])) == 1
