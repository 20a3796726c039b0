#!/usr/bin/env python3
"""./dev demo [--once]: three simulated model servers, the gateway in front, two requests and why they went there.

Runs until Ctrl-C, or with --once ends after the second request. Whatever it started it stops; it writes
nothing outside build/demo.
"""

import argparse
import contextlib
import ctypes
import http.client
import json
import pathlib
import signal
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "demo"
HOST = "127.0.0.1"
MODEL = "llama-3.1-8b"
SERVERS = 3
READY_SECONDS = 20
PROMPT = ("You are the night guide of an old harbour. You know every ship that ever came in, what she carried, "
          "who waited for her on the quay, and what became of her crew. You speak in short plain sentences, you "
          "never invent a date, and when you do not know a thing you say so. A visitor has just walked down from "
          "the station with one bag and wet shoes. It is late, the lamps are lit, and the last ferry left an hour "
          "ago. Tell the visitor where to sleep, what to look at on the way there, and which story of this place "
          "is worth staying awake for. ") * 2


class Failed(Exception):
    """The demo cannot go on; the argument says why."""


# --- ports and processes ------------------------------------------------------------------------------------


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            return True
        except OSError:
            return False


def free_ports(wanted: int, count: int, what: str, taken: set[int]) -> int:
    """The first of `count` free ports in a row: `wanted` if they are free, else some above; says so if moved."""
    for first in range(wanted, wanted + 2000, count):
        row = set(range(first, first + count))
        if not row & taken and all(map(is_free, row)):
            if first != wanted:
                print(f"port {wanted} is taken: {what} at {first} instead")
            taken |= row
            return first
    raise Failed(f"no free port for {what} from {wanted} on")


def end_with_parent() -> None:
    """In the child: the kernel ends it should this process die without a word (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Child:
    """One process of ours, its output in a file; ended when the `with` block ends."""

    def __init__(self, name: str, command: list[str]):
        self.name = name
        self.log = LOGS / f"{name}.log"
        print("  $ fairway", *command[1:])
        with open(self.log, "w", encoding="utf-8") as log:
            # A process group of its own: Ctrl-C in the terminal reaches only this script, which then ends it.
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            process_group=0, preexec_fn=end_with_parent)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()

    def check_alive(self) -> None:
        status = self.process.poll()
        if status is not None:
            last = "\n".join(self.log.read_text(errors="replace").splitlines()[-10:])
            raise Failed(f"{self.name} ended with status {status}:\n{last}")


# --- HTTP ---------------------------------------------------------------------------------------------------


def get(port: int, path: str) -> tuple[int, bytes]:
    with contextlib.closing(http.client.HTTPConnection(HOST, port, timeout=5)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()


def wait_until_ready(admin: int, children: list[Child]) -> None:
    told = b""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        for child in children:
            child.check_alive()
        with contextlib.suppress(OSError, http.client.HTTPException):
            status, told = get(admin, "/readyz")
            if status == 200:
                return
        time.sleep(0.05)
    raise Failed(f"not ready after {READY_SECONDS} s: {told.decode(errors='replace').strip()}")


def wait_for_figures(admin: int) -> None:
    """Until every server's own figures are known and none works; a demo that cannot see it goes on after 3 s."""
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        _, page = get(admin, "/debug/endpoints")
        reported = [one.get("reported", {}) for one in json.loads(page).get("endpoints", [])]
        if len(reported) == SERVERS and all(one.get("running") == 0 for one in reported):
            return
        time.sleep(0.05)


def stream_chat(port: int) -> http.client.HTTPResponse:
    """Sends a streamed chat completion and prints its tokens as they arrive."""
    body = json.dumps({"model": MODEL, "stream": True, "max_tokens": 48,
                       "stream_options": {"include_usage": True},
                       "messages": [{"role": "user", "content": PROMPT}]})
    with contextlib.closing(http.client.HTTPConnection(HOST, port, timeout=60)) as connection:
        began = time.monotonic()
        connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise Failed(f"the gateway answered {answer.status}: {answer.read().decode(errors='replace')}")
        first, usage, done = None, {}, False
        for line in answer:
            if not line.startswith(b"data: "):
                continue
            if line.strip() == b"data: [DONE]":
                done = True
                break
            event = json.loads(line[6:])
            usage = event.get("usage") or usage
            for choice in event.get("choices", []):
                text = choice.get("delta", {}).get("content") or ""
                first = first or (text and time.monotonic() - began)
                print(text, end="", flush=True)
        print()
        if not done or not first:
            raise Failed("the stream ended early")
        cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
        print(f"  [first token after {first * 1000:.0f} ms, all after {(time.monotonic() - began) * 1000:.0f} ms; "
              f"{usage.get('prompt_tokens', '?')} prompt tokens, {cached} of them cached by the server; "
              f"{usage.get('completion_tokens', '?')} generated]")
        return answer


# --- why ----------------------------------------------------------------------------------------------------


def number(value) -> str:
    return "?" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def figure(candidate: dict, name: str) -> str:
    return "unknown" if name in candidate.get("unknown", []) else number(candidate.get("load", {}).get(name))


def table(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                     for row in rows)


def score_row(name: str, candidates: list[dict]) -> list[str]:
    scores = [one.get("scores", {}).get(name) for one in candidates]
    weight = next((score["weight"] for score in scores if score), 0)
    return [f"{name} x {weight:g}", *(number(float(score["raw"])) if score else "-" for score in scores)]


