"""A client that goes away frees what it held: in the engine, in the gateway, in every phase."""

import traffic
from servers import MAX_RUNNING

LONG = 3500  # tokens: several seconds of work


def quiet(servers) -> bool:
    return all(server.running() == 0 and server.waiting() == 0 for server in servers)


def test_leaving_in_the_middle_of_a_stream(target, servers):
    traffic.eventually(lambda: quiet(servers), 10, "engines idle before the test")
    body = traffic.chat_body("a long story", stream=True, max_tokens=LONG)
    request = traffic.OpenRequest(target.port, body)
    request.read_until(b'"content":')
    assert sum(server.running() for server in servers) == 1
    request.close()
    traffic.eventually(lambda: quiet(servers), 3, "engine dropped the request")


def test_leaving_before_a_unary_answer(target, servers):
    body = traffic.chat_body("a long answer", max_tokens=LONG)
    request = traffic.OpenRequest(target.port, body)
    traffic.eventually(lambda: sum(s.running() for s in servers) == 1, 5, "request runs")
    request.close()
    traffic.eventually(lambda: quiet(servers), 3, "engine dropped the request")


def test_leaving_while_the_engine_has_it_queued(target, servers):
    body = traffic.chat_body("in the way", stream=True, max_tokens=LONG)
    in_the_way = [traffic.OpenRequest(s.port, body) for s in servers for _ in range(MAX_RUNNING)]
    traffic.eventually(lambda: all(s.running() == MAX_RUNNING for s in servers), 10, "engines full")
    waiting = [
        traffic.OpenRequest(target.port, traffic.chat_body("waits", stream=stream, max_tokens=LONG))
        for stream in (True, False)
    ]
    traffic.eventually(lambda: sum(s.waiting() for s in servers) == 2, 5, "both wait in an engine")
    for request in waiting:
        request.close()
    traffic.eventually(lambda: sum(s.waiting() for s in servers) == 0, 3, "engines dropped both")
    for request in in_the_way:
        request.close()
    traffic.eventually(lambda: quiet(servers), 5, "engines idle")


def test_the_gateway_counts_nothing_afterwards_and_logs_each_once(gateway, servers):
    ids = []
    for stream in (True, False, True):
        request = traffic.OpenRequest(gateway.port, traffic.chat_body("brief", stream=stream, max_tokens=LONG))
        ids.append(request.request_id)
        traffic.eventually(lambda: sum(s.running() for s in servers) == 1, 5, "request runs")
        request.close()
        traffic.eventually(lambda: quiet(servers), 3, "engine dropped the request")
    traffic.eventually(lambda: gateway.in_flight() == 0, 3, "in-flight back to zero")
    for request_id in ids:
        assert len(gateway.log_lines(request_id)) == 1
