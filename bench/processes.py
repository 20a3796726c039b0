"""What runs in a proxy benchmark: processes on chosen cores, the proxies among them, and what they cost.

Invariant: whatever is started here is stopped by the `with` that started it.
"""

import contextlib
import http.client
import os
import pathlib
import random
import shutil
import socket
import subprocess
import time


def cores() -> tuple[list[int], list[int]]:
    """(of the proxy, of load and servers). The same one twice where there is only one: figures are worse then."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[:1], usable[1:] or usable


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
        """This process and its children."""
        children = pathlib.Path(f"/proc/{self.popen.pid}/task/{self.popen.pid}/children").read_text()
        return [self.popen.pid, *map(int, children.split())]

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

    def await_answer(self, port: int, path: str, seconds: float = 15) -> None:
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    return
            if self.popen.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"bench: {self.command[0]} did not start:\n{self.log.read_text()[-3000:]}")
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


NGINX_CONFIG = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log warn;
events {{ worker_connections 8192; }}
http {{
  access_log {folder}/nginx-access.log combined buffer=64k flush=1s;
  client_body_temp_path {folder}/nginx-body;
  proxy_temp_path {folder}/nginx-proxy;
  fastcgi_temp_path {folder}/nginx-fastcgi;
  uwsgi_temp_path {folder}/nginx-uwsgi;
  scgi_temp_path {folder}/nginx-scgi;
  keepalive_requests 100000000;
  client_body_buffer_size 512k;
  client_max_body_size 16m;
  upstream model_servers {{
    least_conn;
    keepalive 512;
    keepalive_requests 100000000;
{servers}
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header X-Request-Id $request_id;
    proxy_buffering {buffering};
    location / {{ proxy_pass http://model_servers; }}
  }}
}}
"""


class Nginx(Process):
    name = "nginx"

    def __init__(self, servers: Servers, stream: bool, folder: pathlib.Path):
        self.port = free_ports(1)[0]
        own = folder / "nginx"
        own.mkdir(exist_ok=True)
        config = own / "nginx.conf"
        config.write_text(
            NGINX_CONFIG.format(
                folder=own,
                port=self.port,
                buffering="off" if stream else "on",
                servers="\n".join(f"    server 127.0.0.1:{port};" for port in servers.ports),
            )
        )
        command = [self.binary(), "-p", str(own), "-c", str(config), "-e", str(own / "nginx-error.log")]
        super().__init__(command, cores()[0], folder / "nginx.log")

    @staticmethod
    def binary() -> str:
        found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
        if not found:
            raise SystemExit("bench: nginx is missing (Debian: nginx-light)")
        return found

    def __enter__(self):
        super().__enter__()
        self.await_answer(self.port, "/v1/models")
        return self


class Fairway(Process):
    name = "fairway"

    def __init__(self, binary: str, servers: Servers, folder: pathlib.Path):
        self.port = free_ports(1)[0]
        self.admin = free_ports(1)[0]
        command = [binary, "serve", *(f"http://127.0.0.1:{port}" for port in servers.ports)]
        command += ["--threads", "1", "--access-log", str(folder / "fairway-access.log")]
        command += ["--listen", f"127.0.0.1:{self.port}", "--admin", f"127.0.0.1:{self.admin}"]
        super().__init__(command, cores()[0], folder / "fairway.log")

    def __enter__(self):
        super().__enter__()
        self.await_answer(self.admin, "/readyz")
        return self
