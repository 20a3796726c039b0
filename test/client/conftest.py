"""Two simulated model servers and a gateway in front, once for the whole run."""

import os
import pathlib
import subprocess

import openai
import pytest
import traffic
from gateway import BINARY, REPOSITORY, Gateway, free_port

MODEL = "llama-3.1-8b"
FOLDER = REPOSITORY / "build" / "client"


@pytest.fixture(scope="session")
def servers():
    """Ports of the servers."""
    first = free_port()
    profile = pathlib.Path(__file__).with_name("steady.yaml")
    command = [BINARY, "sim", "--port", str(first), "--count", "2", "--model", MODEL, "--profile", profile]
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "sim.log", "w") as log:
        process = subprocess.Popen([os.fspath(word) for word in command], stdout=log, stderr=log)
    try:
        traffic.eventually(lambda: traffic.answers(first) and traffic.answers(first + 1), 15, "servers answer")
        yield [first, first + 1]
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def gateway(servers):
    with Gateway([f"http://127.0.0.1:{port}" for port in servers], FOLDER) as running:
        yield running


@pytest.fixture
def client(gateway):
    with openai.OpenAI(base_url=gateway.url + "/v1", api_key="none", max_retries=0, timeout=20) as made:
        yield made
