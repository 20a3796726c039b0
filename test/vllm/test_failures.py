"""A server dies, hangs or leaves under load: what had no answer yet is answered by the other one.

Each test keeps a bounded load on the gateway, does one thing to the first server, sees the load go on, brings
the server back, and then checks every single request.
"""

import collections
import time

import pytest
import traffic

CLIENTS = 12  # more than both engines run at once, so that some always wait inside an engine


@pytest.fixture
def load(gateway, servers):
    traffic.eventually(lambda: all(served_by(gateway.port, s) for s in servers), 60, "both servers serve")
    running = traffic.Load(gateway.port, CLIENTS, max_tokens=60, timeout=100)
    try:
        traffic.eventually(lambda: len(running.done()) > CLIENTS, 60, "load runs")
        yield running
    finally:
        running.stop()


def served_by(port: int, server) -> bool:
    return traffic.send(port, traffic.chat_body(f"hello {time.monotonic()}", max_tokens=1)).endpoint == server.address


def answered_since(load, begin: int, address: str | None = None) -> int:
    """How many of the requests that ended after the first `begin` went well (at `address`)."""
    return sum(o.verdict == "ok" and address in (None, o.endpoint) for o in load.done()[begin:])


def check_every_request(gateway, outcomes) -> None:
    lost = [str(o) for o in outcomes if o.lost()]
    assert not lost, f"{len(lost)} of {len(outcomes)} lost:\n" + "\n".join(lost[:10])
    hanging = [str(o) for o in outcomes if o.verdict == "hang"]
    assert not hanging, "\n".join(hanging)
    traffic.eventually(lambda: gateway.in_flight() == 0, 5, "in-flight back to zero")
    check_log(gateway, outcomes)


def check_log(gateway, outcomes) -> None:
    """Every request has one line in the access log; lines may come a moment after the answers."""
    for _ in range(50):
        lines = collections.Counter(line["request_id"] for line in gateway.all_log_lines())
        odd = [f"{lines[o.request_id]} lines: {o}" for o in outcomes if lines[o.request_id] != 1]
        if not odd:
            return
        time.sleep(0.1)
    raise AssertionError(f"{len(odd)} of {len(outcomes)} requests:\n" + "\n".join(odd[:10]))


def test_killed(gateway, fleet, servers, load):
    first, second = servers
    traffic.eventually(lambda: first.running() > 0, 10, "first server busy")
    before = len(load.done())
    first.kill()
    traffic.eventually(lambda: answered_since(load, before, second.address) > 30, 60, "load goes on")
    fleet.start(first.port)
    restarted = len(load.done())
    traffic.eventually(lambda: answered_since(load, restarted, first.address) > 3, 60, "serves again")
    outcomes = load.stop()
    check_every_request(gateway, outcomes)
    assert all(o.seconds < 20 for o in outcomes)


def test_terminated(gateway, fleet, servers, load):
    first, second = servers
    traffic.eventually(lambda: first.running() > 0, 10, "first server busy")
    before = len(load.done())
    first.terminate()
    traffic.eventually(lambda: answered_since(load, before, second.address) > 30, 60, "load goes on")
    traffic.eventually(first.gone, 10, "the server ended")
    fleet.start(first.port)
    restarted = len(load.done())
    traffic.eventually(lambda: answered_since(load, restarted, first.address) > 3, 60, "serves again")
    check_every_request(gateway, load.stop())


def test_hung(gateway, servers, load):
    """The engine stops; its HTTP side still says that it is healthy."""
    first, second = servers
    traffic.eventually(lambda: first.running() > 0, 10, "first server busy")
    first.freeze_engine()
    try:
        begin = time.monotonic()
        assert first.healthy()
        traffic.eventually(lambda: gateway.ejected(first.address), 60, "hung server ejected")
        assert time.monotonic() - begin > 15, "ejected before it can have been hung"
        assert first.healthy()
        before = len(load.done())
        traffic.eventually(lambda: answered_since(load, before, second.address) > 30, 60, "load goes on")
    finally:
        first.thaw_engine()
    thawed = len(load.done())
    traffic.eventually(lambda: answered_since(load, thawed, first.address) > 3, 90, "serves again")
    outcomes = load.stop()
    check_every_request(gateway, outcomes)
    assert max(o.seconds for o in outcomes) < 60
    traffic.eventually(lambda: first.running() == 0, 5, "the engine dropped what was taken from it")
