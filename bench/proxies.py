"""The proxies that a benchmark compares, each as its makers ship it, in front of the same model servers.

A proxy says what of a workload it can do (`lacks`), and why it is absent where it cannot be had.
"""

import pathlib
import shutil
import subprocess
import sys

from load import Transport, Workload
from processes import Process, Servers, cores, free_ports

ROOT = pathlib.Path(__file__).resolve().parents[1]


class Proxy(Process):
    """Listens on self.port. Every subclass has the same constructor."""

    name = ""
    ready_path = "/v1/models"
    transports = {Transport.HTTP1}

    def __init__(self, servers: Servers, workload: Workload, folder: pathlib.Path):
        self.servers = servers
        self.workload = workload
        self.folder = folder / self.name
        self.folder.mkdir(exist_ok=True)
        self.port = free_ports(1)[0]
        super().__init__(self.arguments(), cores()[0], self.folder / "output.log")

    def arguments(self) -> list[str]:
        raise NotImplementedError

    def await_ready(self) -> None:
        if self.workload.transport is Transport.HTTP1:
            self.await_answer(self.port, self.ready_path)
        else:
            self.await_listening(self.port)

    def backends(self) -> list[str]:
        return [f"127.0.0.1:{port}" for port in self.servers.ports]

    @classmethod
    def version(cls) -> str:
        raise NotImplementedError

    @classmethod
    def absent(cls) -> str:
        """Why it cannot run here; empty if it can."""
        return ""


