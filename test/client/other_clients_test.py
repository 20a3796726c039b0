"""Clients beside OpenAI's chats, unchanged: embeddings, responses, Anthropic's own client, LangChain."""

import anthropic
import openai
import pytest
import traffic
from conftest import MODEL
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

QUESTION = [{"role": "user", "content": "Which way is fair?"}]


@pytest.fixture
def claude(gateway):
    with anthropic.Anthropic(base_url=gateway.url, api_key="none", max_retries=0, timeout=20) as made:
        yield made


def test_embeddings(client):
    answer = client.embeddings.create(model=MODEL, input=["fair", "winds"])
    assert len(answer.data) == 2
    assert len(answer.data[0].embedding) > 1
    assert answer.usage.prompt_tokens > 0


def test_responses(client, gateway):
    whole = client.responses.create(model=MODEL, input="Which way is fair?", max_output_tokens=6)
    assert whole.model == MODEL
    assert whole.output_text
    assert whole.usage.output_tokens == 6
    events = list(client.responses.create(model=MODEL, input="And now?", max_output_tokens=6, stream=True))
    assert events[0].type == "response.created"
    assert events[-1].type in ("response.completed", "response.incomplete")
    traffic.eventually(lambda: gateway.in_flight() == 0, 3, "in-flight back to zero")


def test_one_model(client):
    assert client.models.retrieve(MODEL).id == MODEL
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("no-such-model")


def test_what_controls_a_server_is_forbidden(client):
    with pytest.raises(openai.PermissionDeniedError) as caught:
        client.post("/load_lora_adapter", body={"lora_name": "x", "lora_path": "/x"}, cast_to=object)
    assert caught.value.response.headers["x-fairway-reason"] == "control-path"


def test_anthropic_messages(claude):
    answer = claude.messages.create(model=MODEL, max_tokens=6, system="Be brief.", messages=QUESTION)
    assert answer.model == MODEL
    assert answer.content[0].text
    assert answer.stop_reason == "max_tokens"
    assert answer.usage.output_tokens == 6


def test_anthropic_stream(claude):
    with claude.messages.stream(model=MODEL, max_tokens=12, messages=QUESTION) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    assert len(pieces) > 1
    assert "".join(pieces) == final.content[0].text
    assert final.usage.output_tokens == 12


def test_anthropic_errors_have_a_status_that_its_client_knows(claude):
    with pytest.raises(anthropic.NotFoundError):
        claude.messages.create(model="no-such-model", max_tokens=6, messages=QUESTION)


def test_langchain(gateway):
    chat = ChatOpenAI(base_url=gateway.url + "/v1", api_key="none", model=MODEL, max_tokens=6, max_retries=0)
    answer = chat.invoke("Which way is fair?")
    assert answer.content
    assert answer.usage_metadata["output_tokens"] == 6
    assert "".join(piece.content for piece in chat.stream("Which way is fair?"))
    embeddings = OpenAIEmbeddings(
        base_url=gateway.url + "/v1", api_key="none", model=MODEL, check_embedding_ctx_length=False
    )
    assert len(embeddings.embed_documents(["fair", "winds"])) == 2
