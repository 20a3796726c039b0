"""An nginx of our own: one process, one port, everything it writes in one folder."""

import pathlib
import socket
import subprocess

import traffic
from gateway import free_port

FRAME = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  map $http_upgrade $connection_upgrade {{ default upgrade; "" ""; }}
  upstream peer {{ server 127.0.0.1:{to}; keepalive 4; }}
  server {{
    listen 127.0.0.1:{port} {ssl};
    {certificate}
    location / {{
      proxy_pass http://peer/;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_buffering off;
    }}
  }}
}}
"""


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Nginx:
    """Passes everything on to a port of this machine."""

    def __init__(self, folder: pathlib.Path, to: int, certificate=None):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        lines = f"ssl_certificate {certificate[0]}; ssl_certificate_key {certificate[1]};" if certificate else ""
        self.config = FRAME.format(folder=folder, to=to, port=self.port, ssl="ssl" if certificate else "",
                                   certificate=lines)

    def __enter__(self) -> "Nginx":
        config = self.folder / "nginx.conf"
        config.write_text(self.config)
        with open(self.folder / "output.log", "w") as log:
            self.process = subprocess.Popen(["nginx", "-p", self.folder, "-c", config], stdout=log, stderr=log)
        traffic.eventually(lambda: listens(self.port), 10, f"nginx listens, see {self.folder}")
        return self

    def __exit__(self, *_) -> None:
        self.process.terminate()
        self.process.wait(10)
