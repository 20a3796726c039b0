#!/usr/bin/env python3
"""Real vLLM servers on this machine, for tests and for trying things by hand.

    build/vllm/venv/bin/python test/vllm/servers.py 8101 8102     runs two until Ctrl-C

As a library: `with Fleet() as fleet: a, b = fleet.start(8101, 8102)`. Invariant: whatever way this process
ends, no server outlives it (nursery.py sees its standard input end and kills what it started).
"""

import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = pathlib.Path(os.environ.get("FAIRWAY_VLLM_ROOT", HERE.parents[1] / "build" / "vllm")).resolve()
MODEL = "tiny"
ADAPTERS = ("lora-a", "lora-b")
# Few running sequences, so that a handful of requests makes a queue inside the engine.
MAX_RUNNING = 4
BLOCK_TOKENS = 32  # the smallest block of vLLM's CPU attention
KV_BLOCKS = 512

ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "CUDA_VISIBLE_DEVICES": "",
    "DO_NOT_TRACK": "1",
    "VLLM_CACHE_ROOT": str(ROOT / "cache"),
    "VLLM_NO_USAGE_STATS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "VLLM_TARGET_DEVICE": "cpu",
    "VLLM_HOST_IP": "127.0.0.1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    # Keeps the worker inside the engine: two processes a server (HTTP and engine), not three.
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
}


def serve_arguments(port: int) -> list[str]:
    adapters = [f"{name}={ROOT / 'model' / name}" for name in ADAPTERS]
    return [
        "serve", str(ROOT / "model" / "base"),
        "--served-model-name", MODEL,
        "--host", "127.0.0.1", "--port", str(port),
        "--dtype", "bfloat16", "--enforce-eager", "--distributed-executor-backend", "uni",
        "--max-model-len", "4096", "--max-num-batched-tokens", "2048",
        "--max-num-seqs", str(MAX_RUNNING),
        "--block-size", str(BLOCK_TOKENS), "--num-gpu-blocks-override", str(KV_BLOCKS),
        "--kv-cache-memory-bytes", str(64 << 20),
        "--enable-prefix-caching", "--enable-prompt-tokens-details",
        "--enable-lora", "--max-loras", "2", "--max-lora-rank", "8",
        "--lora-modules", *adapters,
    ]  # fmt: skip


class Server:
    """One vLLM: the process that speaks HTTP leads a session; the engine is its child in that session."""

    def __init__(self, port: int, pid: int, log: pathlib.Path):
        self.port = port
        self.pid = pid
        self.log = log
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}"

    def get(self, path: str, timeout: float = 5.0) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def healthy(self) -> bool:
        try:
            return self.get("/health", timeout=2.0)[0] == 200
        except OSError:
            return False

    def gauge(self, name: str) -> float:
        """Sum over the series of `name` on the metrics page."""
        total = 0.0
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith(name) and line[len(name)] in "{ ":
                total += float(line.rsplit(" ", 1)[1])
        return total

    def running(self) -> float:
        return self.gauge("vllm:num_requests_running")

    def waiting(self) -> float:
        return self.gauge("vllm:num_requests_waiting")

    def session(self) -> list[int]:
        listing = subprocess.run(
            ["ps", "-o", "pid=", "--sid", str(self.pid)], capture_output=True, text=True
        )
        return sorted(int(word) for word in listing.stdout.split())

    def engine(self) -> int:
        """The process that computes: it alone is stopped when a test wants a hung engine."""
        for pid in self.session():
            name = pathlib.Path(f"/proc/{pid}/comm").read_text()
            title = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
            if pid != self.pid and "EngineCor" in name + title:
                return pid
        raise RuntimeError(f"no engine process in the session of pid {self.pid}")

    def kill(self) -> None:
        """As a machine dies: the whole session at once."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it ended by itself meanwhile

    def terminate(self, grace: float = 20.0) -> None:
        """As an orchestrator ends it: SIGTERM to the first process, SIGKILL when the grace is over. vLLM needs
        the second now and then: it waits for its connections to close and never answers on them."""
        os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + grace
        while not self.gone():
            if time.monotonic() > deadline:
                return self.kill()
            time.sleep(0.1)

    def freeze_engine(self) -> None:
        os.kill(self.engine(), signal.SIGSTOP)

    def thaw_engine(self) -> None:
        os.kill(self.engine(), signal.SIGCONT)

    def gone(self) -> bool:
        return not self.session()


class Fleet:
    def __init__(self, logs: pathlib.Path = ROOT / "logs"):
        self.servers: dict[int, Server] = {}
        self.logs = logs

    def __enter__(self) -> "Fleet":
        self.logs.mkdir(parents=True, exist_ok=True)
        with open(self.logs / "nursery.log", "w") as log:
            self.nursery = subprocess.Popen(
                [ROOT / "venv" / "bin" / "python", HERE / "nursery.py"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=os.environ | ENVIRONMENT,
                start_new_session=True,  # Ctrl-C reaches this process only; it then ends the nursery
            )
        self._reply()
        return self

    def __exit__(self, *_) -> None:
        self.nursery.stdin.close()
        try:
            self.nursery.wait(20)
        except subprocess.TimeoutExpired:
            self.nursery.kill()
            self.nursery.wait()

    def _reply(self) -> dict:
        line = self.nursery.stdout.readline()
        if not line:
            raise RuntimeError(f"the nursery ended; see {self.logs / 'nursery.log'}")
        return json.loads(line)

    def start(self, *ports: int, timeout: float = 180.0, options: tuple[str, ...] = ()) -> list[Server]:
        started = []
        for port in ports:
            log = self.logs / f"{port}.log"
            order = {"argv": [*serve_arguments(port), *options], "log": str(log)}
            self.nursery.stdin.write(json.dumps(order) + "\n")
            self.nursery.stdin.flush()
            self.servers[port] = Server(port, self._reply()["pid"], log)
            started.append(self.servers[port])
        deadline = time.monotonic() + timeout
        for server in started:
            while not server.healthy():
                if server.gone() or time.monotonic() > deadline:
                    tail = "\n".join(server.log.read_text().splitlines()[-20:])
                    raise RuntimeError(f"vLLM on port {server.port} did not start:\n{tail}")
                time.sleep(0.1)
        return started


def main() -> None:
    ports = [int(word) for word in sys.argv[1:]] or [8101, 8102]
    begin = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Fleet() as fleet:
        print(f"vLLM imported in {time.monotonic() - begin:.0f} s", flush=True)
        for server in fleet.start(*ports):
            print(f"ready: {server.url} pid {server.pid} engine {server.engine()}", flush=True)
        print(f"all ready after {time.monotonic() - begin:.0f} s; Ctrl-C stops them", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
