#!/usr/bin/env python3
"""What an open stream costs the gateway's memory: thousands of event streams at once, an event every two seconds.

./dev bench streams [--quick] [--streams 10000] [--tokens 20]
Writes bench/results/DATE-streams.json and .md. Needs two descriptors a stream in the gateway.
"""

import argparse
import contextlib
import json
import pathlib
import resource
import subprocess
import tempfile
import time

import proxies
import report
from load import Workload
from processes import Servers, cores

GOAL_KIB = 16
PROFILE = """# Steps of two seconds, whatever the load.
prefill_tokens_per_s: 0
step_base: 2s
step_per_sequence: 0s
step_per_1k_kv_tokens: 0s
max_num_seqs: 4096
max_num_batched_tokens: 1048576
max_num_queued_reqs: 65536
num_gpu_blocks: 1000000
enable_prefix_caching: false
"""


class Gateway(proxies.Fairway):
    extra = ("--max-connections", "20000")


def measure(options, streams: int, folder: pathlib.Path, stack: contextlib.ExitStack) -> dict:
    profile = folder / "profile.yaml"
    profile.write_text(PROFILE)
    servers = stack.enter_context(Servers(str(options.bin), str(profile), 8, folder))
    gateway = stack.enter_context(Gateway(servers, Workload("streams", 1024, stream=True), folder))
    gateway.await_ready()
    before, cpu = gateway.rss_mib(), gateway.cpu_seconds()
    report_file = folder / "load.json"
    command = [str(options.bin), "load", f"127.0.0.1:{gateway.port}", "--model", "bench", "--stream", "--quiet"]
    command += ["--connections", str(streams), "--requests", str(streams), "--warm-up", "0", "--seconds", "600"]
    command += ["--max-tokens", str(options.tokens), "--timeout", "300", "--json", str(report_file)]
    began = time.monotonic()
    most = before
    pinned = ["taskset", "-c", ",".join(map(str, cores()[1])), *command]
    with subprocess.Popen(pinned, stdout=subprocess.DEVNULL) as run:
        while run.poll() is None:
            time.sleep(1)
            most = max(most, gateway.rss_mib())
    elapsed = time.monotonic() - began
    said = json.loads(report_file.read_text())
    return {
        "streams": streams,
        "ok": said["ok"],
        "failures": said["failures"],
        "events": said["events"],
        "seconds": elapsed,
        "cores": (gateway.cpu_seconds() - cpu) / elapsed,
        "rss_mib_before": before,
        "rss_mib_most": most,
        "rss_mib_after": gateway.rss_mib(),
        "kib_a_stream": (most - before) * 1024 / streams,
    }


def page(result: dict) -> str:
    where, what, row = result["machine"], result["source"], result["measured"]
    lines = [
        f"# {row['streams']} open event streams, {what['date']}",
        "",
        f"- commit {what['commit'][:12]}{' with local changes' if what['changed_since'] else ''}",
        f"- {where['cpu']}, {where['cores']} cores, Linux {where['kernel']}, load {where['load_before']:.1f} before",
        f"- an event every 2 s on each, plaintext, HTTP/1.1 on both sides; {row['seconds']:.0f} s in all",
        *([f"- {result['note']}"] if result["note"] else []),
        "",
        "| streams | whole | lost | RSS MiB idle, most, after | KiB a stream | goal | cores |",
        "|---|---|---|---|---|---|---|",
        f"| {row['streams']} | {row['ok']} | {row['streams'] - row['ok']} "
        f"| {row['rss_mib_before']:.0f}, {row['rss_mib_most']:.0f}, {row['rss_mib_after']:.0f} "
        f"| **{row['kib_a_stream']:.1f}** | ≤ {GOAL_KIB} | {row['cores']:.2f} |",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="2,000 streams of 5 events")
    parser.add_argument("--streams", type=int)
    parser.add_argument("--tokens", type=int, help="events of a stream (15)")
    parser.add_argument("--bin", type=pathlib.Path, default=here.parent / "build" / "release" / "fairway")
    parser.add_argument("--results", type=pathlib.Path, default=here / "results")
    options = parser.parse_args()
    asked = options.streams or (2000 if options.quick else 10_000)
    options.tokens = options.tokens or (5 if options.quick else 15)
    proxies.Fairway.binary = str(options.bin)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    streams = min(asked, (hard - 200) // 2)
    note = "" if streams == asked else f"{asked} were wanted; {hard} descriptors a process are the bound here"
    result = {"source": report.source(), "machine": report.machine(), "note": note}
    with tempfile.TemporaryDirectory(prefix="fairway-bench-") as folder, contextlib.ExitStack() as stack:
        result["measured"] = measure(options, streams, pathlib.Path(folder), stack)
    options.results.mkdir(parents=True, exist_ok=True)
    name = time.strftime("%Y-%m-%d") + ("-streams-quick" if options.quick else "-streams")
    (options.results / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    text = page(result)
    (options.results / f"{name}.md").write_text(text)
    print(f"{text}\nwritten: {options.results / name}.json, .md")


if __name__ == "__main__":
    main()
