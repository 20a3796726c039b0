"""One run of load, and what it measured: `fairway load` over HTTP/1.1, h2load over HTTP/2 and TLS."""

import dataclasses
import enum
import json
import math
import pathlib
import subprocess
import tempfile

from processes import cores


class Transport(enum.Enum):
    HTTP1 = "HTTP/1.1"
    H2C = "h2c"
    TLS = "TLS, HTTP/2"


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    body_bytes: int
    stream: bool = False
    clients: int = 64  # connections of the closed loop that finds the highest rate
    rate: float = 0  # fixed rate instead of a share of nginx's highest
    transport: Transport = Transport.HTTP1

    def __str__(self) -> str:
        return self.name


@dataclasses.dataclass(frozen=True)
class Measured:
    requests: int  # whole 2xx answers
    failures: dict[str, int]  # by kind
    rate: float  # answers a second
    p50_ms: float  # open loop: from the time at which the request was due
    p99_ms: float
    answer_bytes: int
    foreign_cores: float  # what neither the load nor a watched process used


def run(
    binary: str, ports: list[int], workload: Workload, seconds: float, rate: float = 0, watched: dict[str, int] = {}
) -> Measured:
    """Open loop at `rate` a second; closed loop with `workload.clients` connections if it is 0."""
    if workload.transport is not Transport.HTTP1:
        return run_h2load(ports[0], workload, seconds, rate)
    command = [binary, "load", *(f"127.0.0.1:{port}" for port in ports), "--model", "bench", "--json", "-"]
    command += ["--body-bytes", str(workload.body_bytes), "--max-tokens", "64", "--quiet"]
    command += ["--seconds", f"{seconds:g}", "--warm-up", "0", "--timeout", "10"]
    if rate:
        command += ["--rate", f"{rate:.1f}", "--connections", "512"]
    else:
        command += ["--connections", str(workload.clients)]
    if workload.stream:
        command += ["--stream"]
    if watched:
        command += ["--pids", ",".join(f"{name}={pid}" for name, pid in watched.items())]
    done = on_load_cores(command, seconds)
    if done.returncode != 0 and not done.stdout.startswith("{"):
        raise SystemExit(f"bench: {' '.join(command)}\nended with {done.returncode}:\n{done.stderr[-2000:]}")
    said = json.loads(done.stdout[done.stdout.index("{") : done.stdout.rindex("}") + 1])
    return Measured(
        requests=said["ok"],
        failures=said["failures"],
        rate=said["answers_per_s"],
        p50_ms=said["latency_ms"]["p50"],
        p99_ms=said["latency_ms"]["p99"],
        answer_bytes=said["answer_bytes"],
        foreign_cores=said["foreign_cores"],
    )


def on_load_cores(command: list[str], seconds: float) -> subprocess.CompletedProcess:
    pinned = ["taskset", "-c", ",".join(map(str, cores()[1])), *command]
    return subprocess.run(pinned, capture_output=True, text=True, timeout=seconds + 90)


def chat(workload: Workload) -> str:
    """A body of that size."""
    body = {"model": "bench", "max_tokens": 64, "messages": [{"role": "user", "content": ""}]}
    if workload.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    body["messages"][0]["content"] = "many words " * (workload.body_bytes // 11)
    short = workload.body_bytes - len(json.dumps(body))
    body["messages"][0]["content"] += "." * short if short > 0 else ""
    return json.dumps(body)


def run_h2load(port: int, workload: Workload, seconds: float, rate: float) -> Measured:
    """As many connections as clients, one request at a time on each; its own pace is a rate a connection."""
    seconds = math.ceil(seconds)  # it takes whole ones only
    with tempfile.TemporaryDirectory(prefix="fairway-bench-") as folder:
        body, log = pathlib.Path(folder, "body"), pathlib.Path(folder, "log")
        body.write_text(chat(workload))
        scheme = "https" if workload.transport is Transport.TLS else "http"
        clients = workload.clients
        command = ["h2load", "-c", str(clients), "-m", "1", "-t", "1", "-D", str(seconds), "-d", str(body)]
        command += ["-H", "content-type: application/json", "--log-file", str(log)]
        if rate:
            command += ["--rps", f"{rate / clients:.3f}"]
        done = on_load_cores([*command, f"{scheme}://127.0.0.1:{port}/v1/chat/completions"], seconds)
        if done.returncode != 0 or not log.exists():
            raise SystemExit(f"bench: {' '.join(command)}\nended with {done.returncode}:\n{done.stderr[-2000:]}")
        rows = [line.split() for line in log.read_text().splitlines()]
    good = sorted(int(row[2]) for row in rows if row[1].startswith("2"))
    if not good:
        raise SystemExit(f"bench: no answer over {workload.transport.value}:\n{done.stdout[-1500:]}")
    bad = len(rows) - len(good)
    return Measured(
        requests=len(good),
        failures={"status": bad} if bad else {},
        rate=len(good) / seconds,
        p50_ms=good[len(good) // 2] / 1000,
        p99_ms=good[len(good) * 99 // 100] / 1000,
        answer_bytes=0,
        foreign_cores=0,
    )
