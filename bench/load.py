"""One run of the load generator, `fairway load`, and what it measured."""

import dataclasses
import json
import subprocess

from processes import cores


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    body_bytes: int
    stream: bool
    clients: int  # connections of the closed loop that finds nginx's most
    rate: float = 0  # fixed rate instead of a share of nginx's most

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
    command = [binary, "load", *(f"127.0.0.1:{port}" for port in ports), "--model", "bench", "--json", "-"]
    command += ["--body-bytes", str(workload.body_bytes), "--max-tokens", "64"]
    command += ["--seconds", f"{seconds:g}", "--warm-up", "0"]
    if rate:
        command += ["--rate", f"{rate:.0f}", "--connections", "512"]
    else:
        command += ["--connections", str(workload.clients)]
    if workload.stream:
        command += ["--stream"]
    if watched:
        command += ["--pids", ",".join(f"{name}={pid}" for name, pid in watched.items())]
    done = subprocess.run(
        ["taskset", "-c", ",".join(map(str, cores()[1])), *command],
        capture_output=True,
        text=True,
        timeout=seconds + 90,
    )
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
