#!/usr/bin/env python3
"""Proxies beside Fairway in one run: what each costs a request. README.md beside this file has the method.

./dev bench gateway [--quick] [--seconds 5] [--rounds 5] [--profile] [--only TEXT] [--proxies nginx,fairway]
Writes bench/results/DATE-gateway.json and .md (DATE-gateway-quick.* with --quick).
"""

import argparse
import contextlib
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import load
import proxies
import report
from load import Transport, Workload
from processes import NotStarted, Servers, cores

SHARE_OF_MOST = 0.6
SERVERS = 8
KB, MB = 1024, 1024 * 1024
WORKLOADS = [
    Workload("1 KB", KB),
    Workload("16 KB", 16 * KB),
    Workload("256 KB", 256 * KB, clients=32),
    Workload("8 MB", 8 * MB, clients=8),
    Workload("SSE, 64 chunks 2 ms apart", KB, stream=True, clients=96),
    Workload("1 KB at 200/s", KB, clients=16, rate=200),
    Workload("256 KB at 200/s", 256 * KB, clients=16, rate=200),
    Workload("h2c, 1 KB", KB, transport=Transport.H2C),
    Workload("TLS, 1 KB", KB, transport=Transport.TLS),
    Workload("TLS, 16 KB", 16 * KB, transport=Transport.TLS),
]
# The two that the goals are about; the others are measured in fewer rounds.
CHIEF = ("nginx", "fairway")


class Bench:
    def __init__(self, options, folder: pathlib.Path, stack: contextlib.ExitStack):
        self.options = options
        self.binary = str(options.bin)
        self.folder = folder
        self.stack = stack
        self.warnings: list[str] = []

    def start(self, workload: Workload):
        """Fresh servers and proxies, so that no workload pays for what an earlier one left."""
        profile = str(pathlib.Path(__file__).with_name("paced.yaml" if workload.stream else "instant.yaml"))
        servers = self.stack.enter_context(Servers(self.binary, profile, SERVERS, self.folder))
        able = [kind for kind in self.options.kinds if workload.transport in kind.transports]
        started = [self.stack.enter_context(kind(servers, workload, self.folder)) for kind in able]
        ready = {}
        for proxy in started:
            try:
                proxy.await_ready()
                ready[proxy.name] = proxy
            except NotStarted as error:
                self.warn(f"{workload}: {error}"[:400])
        return servers, ready

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
        if measured.failures:
            self.warn(f"{workload}: {who}: requests failed: {measured.failures} of {measured.requests}")
        begun = measured.requests / self.options.seconds  # not those ended in time: a stream's last are late
        if begun < 0.97 * rate:
            self.warn(f"{workload}: {who}: {begun:.0f}/s of the {rate:.0f}/s asked for")
        if measured.foreign_cores > 0.2:
            self.warn(f"{workload}: {who}: others used {measured.foreign_cores:.2f} cores meanwhile")
        return run

    def warn(self, text: str) -> None:
        self.warnings.append(text)
        print(f"  warning: {text}", flush=True)

    def measure(self, workload: Workload) -> dict:
        servers, ready = self.start(workload)
        rss_before = {name: proxy.rss_mib() for name, proxy in ready.items()}
        most = {} if workload.rate else {name: self.most(workload, proxy) for name, proxy in ready.items()}
        rates = self.rates(workload, ready, most)
        runs = {name: [] for name in [*ready, "direct"]}
        for turn in range(self.options.rounds):
            order = [name for name in ready if name in CHIEF or turn < self.options.peer_rounds]
            for name in order if turn % 2 == 0 else order[::-1]:
                proxy = ready[name]
                runs[name].append(self.once(workload, [proxy.port], proxy, servers, rates[name]))
                self.say(workload, name, runs[name][-1])
        if workload.transport is Transport.HTTP1:  # the servers speak nothing else
            runs["direct"].append(self.once(workload, servers.ports, None, servers, max(rates.values())))
        self.same_answers(workload, runs)
        if self.options.profile and not workload.rate and "fairway" in ready:
            self.profile(workload, ready["fairway"], rates["fairway"])
        return {
            "rates": rates,
            "most": most,
            "rss_mib_before": rss_before,
            "rss_mib_after": {name: proxy.rss_mib() for name, proxy in ready.items()},
            "runs": runs,
        }

    def rates(self, workload: Workload, ready: dict, most: dict) -> dict[str, float]:
        """The share of nginx's highest rate, for all; less for a proxy that cannot bear it."""
        if workload.rate:
            return dict.fromkeys(ready, workload.rate)
        common = SHARE_OF_MOST * most.get("nginx", min(most.values()))
        return {name: common if of_it > 1.05 * common else SHARE_OF_MOST * of_it for name, of_it in most.items()}

    def most(self, workload: Workload, proxy) -> float:
        """Its rate in a closed loop, with load and servers on the other cores. Warms it, too."""
        seconds = min(self.options.seconds, 3)
        if proxy.name in CHIEF:  # Fairway's prefix index grows in its first seconds
            load.run(self.binary, [proxy.port], workload, 2 * seconds)
        found = load.run(self.binary, [proxy.port], workload, seconds).rate
        print(f"{workload}: {proxy.name} does {found:.0f}/s at most", flush=True)
        return max(found, 1)

    def same_answers(self, workload: Workload, runs: dict) -> None:
        sizes = {name: report.median(runs[name], "bytes_a_request") for name in CHIEF if runs.get(name)}
        if sizes and max(sizes.values()) > 1.03 * min(sizes.values()):
            self.warn(f"{workload}: answers differ in size: {sizes}")

    def say(self, workload: Workload, name: str, run: dict) -> None:
        print(
            f"{workload}: {name:13} {run['cpu_us']:8.1f} µs/request  {run['rate']:7.0f}/s  "
            f"p50 {run['p50_ms']:.3f} ms  p99 {run['p99_ms']:.3f} ms",
            flush=True,
        )

    def profile(self, workload: Workload, fairway, rate: float) -> None:
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
        name = workload.name.split(", 64")[0].replace(", ", "-").replace(" ", "").lower()
        out = self.options.results / f"{time.strftime('%Y-%m-%d')}-profile-{name}.txt"
        out.write_text("\n".join(line[:110].rstrip() for line in text.splitlines()) + "\n")
        print(f"profile: {out}", flush=True)


