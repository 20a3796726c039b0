"""Requests that begin alike go where the engine has the beginning in its cache, and the engine says so."""

import uuid

import openai
import traffic
from servers import BLOCK_TOKENS


def long_beginning() -> str:
    """About 600 tokens that no earlier request began with."""
    return f"Case {uuid.uuid4().hex}. " + "The gateway sends a request to the server that has its beginning. " * 40


def ask(client: openai.OpenAI, beginning: str, question: str):
    """Returns (endpoint, cached tokens, request id)."""
    raw = client.chat.completions.with_raw_response.create(
        model="tiny",
        messages=[{"role": "system", "content": beginning}, {"role": "user", "content": question}],
        max_tokens=4,
        temperature=0,
    )
    details = raw.parse().usage.prompt_tokens_details
    return raw.headers.get("x-fairway-endpoint"), details.cached_tokens, raw.headers.get("x-request-id")


def test_the_engine_reuses_a_repeated_beginning(client):
    beginning = long_beginning()
    _, first, _ = ask(client, beginning, "One?")
    _, second, _ = ask(client, beginning, "And two?")
    assert first < BLOCK_TOKENS
    assert second >= 4 * BLOCK_TOKENS


def test_same_beginning_same_server_and_beginnings_spread(client, gateway):
    beginnings = [long_beginning() for _ in range(8)]
    first = [ask(client, beginning, "One?")[0] for beginning in beginnings]
    for turn in range(3):
        for beginning, home in zip(beginnings, first):
            endpoint, cached, _ = ask(client, beginning, f"And {turn}?")
            assert endpoint == home
            assert cached >= 4 * BLOCK_TOKENS
    assert len(set(first)) == 2, "every beginning went to one server"


def test_the_record_shows_the_prefix_score(client, gateway):
    beginning = long_beginning()
    home, _, _ = ask(client, beginning, "One?")
    endpoint, cached, request_id = ask(client, beginning, "Why here?")
    assert endpoint == home
    record = gateway.decision(request_id)
    assert record["decided"]["picked"] == home
    assert record["tokens"]["cached"] == cached
    scores = {c["endpoint"]: prefix_score(c) for c in record["candidates"]}
    assert len(scores) == 2
    assert scores.pop(home) > 0.5
    assert list(scores.values()) == [0]


def prefix_score(candidate: dict) -> float:
    (score,) = [score["raw"] for name, score in candidate["scores"].items() if "prefix" in name]
    return score
