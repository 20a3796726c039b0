"""Simulated model servers, a certificate, and the gateway in plaintext and over TLS, once for the whole run."""

import os
import pathlib
import subprocess

import pytest
import traffic
from gateway import BINARY, REPOSITORY, Gateway, free_port

MODEL = "llama-3.1-8b"
FOLDER = REPOSITORY / "build" / "judges"


@pytest.fixture(scope="session")
def server():
    """The port of a simulated model server."""
    port = free_port()
    command = [BINARY, "sim", "--port", str(port), "--model", MODEL, "--profile", "instant"]
    with open(FOLDER / "sim.log", "w") as log:
        process = subprocess.Popen([os.fspath(word) for word in command], stdout=log, stderr=log)
    try:
        traffic.eventually(lambda: traffic.answers(port), 15, "the server answers")
        yield port
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def certificate():
    """The files of a certificate for localhost and its key."""
    chain, key = FOLDER / "localhost.pem", FOLDER / "localhost.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key,
                    "-out", chain], check=True, capture_output=True, timeout=60)
    return pathlib.Path(chain), pathlib.Path(key)


@pytest.fixture(scope="session")
def gateway(server):
    with Gateway([f"http://127.0.0.1:{server}"], FOLDER / "plain") as running:
        yield running


@pytest.fixture(scope="session")
def tls_gateway(server, certificate):
    flags = ["--tls-cert", certificate[0], "--tls-key", certificate[1]]
    with Gateway([f"http://127.0.0.1:{server}"], FOLDER / "tls", flags) as running:
        yield running
