#!/usr/bin/env python3
"""nginx beside Fairway in one run: what the proxy alone costs a request. README.md beside this file has the method.

./dev bench gateway [--quick] [--seconds 5] [--rounds 5] [--profile]
Writes bench/results/DATE-gateway.json and .md (DATE-gateway-quick.* with --quick).
"""

import argparse
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import load
import report
from load import Workload
from processes import Fairway, Nginx, Servers, cores

SHARE_OF_MOST = 0.6
SERVERS = 8
WORKLOADS = [
    Workload("1 KB", 1024, stream=False, clients=64),
    Workload("16 KB", 16 * 1024, stream=False, clients=64),
    Workload("SSE, 64 chunks 2 ms apart", 1024, stream=True, clients=96),
    Workload("1 KB at 200/s", 1024, stream=False, clients=16, rate=200),
]


class Bench:
    def __init__(self, options, folder: pathlib.Path, stack: contextlib.ExitStack):
        self.options = options
        self.binary = str(options.bin)
        self.folder = folder
        self.stack = stack
        self.warnings: list[str] = []

    def start(self, workload: Workload):
        """Fresh servers and proxies, so that no workload pays for what an earlier one left."""
        profile = str(pathlib.Path(__file__).with_name("paced.yaml")) if workload.stream else "instant"
        servers = self.stack.enter_context(Servers(self.binary, profile, SERVERS, self.folder))
        nginx = self.stack.enter_context(Nginx(servers, workload.stream, self.folder))
        fairway = self.stack.enter_context(Fairway(self.binary, servers, self.folder))
        return servers, nginx, fairway

    def once(self, workload: Workload, ports: list[int], proxy, servers: Servers, rate: float) -> dict:
        """One round: the proxy's own CPU over everything that it was sent, and what clients saw."""
        before = proxy.cpu_seconds() if proxy else 0
        watched = {"servers": servers.popen.pid} | ({"proxy": proxy.pids()[-1]} if proxy else {})
        measured = load.run(self.binary, ports, workload, self.options.seconds, rate, watched)
        run = {
            "requests": measured.requests,
            "rate": measured.rate,
            "p50_ms": measured.p50_ms,
            "p99_ms": measured.p99_ms,
            "bytes_a_request": measured.answer_bytes / max(measured.requests, 1),
            "foreign_cores": measured.foreign_cores,
        }
        who = proxy.name if proxy else "direct"
        if proxy:
            run["cpu_us"] = (proxy.cpu_seconds() - before) * 1e6 / max(measured.requests, 1)
            run["rss_mib"] = proxy.rss_mib()
        if measured.failures:
            self.warn(f"{workload}: {who}: requests failed: {measured.failures} of {measured.requests}")
        begun = measured.requests / self.options.seconds  # not those ended in time: a stream's last are late
        if begun < 0.98 * rate:
            self.warn(f"{workload}: {who}: {begun:.0f}/s of the {rate:.0f}/s asked for")
        if measured.foreign_cores > 0.2:
            self.warn(f"{workload}: {who}: others used {measured.foreign_cores:.2f} cores meanwhile")
        return run

    def warn(self, text: str) -> None:
        self.warnings.append(text)
        print(f"  warning: {text}", flush=True)

    def measure(self, workload: Workload) -> dict:
        servers, nginx, fairway = self.start(workload)
        rate = workload.rate or SHARE_OF_MOST * self.most(workload, nginx)
        load.run(self.binary, [fairway.port], workload, 1, rate)  # nginx was warmed by the search
        runs = {"nginx": [], "fairway": [], "direct": []}
        subjects = [("nginx", [nginx.port], nginx), ("fairway", [fairway.port], fairway)]
        for turn in range(self.options.rounds):
            for name, ports, proxy in subjects if turn % 2 == 0 else subjects[::-1]:
                runs[name].append(self.once(workload, ports, proxy, servers, rate))
                self.say(workload, name, runs[name][-1])
        runs["direct"].append(self.once(workload, servers.ports, None, servers, rate))
        self.same_answers(workload, runs)
        if self.options.profile and not workload.rate:
            self.profile(workload, fairway, rate)
        return {"rate": rate, "clients": workload.clients, "runs": runs}

    def most(self, workload: Workload, nginx: Nginx) -> float:
        """nginx's rate in a closed loop, with load and servers on the other cores."""
        seconds = min(self.options.seconds, 3)
        found = load.run(self.binary, [nginx.port], workload, seconds).rate
        print(f"{workload}: nginx does {found:.0f}/s at most", flush=True)
        return found

    def same_answers(self, workload: Workload, runs: dict) -> None:
        sizes = {name: report.median(its, "bytes_a_request") for name, its in runs.items() if name != "direct"}
        if max(sizes.values()) > 1.03 * min(sizes.values()):
            self.warn(f"{workload}: answers differ in size: {sizes}")

    def say(self, workload: Workload, name: str, run: dict) -> None:
        print(
            f"{workload}: {name:8} {run['cpu_us']:7.1f} µs/request  {run['rate']:7.0f}/s  "
            f"p50 {run['p50_ms']:.3f} ms  p99 {run['p99_ms']:.3f} ms",
            flush=True,
        )

    def profile(self, workload: Workload, fairway: Fairway, rate: float) -> None:
        """Where Fairway's time goes in this load, by symbol."""
        data = self.folder / "perf.data"
        record = ["perf", "record", "-q", "-e", "cpu-clock", "-F", "2999", "-o", str(data)]
        record += ["-p", str(fairway.popen.pid), "--", "sleep", f"{self.options.seconds:g}"]
        with subprocess.Popen(record, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            load.run(self.binary, [fairway.port], workload, self.options.seconds + 0.5, rate)
        show = ["perf", "report", "--stdio", "-q", "--no-children", "-i", str(data)]
        by_library = subprocess.run([*show, "-s", "dso"], capture_output=True, text=True).stdout
        by_symbol = [*show, "--percent-limit", "0.4", "-s", "dso,symbol"]
        symbols = subprocess.run(by_symbol, capture_output=True, text=True).stdout
        title = f"Fairway, {workload}, {rate:.0f}/s: share of CPU by library, then by symbol"
        text = f"{title}\n{by_library}{symbols}"
        name = workload.name.split(",")[0].replace(" ", "").lower()
        out = self.options.results / f"{time.strftime('%Y-%m-%d')}-profile-{name}.txt"
        out.write_text("\n".join(line[:110].rstrip() for line in text.splitlines()) + "\n")
        print(f"profile: {out}", flush=True)


def parse() -> argparse.Namespace:
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="3 rounds of 2 s: about a minute")
    parser.add_argument("--seconds", type=float, help="of one round (5)")
    parser.add_argument("--rounds", type=int, help="of each proxy and workload (5)")
    parser.add_argument("--only", help="workloads whose name holds this text")
    parser.add_argument("--profile", action="store_true", help="also where Fairway's time goes (perf)")
    parser.add_argument("--bin", type=pathlib.Path, default=here.parent / "build" / "release" / "fairway")
    parser.add_argument("--results", type=pathlib.Path, default=here / "results")
    options = parser.parse_args()
    options.seconds = options.seconds or (2 if options.quick else 5)
    options.rounds = options.rounds or (3 if options.quick else 5)
    if not options.bin.exists():
        raise SystemExit(f"bench: no {options.bin}; ./dev build makes it")
    options.results.mkdir(parents=True, exist_ok=True)
    return options


