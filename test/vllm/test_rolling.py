"""Servers are restarted under load, one after the other, as a deployment does it: no request is lost that had no
byte of its answer yet."""

import pytest
import traffic
from test_failures import CLIENTS, answered_since, check_every_request, served_by


@pytest.fixture
def load(gateway, servers):
    traffic.eventually(lambda: all(served_by(gateway.port, s) for s in servers), 60, "both servers serve")
    running = traffic.Load(gateway.port, CLIENTS, max_tokens=60, timeout=100)
    try:
        traffic.eventually(lambda: len(running.done()) > CLIENTS, 60, "load runs")
        yield running
    finally:
        running.stop()


def restart(fleet, load, server, *options: str) -> None:
    before = len(load.done())
    server.terminate(30)
    traffic.eventually(server.gone, 10, "the server ended")
    others = [s.address for port, s in fleet.servers.items() if port != server.port]
    traffic.eventually(lambda: answered_since(load, before, others[0]) > 10, 60, "load goes on")
    fleet.start(server.port, options=options)
    begin = len(load.done())
    traffic.eventually(lambda: answered_since(load, begin, server.address) > 3, 60, "serves again")


def test_rolling_restart_of_all(gateway, fleet, servers, load):
    for server in servers:
        restart(fleet, load, server)
    outcomes = load.stop()
    check_every_request(gateway, outcomes)


def test_rolling_restart_with_a_shutdown_timeout(gateway, fleet, servers, load):
    """What runs ends in order; whatever comes meanwhile gets a 500 that says "cannot schedule new futures"."""
    for server in servers:
        restart(fleet, load, server, "--shutdown-timeout", "20")
    before = len(load.done())
    for server in servers:
        restart(fleet, load, fleet.servers[server.port])
    outcomes = load.stop()
    check_every_request(gateway, outcomes)
    second_round = outcomes[before:]
    assert any(o.verdict == "ok" for o in second_round)
