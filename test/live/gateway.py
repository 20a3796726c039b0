"""The gateway under test: starts it, asks its admin port, and checks at the end that it stopped in order.

Invariant: the process that it started is gone when its `with` ends, whatever happened inside.
"""

import http.client
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import time

import traffic

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("FAIRWAY_BIN", REPOSITORY / "build" / "release" / "fairway"))


def free_port() -> int:
    """A port that nobody listens on; below 32768, where the kernel gives none away. Drawn, not counted up: a
    gateway shares its port with a second one that is told the same (SO_REUSEPORT)."""
    for port in random.sample(range(20000, 32000), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass
    raise RuntimeError("no free port")


class Gateway:
    def __init__(self, urls: list[str], folder: pathlib.Path, flags=()):
        folder.mkdir(parents=True, exist_ok=True)
        self.urls = urls
        self.flags = [str(flag) for flag in flags]
        self.port = free_port()
        self.admin = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.access_log = folder / "access.log"
        self.output = folder / "gateway.log"
        self.access_log.unlink(missing_ok=True)

    def __enter__(self) -> "Gateway":
        command = [
            str(BINARY), "serve", *self.urls,
            "--listen", f"127.0.0.1:{self.port}",
            "--admin", f"127.0.0.1:{self.admin}",
            "--access-log", str(self.access_log),
            *self.flags,
        ]  # fmt: skip
        with open(self.output, "w") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            traffic.eventually(self._ready, 15, f"gateway ready, see {self.output}")
        except AssertionError:
            self.process.kill()
            raise
        return self

    def __exit__(self, kind, *_) -> None:
        alive = self.process.poll() is None
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = "no end within 15 s of SIGTERM"
        if kind is None:
            assert alive, f"the gateway died with status {status}, see {self.output}"
            assert status == 0, f"the gateway ended with {status}, see {self.output}"

    def _ready(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"the gateway ended at once:\n{self.output.read_text()[-2000:]}")
        try:
            return self.ask("/readyz")[0] == 200
        except OSError:
            return False

    def ask(self, path: str) -> tuple[int, str]:
        """A GET on the admin port."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def json(self, path: str):
        status, body = self.ask(path)
        assert status == 200, f"{path}: {status} {body[:300]}"
        return json.loads(body)

    def decision(self, request_id: str) -> dict:
        """The one record of a request id."""
        found = self.json(f"/debug/decisions/{request_id}")["decisions"]
        assert len(found) == 1, f"{len(found)} records of {request_id}"
        return found[0]

    def endpoint(self, address: str) -> dict:
        found = [e for e in self.json("/debug/endpoints")["endpoints"] if e["endpoint"] == address]
        assert len(found) == 1, f"{len(found)} entries of {address}"
        return found[0]

    def ejected(self, address: str) -> bool:
        return self.endpoint(address)["health"]["standing"] == "ejected"

    def in_flight(self) -> int:
        """Requests and tokens that the gateway counts as under way, anywhere."""
        counts = [e["in_flight"] for e in self.json("/debug/endpoints")["endpoints"]]
        return sum(c["requests"] + c["tokens"] + c["bytes"] for c in counts)

    def log_lines(self, request_id: str, seconds: float = 5.0) -> list[dict]:
        """Access-log lines of one request; the log may be written a moment after the answer."""
        deadline = time.monotonic() + seconds
        while True:
            lines = [e for e in self.all_log_lines() if e["request_id"] == request_id]
            if lines or time.monotonic() > deadline:
                return lines
            time.sleep(0.1)

    def all_log_lines(self) -> list[dict]:
        if not self.access_log.exists():
            return []
        text = self.access_log.read_text()
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