def main() -> None:
    options = parse()
    result = {
        "source": report.source(),
        "machine": report.machine(),
        "versions": {
            "fairway": report.first_line([str(options.bin), "--version"]),
            "nginx": report.first_line([Nginx.binary(), "-v"]),
        },
        "seconds": options.seconds,
        "rounds": options.rounds,
        "workloads": {},
    }
    warnings = []
    if len(set(cores()[0] + cores()[1])) < 2:
        warnings.append("one core: proxy and load share it")
    for workload in WORKLOADS:
        if options.only and options.only not in workload.name:
            continue
        with tempfile.TemporaryDirectory(prefix="fairway-bench-") as folder, contextlib.ExitStack() as stack:
            bench = Bench(options, pathlib.Path(folder), stack)
            result["workloads"][workload.name] = bench.measure(workload)
            warnings += bench.warnings
    result["warnings"] = warnings
    result["summary"] = report.summary(result["workloads"])
    name = time.strftime("%Y-%m-%d") + ("-gateway-quick" if options.quick else "-gateway")
    (options.results / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    text = report.page(result)
    (options.results / f"{name}.md").write_text(text)
    print(f"\n{text}\nwritten: {options.results / name}.json, .md")
    sys.exit(1 if any("failed" in warning for warning in warnings) else 0)


if __name__ == "__main__":
    main()
