#!/usr/bin/env python3
"""Imports vLLM once, then forks `vllm serve` processes on request: a server is ready in about 5 s and not
in 40 to 80 s, and the servers share the pages of what was imported.

vLLM's own code runs unchanged. What differs from `vllm serve` in a shell: the engine process is forked
too (vLLM asks for `spawn` on a CPU, which would import everything again), and no descendant outlives its
parent.

Spoken to by servers.py, one JSON object a line. It says {"ready": true} when it has imported; then for
every {"argv": [...], "log": PATH} on standard input it answers {"pid": N}. The process N leads a session
of its own. When standard input ends, or on SIGTERM, it kills every session that it started, and exits.
"""

import ctypes
import importlib
import json
import multiprocessing
import os
import signal
import socket
import stat
import sys
import traceback

# What a server imports before it listens. One that is missing in another vLLM version costs start time only.
PREIMPORT = [
    "transformers",
    "transformers.models.llama.configuration_llama",
    "vllm.entrypoints.cli.main",
    "vllm.entrypoints.cli.serve",
    "vllm.entrypoints.launchers.api_server.entry",
    "vllm.entrypoints.openai.chat_completion.serving",
    "vllm.entrypoints.openai.completion.serving",
    "vllm.entrypoints.openai.responses.serving",
    "vllm.lora.worker_manager",
    "vllm.model_executor.model_loader",
    "vllm.model_executor.models.llama",
    "vllm.v1.attention.backends.cpu_attn",
    "vllm.v1.engine.async_llm",
    "vllm.v1.engine.core",
    "vllm.v1.executor.uniproc_executor",
    "vllm.v1.worker.cpu_model_runner",
    "vllm.v1.worker.cpu_worker",
]

PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


def after_fork() -> None:
    """In every descendant: dies with its parent, and holds no listening socket of it (a spawned engine would
    not either): else the port would go on taking connections after the HTTP process closed it."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for name in os.listdir("/proc/self/fd"):
        try:
            if not stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                continue
            with socket.socket(fileno=os.dup(int(name))) as found:
                listening = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        except OSError:
            continue  # closed meanwhile
        if listening:
            # Replaced, not closed: its owner object will close this number once more.
            with open(os.devnull) as nothing:
                os.dup2(nothing.fileno(), int(name))


def import_all() -> None:
    import torch

    torch.set_num_threads(1)
    for name in PREIMPORT:
        try:
            importlib.import_module(name)
        except Exception as error:
            print(f"nursery: cannot import {name}: {error}", file=sys.stderr, flush=True)
    # The engine's context comes from here. Forking is safe: nothing here has started a thread yet.
    fork = multiprocessing.get_context("fork")
    multiprocessing.get_context = lambda method=None: fork
    os.register_at_fork(after_in_child=after_fork)


def become_server(argv: list[str], log: str, leads: int) -> None:
    """Never returns. Runs in the forked child; writes to `leads` once it leads a session of its own."""
    status = 1
    try:
        os.setsid()
        os.write(leads, b"!")
        os.close(leads)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.argv = ["vllm", *argv]
        sys.modules["vllm.entrypoints.cli.main"].main()
        status = 0
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def reap(sessions: set[int]) -> None:
    while sessions:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        # The leader is gone; what is left of its session (an engine) must not stay.
        kill_session(pid)
        sessions.discard(pid)


def kill_session(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def main() -> None:
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the imports print must not mix with replies

    def reply(value: dict) -> None:
        replies.write(json.dumps(value) + "\n")
        replies.flush()

    import_all()
    sessions: set[int] = set()
    signal.signal(signal.SIGCHLD, lambda *_: reap(sessions))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    reply({"ready": True})
    try:
        for line in sys.stdin:
            order = json.loads(line)
            begun, leads = os.pipe()
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                replies.close()
                os.close(begun)
                become_server(order["argv"], order["log"], leads)
            sessions.add(pid)
            os.close(leads)
            # An answer before the session exists would let its reader find the session empty: "gone".
            os.read(begun, 1)
            os.close(begun)
            reply({"pid": pid})
    finally:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for pid in sessions:
            kill_session(pid)
        os._exit(0)  # taking down what was imported would take seconds


if __name__ == "__main__":
    main()