def total(candidate: dict) -> str:
    """What its scores add up to, or what dropped it."""
    dropped_by = candidate.get("filtered_by")
    return f"dropped: {dropped_by}" if dropped_by else number(float(candidate.get("total", 0)))


def explain(record: dict) -> str:
    """One decision as a table: a row a scorer (its weight beside it), a column a server, the best first."""
    candidates = sorted(record.get("candidates", []), key=lambda one: one.get("order") or 99)
    scorers = dict.fromkeys(name for one in candidates for name in one.get("scores", {}))
    picked = record.get("decided", {}).get("picked")
    rows = [["", *(one.get("endpoint", "?") for one in candidates)],
            *(score_row(name, candidates) for name in scorers),
            ["= total", *(total(one) for one in candidates)],
            ["", *("picked" if one.get("endpoint") == picked else "" for one in candidates)],
            *([f"({told})", *(figure(one, name) for one in candidates)]
              for name, told in (("waiting", "waiting there"), ("running", "running there"),
                                 ("kv_usage", "KV cache in use"), ("cached_blocks", "prompt blocks cached")))]
    attempts = ", ".join(f"{one['endpoint']} {one['outcome']} ({one['ms']:.0f} ms)"
                         for one in record.get("attempts", []))
    took = record.get("timings_us", {}).get("pick", "?")
    return f"{table(rows)}\n  Deciding took {took} us. Sent to: {attempts or '?'}."


def decision(admin: int, request_id: str) -> dict:
    """The record of that request, once the gateway has closed it (just after the last byte)."""
    for _ in range(40):
        status, page = get(admin, f"/debug/decisions/{request_id}")
        found = json.loads(page).get("decisions", []) if status == 200 else []
        if found and found[0].get("finished", True):
            return found[0]
        time.sleep(0.05)
    raise Failed(f"the admin port has no finished decision {request_id}")


def show_request(gateway: int, admin: int) -> None:
    wait_for_figures(admin)
    answer = stream_chat(gateway)
    server, request_id = answer.getheader("x-fairway-endpoint"), answer.getheader("x-request-id")
    print(f"\nWhy {server}? (request {request_id})")
    record = decision(admin, request_id)
    print(explain(record))
    if record.get("decided", {}).get("picked") != server:
        raise Failed(f"the answer came from {server}, the decision says {record.get('decided')}")


# --- the whole ----------------------------------------------------------------------------------------------

TRY_NEXT = """
It runs; Ctrl-C ends all of it. In another terminal:

  curl -N http://{gateway}/v1/chat/completions -H 'Content-Type: application/json' \\
    -d '{{"model": "{model}", "stream": true, "max_tokens": 40, "messages": [{{"role": "user", "content": "Hello"}}]}}'
  curl -s http://{gateway}/v1/models
  curl -s 'http://{admin}/debug/decisions?last=3'    why the last three went where they went
  curl -s http://{admin}/debug/endpoints             what is known of each server
  curl -s http://{admin}/metrics                     for Prometheus

or with the OpenAI Python client (pip install openai):

  from openai import OpenAI
  client = OpenAI(base_url="http://{gateway}/v1", api_key="unused")
  for chunk in client.chat.completions.create(model="{model}", stream=True,
                                              messages=[{{"role": "user", "content": "Hello"}}]):
      if chunk.choices:
          print(chunk.choices[0].delta.content or "", end="", flush=True)
"""


def run(binary: str, once: bool) -> None:
    LOGS.mkdir(parents=True, exist_ok=True)
    taken: set[int] = set()
    first = free_ports(8001, SERVERS, "the model servers", taken)
    gateway = free_ports(8080, 1, "the gateway", taken)
    admin = free_ports(9901, 1, "the admin pages", taken)
    urls = [f"http://{HOST}:{first + number}" for number in range(SERVERS)]
    addresses = [f"--listen={HOST}:{gateway}"] if gateway != 8080 else []
    addresses += [f"--admin={HOST}:{admin}"] if admin != 9901 else []
    print(f"Starting {SERVERS} simulated model servers and the gateway (logs in build/demo/):")
    with contextlib.ExitStack() as stack:
        sim = stack.enter_context(Child("sim", [binary, "sim", "--port", str(first), "--count", str(SERVERS),
                                                "--model", MODEL]))
        serve = stack.enter_context(Child("serve", [binary, "serve", *urls, *addresses]))
        wait_until_ready(admin, [sim, serve])
        print(f"Ready: http://{HOST}:{gateway}. A streamed chat completion through it:\n")
        show_request(gateway, admin)
        print("\nThe same prompt again: the server that has it cached scores highest for its prefix.\n")
        show_request(gateway, admin)
        if once:
            return
        print(TRY_NEXT.format(gateway=f"{HOST}:{gateway}", admin=f"{HOST}:{admin}", model=MODEL), flush=True)
        while True:
            time.sleep(1)
            sim.check_alive()
            serve.check_alive()


def interrupt(*_) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--once", action="store_true",
                        help="end after the second request, status 0 if all went well")
    parser.add_argument("--binary", default=str(ROOT / "build" / "release" / "fairway"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        run(options.binary, options.once)
    except Failed as reason:
        print(f"demo: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped")
        return 130 if options.once else 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
