"""What a client sees: one request with everything that came back, and a bounded load of them.

Invariant: every request that is sent yields exactly one Outcome, whatever happens to it.
"""

import dataclasses
import http.client
import json
import socket
import threading
import time
import uuid

CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"


@dataclasses.dataclass
class Outcome:
    """`verdict` is one of
    ok           the whole answer came (stream: with [DONE])
    aborted      the engine said it gave up (finish_reason "abort")
    empty        a stream that ended in order, with neither a token nor a finish_reason
    error-event  a stream carried an error object after it had begun
    cut          the body began and stopped before its end
    refused      an answer with an error status
    no-answer    the connection ended before a status line
    hang         nothing for the whole timeout
    """

    request_id: str
    stream: bool
    verdict: str = "no-answer"
    status: int = 0
    endpoint: str = ""
    reason: str = ""
    body: str = ""
    seconds: float = 0.0

    def lost(self) -> bool:
        """True when this request could have gone to another server without the client knowing: it did not
        succeed, and nothing of an answer had come. A stream's opening without a token is no answer."""
        if self.verdict == "ok":
            return False
        return self.status != 200 or not self.stream or '"content":"' not in self.body.replace('"content":""', "")

    def __str__(self) -> str:
        kind = "stream" if self.stream else "unary"
        tail = self.body[-160:].replace("\n", "|")
        return (
            f"{self.request_id} {kind} {self.verdict} {self.status} {self.endpoint} {self.reason} "
            f"{self.seconds:.2f}s ...{tail}"
        )


def chat_body(text: str, *, stream: bool = False, max_tokens: int = 16, model: str = "tiny") -> dict:
    body = {
        "model": model,
        "messages": [{"role": "user", "content": text}],
        "max_tokens": max_tokens,
        "temperature": 0,
        "ignore_eos": True,  # random weights would end anywhere
    }
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return body


def send(port: int, body: dict, *, path: str = CHAT, timeout: float = 60.0, request_id: str = "") -> Outcome:
    """One request on a connection of its own, read to its end."""
    outcome = Outcome(request_id or f"test-{uuid.uuid4().hex[:12]}", bool(body.get("stream")))
    begin = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        headers = {"Content-Type": "application/json", "X-Request-Id": outcome.request_id}
        connection.request("POST", path, json.dumps(body), headers)
        response = connection.getresponse()
        outcome.status = response.status
        outcome.endpoint = response.getheader("x-fairway-endpoint", "")
        outcome.reason = response.getheader("x-fairway-reason", "")
        outcome.verdict = "cut"
        pieces = []
        try:
            while piece := response.read1(65536):
                pieces.append(piece)
        finally:
            outcome.body = b"".join(pieces).decode(errors="replace")
        outcome.verdict = judge(outcome)
    except TimeoutError:
        outcome.verdict = "hang"
    except (OSError, http.client.HTTPException):
        pass  # the verdict so far says how far it came
    finally:
        connection.close()
        outcome.seconds = time.monotonic() - begin
    return outcome


def judge(outcome: Outcome) -> str:
    if outcome.status >= 400:
        return "refused"
    if not outcome.stream:
        try:
            answer = json.loads(outcome.body)
        except ValueError:
            return "cut"
        finish = {choice["finish_reason"] for choice in answer.get("choices", [])}
        return "aborted" if "abort" in finish else "ok"
    events = sse_events(outcome.body)
    if any("error" in event for event in events):
        return "error-event"
    finish = {c.get("finish_reason") for event in events for c in event.get("choices", [])}
    if "abort" in finish:
        return "aborted"
    if not outcome.body.rstrip().endswith("data: [DONE]"):
        return "cut"
    return "ok" if finish - {None} else "empty"


def sse_events(body: str) -> list[dict]:
    """The JSON of every complete event; a torn last one is left out."""
    events = []
    for block in body.split("\n\n"):
        payload = block.removeprefix("data: ")
        if payload.startswith("{"):
            try:
                events.append(json.loads(payload))
            except ValueError:
                pass
    return events


class OpenRequest:
    """A request that this client will not read to its end: `close` disconnects."""

    def __init__(self, port: int, body: dict, *, request_id: str = ""):
        self.request_id = request_id or f"test-{uuid.uuid4().hex[:12]}"
        payload = json.dumps(body).encode()
        head = (
            f"POST {CHAT} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
            f"X-Request-Id: {self.request_id}\r\nContent-Length: {len(payload)}\r\n\r\n"
        )
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.sendall(head.encode() + payload)

    def read_until(self, wanted: bytes) -> bytes:
        seen = b""
        while wanted not in seen:
            piece = self.socket.recv(65536)
            if not piece:
                raise AssertionError(f"closed before {wanted!r}: {seen[-300:]!r}")
            seen += piece
        return seen

    def close(self) -> None:
        self.socket.close()


class Load:
    """`clients` threads, each sending the next request when its last one ended: unary and stream in turn.

    At most `limit` requests in all. `stop` lets what is in flight end, and returns every outcome.
    """

    def __init__(self, port: int, clients: int, *, max_tokens: int = 120, limit: int = 5000, timeout: float = 60.0):
        self.port = port
        self.max_tokens = max_tokens
        self.timeout = timeout
        self.left = limit
        self.outcomes: list[Outcome] = []
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._client, args=(i,)) for i in range(clients)]
        for thread in self.threads:
            thread.start()

    def _client(self, index: int) -> None:
        turn = index
        while not self.stopping.is_set():
            with self.lock:
                self.left -= 1
                if self.left < 0:
                    return
            text = f"client {index} asks for the {turn}th time {uuid.uuid4().hex}"
            body = chat_body(text, stream=turn % 2 == 0, max_tokens=self.max_tokens)
            outcome = send(self.port, body, timeout=self.timeout)
            turn += 1
            with self.lock:
                self.outcomes.append(outcome)
            if outcome.verdict != "ok":
                time.sleep(0.05)  # an error answered at once must not become a storm

    def done(self) -> list[Outcome]:
        with self.lock:
            return list(self.outcomes)

    def stop(self) -> list[Outcome]:
        self.stopping.set()
        for thread in self.threads:
            thread.join(self.timeout + 30)
        assert not any(thread.is_alive() for thread in self.threads), "a client thread hangs"
        return self.done()


def answers(port: int) -> bool:
    """Whether a server there says that it is healthy."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def eventually(condition, seconds: float, what: str, every: float = 0.1):
    """Waits until `condition()` is true and returns its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(every)
