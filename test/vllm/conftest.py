"""The two real servers, once for the whole run, and a gateway in front of them for each test file.

With FAIRWAY_VLLM_DIRECT=1 the tests of the API run against the first server itself: that tells a change of
vLLM from a change of ours. Tests that need the gateway are skipped then.
"""

import dataclasses
import os
import pathlib

import openai
import pytest
from gateway import Gateway, free_port
from servers import ROOT, Fleet

DIRECT = os.environ.get("FAIRWAY_VLLM_DIRECT") == "1"
PORTS = [free_port(), free_port()]


@pytest.fixture(scope="session")
def fleet():
    with Fleet() as running:
        running.start(*PORTS)
        yield running


@pytest.fixture
def servers(fleet):
    return [fleet.servers[port] for port in PORTS]


@pytest.fixture(scope="module")
def gateway(fleet, request):
    if DIRECT:
        pytest.skip("needs the gateway")
    folder = ROOT / "logs" / pathlib.Path(request.node.name).stem
    with Gateway([fleet.servers[port].url for port in PORTS], folder) as running:
        yield running


@dataclasses.dataclass
class Target:
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def target(fleet, request):
    """What a client speaks to: the gateway, or with FAIRWAY_VLLM_DIRECT=1 the first server."""
    return Target(PORTS[0] if DIRECT else request.getfixturevalue("gateway").port)


@pytest.fixture
def client(target):
    with openai.OpenAI(base_url=target.url + "/v1", api_key="none", max_retries=0, timeout=60) as made:
        yield made
