#!/usr/bin/env python3
"""start_once.py COMMAND...: runs `COMMAND sim` and `COMMAND serve`, sends a chat completion through, and ends
both by SIGTERM. Exits 0 if the answer was right and both ended with 0."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url: str, body: dict | None = None) -> dict | str:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read().decode()
    return json.loads(text) if body is not None else text


def wait_ready(url: str, processes: list[subprocess.Popen]) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            get(url)
            return
        except (urllib.error.URLError, OSError):
            ended = [process.args for process in processes if process.poll() is not None]
            if ended or time.monotonic() > deadline:
                raise SystemExit(f"not ready: {url}; ended: {ended}")
            time.sleep(0.05)


def main(command: list[str]) -> None:
    worker, clients, admin = free_port(), free_port(), free_port()
    sim = subprocess.Popen([*command, "sim", "--port", str(worker), "--model", "packaged"])
    serve = subprocess.Popen([*command, "serve", f"http://127.0.0.1:{worker}", "--listen", f"127.0.0.1:{clients}",
                              "--admin", f"127.0.0.1:{admin}"])
    processes = [serve, sim]
    try:
        wait_ready(f"http://127.0.0.1:{admin}/readyz", processes)
        answer = get(f"http://127.0.0.1:{clients}/v1/chat/completions",
                     {"model": "packaged", "messages": [{"role": "user", "content": "hello"}]})
        assert answer["choices"][0]["message"]["content"], answer
        for process in processes:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0, f"{process.args} ended with {process.returncode}"
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()
    print("started once:", " ".join(command))


if __name__ == "__main__":
    main(sys.argv[1:])
