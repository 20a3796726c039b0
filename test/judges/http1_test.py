"""curl and nginx as peers of our HTTP/1, on both sides, in plaintext and over TLS."""

import json
import subprocess

import pytest
from conftest import FOLDER, MODEL
from gateway import Gateway
from nginx import Nginx

UNARY = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 4})
STREAM = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 4,
                     "stream": True})
CHAT = "/v1/chat/completions"


def curl(*words) -> subprocess.CompletedProcess:
    command = ["curl", "-sS", "--max-time", "20", "-H", "content-type: application/json", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done


def check(base: str, *options) -> None:
    """A unary answer and a stream."""
    answer = json.loads(curl(*options, base + CHAT, "-d", UNARY).stdout)
    assert answer["usage"]["completion_tokens"] == 4
    stream = curl(*options, "-N", base + CHAT, "-d", STREAM).stdout
    assert stream.endswith("data: [DONE]\n\n"), stream


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1"])
def test_curl_in_plaintext(gateway, version):
    check(gateway.url, version)


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_curl_over_tls(tls_gateway, certificate, version):
    base = f"https://localhost:{tls_gateway.port}"
    check(base, version, "--cacert", certificate[0])
    agreed = curl(version, "--cacert", certificate[0], base + "/v1/models", "-o", "/dev/null", "-w", "%{http_version}")
    assert agreed.stdout == version.removeprefix("--http")


@pytest.mark.parametrize("highest", ["1.2", "1.3"])
def test_curl_with_each_version_of_tls(tls_gateway, certificate, highest):
    check(f"https://127.0.0.1:{tls_gateway.port}", "--tls-max", highest, "--cacert", certificate[0])


def test_curl_refuses_a_certificate_it_does_not_know(tls_gateway):
    command = ["curl", "-sS", "--max-time", "10", f"https://localhost:{tls_gateway.port}/v1/models"]
    assert subprocess.run(command, capture_output=True, timeout=20).returncode == 60


def test_curl_waits_for_100_continue(gateway):
    done = curl("-v", "--http1.1", "-H", "expect: 100-continue", gateway.url + CHAT, "-d", UNARY)
    assert "HTTP/1.1 100 Continue" in done.stderr
    assert json.loads(done.stdout)["usage"]


def test_curl_sends_chunks_and_keeps_the_connection(gateway):
    done = curl("-v", "--http1.1", "-H", "transfer-encoding: chunked", gateway.url + CHAT, "-d", UNARY,
                "--next", "-sS", gateway.url + "/v1/models")
    assert "Re-using existing connection" in done.stderr
    assert MODEL in done.stdout


def test_curl_is_told_of_a_body_too_large(gateway):
    done = curl("--http1.1", "-H", "expect:", "-X", "POST", "-H", "content-length: 104857600", gateway.url + CHAT,
                "-o", "/dev/null", "-w", "%{http_code}")
    assert done.stdout == "413"


def test_nginx_before_the_gateway(gateway):
    with Nginx(FOLDER / "before", gateway.port) as nginx:
        for _ in range(3):
            check(f"http://127.0.0.1:{nginx.port}")


def test_nginx_as_a_model_server(server):
    with Nginx(FOLDER / "behind", server) as nginx:
        with Gateway([f"http://127.0.0.1:{nginx.port}"], FOLDER / "to-nginx") as gateway:
            for _ in range(3):
                check(gateway.url)


def test_nginx_as_a_model_server_over_tls(server, certificate):
    with Nginx(FOLDER / "behind-tls", server, certificate) as nginx:
        url = f"https://localhost:{nginx.port}"
        with Gateway([url], FOLDER / "to-nginx-tls", ["--upstream-ca", certificate[0]]) as gateway:
            for _ in range(3):
                check(gateway.url)
            _, page = gateway.ask("/metrics")
            assert 'fairway_scrapes_total{outcome="ok"} 0' not in page, "scraped over TLS too"