def parse() -> argparse.Namespace:
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="2 rounds of 1 s: under four minutes")
    parser.add_argument("--seconds", type=float, help="of one round (5)")
    parser.add_argument("--rounds", type=int, help="of nginx and Fairway (5)")
    parser.add_argument("--peer-rounds", type=int, default=2, help="of the others (2)")
    parser.add_argument("--only", help="workloads whose name holds this text")
    parser.add_argument("--proxies", help="these only, by name, with commas between")
    parser.add_argument("--profile", action="store_true", help="also where Fairway's time goes (perf)")
    parser.add_argument("--bin", type=pathlib.Path, default=here.parent / "build" / "release" / "fairway")
    parser.add_argument("--results", type=pathlib.Path, default=here / "results")
    options = parser.parse_args()
    options.seconds = options.seconds or (1 if options.quick else 5)
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.peer_rounds = min(options.peer_rounds, 1 if options.quick else options.rounds)
    if not options.bin.exists():
        raise SystemExit(f"bench: no {options.bin}; ./dev build makes it")
    options.results.mkdir(parents=True, exist_ok=True)
    proxies.Fairway.binary = str(options.bin)
    return options


def choose(options) -> dict[str, str]:
    """Sets options.kinds to what runs; returns what does not, and why."""
    named = options.proxies.split(",") if options.proxies else [kind.name for kind in proxies.ALL]
    chosen = [kind for kind in proxies.ALL if kind.name in named]
    absent = {kind.name: why for kind in chosen if (why := kind.absent())}
    options.kinds = [kind for kind in chosen if kind.name not in absent]
    return absent


def write(options, result: dict) -> str:
    """What was measured so far, as files; returns the page."""
    result = result | {"summary": report.summary(result["workloads"])}
    name = time.strftime("%Y-%m-%d") + ("-gateway-quick" if options.quick else "-gateway")
    (options.results / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    text = report.page(result)
    (options.results / f"{name}.md").write_text(text)
    return text


def main() -> None:
    options = parse()
    absent = choose(options)
    result = {
        "source": report.source(),
        "machine": report.machine(),
        "versions": {kind.name: kind.version() for kind in options.kinds},
        "absent": absent,
        "seconds": options.seconds,
        "rounds": options.rounds,
        "peer_rounds": options.peer_rounds,
        "workloads": {},
    }
    warnings = []
    if len(set(cores()[0] + cores()[1])) < 2:
        warnings.append("one core: proxy and load share it")
    for workload in WORKLOADS:
        if options.only and options.only not in workload.name:
            continue
        if not proxies.Fairway.supports(workload.transport):
            warnings.append(f"{workload}: this build of Fairway has no {workload.transport.value}")
            continue
        if options.quick and workload.stream:
            workload = dataclasses.replace(workload, clients=48)
        with tempfile.TemporaryDirectory(prefix="fairway-bench-") as folder, contextlib.ExitStack() as stack:
            bench = Bench(options, pathlib.Path(folder), stack)
            result["workloads"][workload.name] = bench.measure(workload)
            warnings += bench.warnings
        write(options, result | {"warnings": warnings})
    print(f"\n{write(options, result | {'warnings': warnings})}")
    sys.exit(1 if any("fairway: requests failed" in warning for warning in warnings) else 0)


if __name__ == "__main__":
    main()