def said(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return ((done.stdout or done.stderr).splitlines() or [""])[0].strip()


def system_binary(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log warn;
events {{ worker_connections 30000; }}
http {{
  access_log {folder}/nginx-access.log combined buffer=64k flush=1s;
  client_body_temp_path {folder}/nginx-body;
  proxy_temp_path {folder}/nginx-proxy;
  fastcgi_temp_path {folder}/nginx-fastcgi;
  uwsgi_temp_path {folder}/nginx-uwsgi;
  scgi_temp_path {folder}/nginx-scgi;
  keepalive_requests 100000000;
  client_body_buffer_size {body_buffer};
  client_max_body_size 64m;
  upstream model_servers {{
    {balance}
    keepalive 512;
    keepalive_requests 100000000;
{servers}
  }}
  server {{
    listen 127.0.0.1:{port} {listen} backlog=4096;
    {tls}
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header X-Request-Id $request_id;
    proxy_buffering {buffering};
    location / {{ proxy_pass http://model_servers; }}
  }}
}}
"""


class Nginx(Proxy):
    name = "nginx"
    balance = "least_conn;"
    transports = {Transport.HTTP1, Transport.H2C, Transport.TLS}

    def arguments(self) -> list[str]:
        workload = self.workload
        tls = workload.transport is Transport.TLS
        config = self.folder / "nginx.conf"
        config.write_text(
            NGINX.format(
                folder=self.folder,
                port=self.port,
                balance=self.balance,
                # Its own default would write larger bodies to disk.
                body_buffer="16m" if workload.body_bytes > 512 * 1024 else "512k",
                listen={Transport.HTTP1: "", Transport.H2C: "http2", Transport.TLS: "ssl http2"}[workload.transport],
                tls="ssl_certificate {0}; ssl_certificate_key {1};".format(*certificate(self.folder)) if tls else "",
                buffering="off" if workload.stream else "on",
                servers="\n".join(f"    server {server};" for server in self.backends()),
            )
        )
        return [system_binary("nginx"), "-p", str(self.folder), "-c", str(config), "-e", f"{self.folder}/error.log"]

    @classmethod
    def version(cls) -> str:
        return said([system_binary("nginx"), "-v"])

    @classmethod
    def absent(cls) -> str:
        return "" if system_binary("nginx") else "not installed (Debian: nginx-light)"


HAPROXY = """
global
  maxconn 8000
  nbthread 1
  tune.bufsize 32768
defaults
  mode http
  timeout connect 5s
  timeout client 300s
  timeout server 300s
  http-reuse always
frontend clients
  bind 127.0.0.1:{port} {bind}
  unique-id-format %[uuid()]
  unique-id-header X-Request-Id
  default_backend model_servers
backend model_servers
  balance {balance}
{servers}
"""


class Haproxy(Proxy):
    name = "haproxy"
    balance = "leastconn"
    transports = {Transport.HTTP1, Transport.H2C, Transport.TLS}

    def arguments(self) -> list[str]:
        bind = {Transport.HTTP1: "", Transport.H2C: "proto h2", Transport.TLS: "ssl crt {} alpn h2,http/1.1"}
        pem = self.folder / "both.pem"
        if self.workload.transport is Transport.TLS:
            pem.write_text("".join(pathlib.Path(file).read_text() for file in certificate(self.folder)))
        config = self.folder / "haproxy.cfg"
        config.write_text(
            HAPROXY.format(
                port=self.port,
                balance=self.balance,
                bind=bind[self.workload.transport].format(pem),
                servers="\n".join(f"  server s{i} {server}" for i, server in enumerate(self.backends())),
            )
        )
        return [system_binary("haproxy"), "-db", "-f", str(config)]

    @classmethod
    def version(cls) -> str:
        return said([system_binary("haproxy"), "-v"])

    @classmethod
    def absent(cls) -> str:
        return "" if system_binary("haproxy") else "not installed (Debian: haproxy)"


class Fairway(Proxy):
    name = "fairway"
    transports = set(Transport)
    binary = ""  # set by whoever measures
    extra: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        self.admin = free_ports(1)[0]
        command = [self.binary, "serve", *(f"http://{server}" for server in self.backends())]
        command += ["--threads", "1", "--access-log", str(self.folder / "access.log")]
        command += ["--listen", f"127.0.0.1:{self.port}", "--admin", f"127.0.0.1:{self.admin}", *self.extra]
        if self.workload.transport is Transport.TLS:
            certificate_file, key_file = certificate(self.folder)
            command += ["--tls-cert", certificate_file, "--tls-key", key_file]
        return command

    def await_ready(self) -> None:
        self.await_answer(self.admin, "/readyz")

    @classmethod
    def version(cls) -> str:
        return said([cls.binary, "--version"])

    @classmethod
    def supports(cls, transport: Transport) -> bool:
        """As its own help and manners tell: a build without TLS has no row for it."""
        if transport is Transport.TLS:
            told = subprocess.run([cls.binary, "serve", "--help"], capture_output=True, text=True).stdout
            return "--tls-cert" in told
        return True


class FromPypi(Proxy):
    """A router from PyPI, each in a virtual environment of its own under build/bench."""

    package = ""
    pinned = ""
    quiet = "warn"

    @classmethod
    def folder_of(cls) -> pathlib.Path:
        return ROOT / "build" / "bench" / cls.package

    @classmethod
    def python(cls) -> str:
        return str(cls.folder_of() / "bin" / "python")

    @classmethod
    def version(cls) -> str:
        return f"{cls.package} {cls.pinned}"

    @classmethod
    def absent(cls) -> str:
        done = cls.folder_of() / f"installed-{cls.pinned}"
        if done.exists():
            return ""
        print(f"bench: installing {cls.package}=={cls.pinned} into {cls.folder_of()}", flush=True)
        for command in (
            [sys.executable, "-m", "venv", str(cls.folder_of())],
            [cls.python(), "-m", "pip", "install", "-q", f"{cls.package}=={cls.pinned}"],
        ):
            try:
                ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
            except (OSError, subprocess.TimeoutExpired) as error:
                return f"not installed: {error}"
            if ran.returncode != 0:
                return f"not installed: {(ran.stderr.strip().splitlines() or ['?'])[-1][:200]}"
        done.touch()
        return ""

    def arguments(self) -> list[str]:
        metrics = free_ports(1)[0]
        return [
            *self.launcher(),
            *("--host", "127.0.0.1", "--port", str(self.port), "--prometheus-port", str(metrics)),
            *("--prometheus-host", "127.0.0.1", "--log-level", self.quiet),
            *("--worker-urls", *(f"http://{server}" for server in self.backends())),
        ]

    def launcher(self) -> list[str]:
        raise NotImplementedError


class Smg(FromPypi):
    name = package = "smg"
    pinned = "1.13.0"

    def launcher(self) -> list[str]:
        return [str(self.folder_of() / "bin" / "smg"), "launch"]


class SglangRouter(FromPypi):
    name = package = "sglang-router"
    pinned = "0.3.2"

    def launcher(self) -> list[str]:
        return [self.python(), "-m", "sglang_router.launch_router"]


class VllmRouter(FromPypi):
    name = package = "vllm-router"
    pinned = "0.1.17"
    quiet = "warning"

    def launcher(self) -> list[str]:
        return [str(self.folder_of() / "bin" / "vllm-router")]


def certificate(folder: pathlib.Path) -> tuple[str, str]:
    """A self-signed one for 127.0.0.1 and its key, made once a folder."""
    files = str(folder / "cert.pem"), str(folder / "key.pem")
    if not pathlib.Path(files[0]).exists():
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        command += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
        subprocess.run([*command, "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


ALL = [Nginx, Haproxy, Fairway, Smg, SglangRouter, VllmRouter]
