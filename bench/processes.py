"""What runs in a benchmark: processes on chosen cores, and what they cost.

Invariant: whatever is started here is stopped by the `with` that started it.
"""

import contextlib
import http.client
import os
import pathlib
import random
import socket
import subprocess
import time


def cores() -> tuple[list[int], list[int]]:
    """(of the proxy, of load and servers). The same one twice where there is only one: figures are worse then."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[:1], usable[1:] or usable


class NotStarted(Exception):
    """With the end of what the process wrote."""


class Process:
    def __init__(self, command: list[str], on: list[int], log: pathlib.Path):
        self.command = command
        self.on = on
        self.log = log

    def __enter__(self):
        with open(self.log, "w") as output:
            self.popen = subprocess.Popen(
                self.command,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                preexec_fn=lambda: os.sched_setaffinity(0, self.on),
            )
        return self

    def __exit__(self, *_) -> None:
        self.popen.terminate()
        try:
            self.popen.wait(10)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()

    def pids(self) -> list[int]:
        """This process and all below it."""
        found = [self.popen.pid]
        for pid in found:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                    found += map(int, (task / "children").read_text().split())
        return found

    def cpu_seconds(self) -> float:
        """Of all threads, user and system, from the scheduler's own count in nanoseconds."""
        nanoseconds = 0
        for pid in self.pids():
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                with contextlib.suppress(FileNotFoundError):  # a thread that ended takes its count with it
                    nanoseconds += int((task / "schedstat").read_text().split()[0])
        return nanoseconds / 1e9

    def rss_mib(self) -> float:
        kib = 0
        for pid in self.pids():
            for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    kib += int(line.split()[1])
        return round(kib / 1024, 1)

    def await_answer(self, port: int, path: str, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    return
            if self.popen.poll() is not None or time.monotonic() > deadline:
                raise NotStarted(f"{self.command[0]} did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)


    def await_listening(self, port: int, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2):
                return
            if self.popen.poll() is not None or time.monotonic() > deadline:
                raise NotStarted(f"{self.command[0]} did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)


def free_ports(count: int) -> list[int]:
    """`count` ports in a row that nobody listens on, below those the kernel gives away."""
    for start in random.sample(range(20000, 32000), 100):
        with contextlib.ExitStack() as probes:
            try:
                for port in range(start, start + count):
                    probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return list(range(start, start + count))
    raise SystemExit("bench: no free ports")


class Servers(Process):
    """Simulated model servers: `fairway sim`."""

    def __init__(self, binary: str, profile: str, count: int, folder: pathlib.Path):
        self.ports = free_ports(count)
        command = [binary, "sim", "--port", str(self.ports[0]), "--count", str(count)]
        command += ["--model", "bench", "--profile", profile]
        super().__init__(command, cores()[1], folder / f"sim-{self.ports[0]}.log")

    def __enter__(self):
        super().__enter__()
        for port in self.ports:
            self.await_answer(port, "/health")
        return self
