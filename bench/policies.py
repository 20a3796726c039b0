#!/usr/bin/env python3
"""Policies of picking a server side by side: latency, and how much of the prompts' prefixes was found in cache.

./dev bench policies [--quick] [--trace FILE]
Writes bench/results/DATE-policies.json and .md. README.md beside this file has the method.
"""

import argparse
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import proxies
import report
from load import Workload
from processes import Servers

POLICIES = ["default", "round-robin", "random", "least-requests"]
# What is no policy but the most that one could give: one cache without a bound, one as large as all servers' caches.
CACHES = {"infinite": "one infinite cache", "pooled": "one cache as large as all"}
SHARE_OF_CAPACITY = 0.8
HIT_GOAL, TTFT_GOAL = 0.95, 0.5
RECORDED = report.REPOSITORY.parent / "shared" / "traces" / "mooncake_synthetic.jsonl"


class Lab:
    """Runs build/release/bench_policies, which simulates a whole fleet in virtual time."""

    def __init__(self, binary: pathlib.Path, workload: str, requests: int, trace: pathlib.Path | None):
        self.binary, self.workload, self.requests, self.trace = binary, workload, requests, trace

    def run(self, policy: str, rate: float) -> dict:
        began = time.monotonic()
        command = [str(self.binary), self.workload, policy, f"{rate:.3f}", str(self.requests)]
        command += [str(self.trace)] if self.trace else []
        done = subprocess.run(command, capture_output=True, text=True, timeout=900)
        if done.returncode != 0:
            raise SystemExit(f"bench: {' '.join(command)}\nended with {done.returncode}:\n{done.stderr[-2000:]}")
        said = json.loads(done.stdout)
        if said["failed"]:
            raise SystemExit(f"bench: {self.workload}, {policy}: failed requests: {said['failures']}")
        row = {
            "rate": said["answers_per_s"],
            "hit": said["tokens"]["cached_share"],
            "ttft_ms": said["ttft_ms"],
            "itl_ms": said["itl_ms"],
            "latency_ms": said["latency_ms"],
            "shares": sorted(count / said["ok"] for count in said["endpoints"].values()),
            "requests": said["ok"],
            "virtual_s": said["elapsed_s"],
            "real_s": time.monotonic() - began,
        }
        print(
            f"{self.workload}: {policy:15} {row['rate']:7.2f}/s  hit {row['hit']:.3f}  TTFT p50 "
            f"{row['ttft_ms']['p50']:.0f} p90 {row['ttft_ms']['p90']:.0f} ms  ({row['real_s']:.0f} s)",
            flush=True,
        )
        return row

    def measure(self, turns: int) -> dict:
        """Capacity is what round robin gets through a closed loop: a load that every policy can bear."""
        capacity = self.run("round-robin", 0)["rate"]
        rate = SHARE_OF_CAPACITY * capacity / turns
        rows = {policy: self.run(policy, rate) for policy in [*CACHES, *POLICIES]}
        rows["idle"] = self.run("default", rate / 16)
        return {"capacity": capacity, "rate": SHARE_OF_CAPACITY * capacity, "rows": rows}


class RoundRobinNginx(proxies.Nginx):
    balance = ""  # its own default


def over_sockets(binary: pathlib.Path, seconds: float) -> dict:
    """The shared prefixes again, for a short while on the machine's own sockets and clock."""
    proxies.Fairway.binary = str(binary)
    rows = {}
    kinds = {"default": proxies.Fairway, "nginx, round robin": RoundRobinNginx, "nginx, least_conn": proxies.Nginx}
    for policy, kind in kinds.items():
        with tempfile.TemporaryDirectory(prefix="fairway-bench-") as folder, contextlib.ExitStack() as stack:
            servers = stack.enter_context(Servers(str(binary), "h100-llama-3.1-8b", 8, pathlib.Path(folder)))
            proxy = stack.enter_context(kind(servers, Workload(policy, 1024, stream=True), pathlib.Path(folder)))
            proxy.await_ready()
            command = [str(binary), "load", f"127.0.0.1:{proxy.port}", "--model", "bench", "--stream", "--quiet"]
            command += ["--arrivals", "poisson", "--rate", "9", "--turns", "3", "--think", "3", "--groups", "64"]
            command += ["--prefix-tokens", "6000", "--suffix-tokens", "200", "--max-tokens", "100"]
            command += ["--warm-up", "5", "--seconds", f"{seconds:g}", "--connections", "2000", "--json", "-"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 120)
            said = json.loads(done.stdout)
        rows[policy] = {"rate": said["answers_per_s"], "hit": said["tokens"]["cached_share"]}
        rows[policy] |= {"ttft_ms": said["ttft_ms"], "failed": said["failed"]}
        print(f"sockets: {policy}: {rows[policy]}", flush=True)
    return rows


def judge(measured: dict) -> dict:
    rows = measured["rows"]
    hit = rows["default"]["hit"] / rows["infinite"]["hit"] if rows["infinite"]["hit"] else 1
    ttft = rows["default"]["ttft_ms"]["p90"] / rows["round-robin"]["ttft_ms"]["p90"]
    pooled = rows["default"]["hit"] / rows["pooled"]["hit"] if rows["pooled"]["hit"] else 1
    return {"hit_to_infinite": hit, "hit_to_pooled": pooled, "ttft_p90_to_round_robin": ttft}


def page(result: dict) -> str:
    what = result["source"]
    lines = [
        f"# Policies of picking a server, {what['date']}",
        "",
        f"- commit {what['commit'][:12]}{' with local changes' if what['changed_since'] else ''}; virtual time: exact, "
        "and the same on every machine",
        "- 8 simulated servers (one H100 each, Llama 3.1 8B), the whole gateway, streams; Poisson arrivals at "
        f"{SHARE_OF_CAPACITY:.0%} of what round robin gets through",
        *(f"- {name}: {of['what']}" for name, of in result["workloads"].items()),
        "",
        "| workload | policy | answers/s | prefix hits | of infinite | TTFT ms p50 / p90 / p99 | / round robin's p90 "
        "| ITL ms p50 / p99 | end to end ms p50 / p90 | least, most of a server |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, of in result["workloads"].items():
        rows = of["rows"]
        for policy, row in rows.items():
            ttft, itl, whole = row["ttft_ms"], row["itl_ms"], row["latency_ms"]
            share = row["hit"] / rows["infinite"]["hit"] if rows["infinite"]["hit"] else 1
            if policy in CACHES:
                lines.append(f"| {name} | {CACHES[policy]} | | {row['hit']:.1%} | {share:.1%} | | | | | |")
                continue
            called = "default at a sixteenth of that" if policy == "idle" else policy
            lines.append(
                f"| {name} | {called} | {row['rate']:.1f} | {row['hit']:.1%} | {share:.1%} "
                f"| {ttft['p50']:.0f} / {ttft['p90']:.0f} / {ttft['p99']:.0f} "
                f"| {ttft['p90'] / rows['round-robin']['ttft_ms']['p90']:.2f} | {itl['p50']:.1f} / {itl['p99']:.1f} "
                f"| {whole['p50']:.0f} / {whole['p90']:.0f} | {row['shares'][0]:.1%}, {row['shares'][-1]:.1%} |"
            )
    lines += ["", f"Goals of the default profile: hits ≥ {HIT_GOAL:.0%} of an infinite cache's, TTFT p90 ≤ "]
    lines[-1] += f"{TTFT_GOAL:.0%} of round robin's."
    for name, of in result["workloads"].items():
        verdict = of["judged"]
        lines.append(
            f"- {name}: hits {verdict['hit_to_infinite']:.1%} "
            f"({'met' if verdict['hit_to_infinite'] >= HIT_GOAL else 'missed'}; "
            f"{verdict['hit_to_pooled']:.1%} of what the servers' memory can hold), "
            f"TTFT {verdict['ttft_p90_to_round_robin']:.0%} "
            f"({'met' if verdict['ttft_p90_to_round_robin'] <= TTFT_GOAL else 'missed'})"
        )
    if "sockets" in result:
        seconds = result["sockets"]["seconds"]
        lines += ["", f"Over real sockets, {seconds:g} s each in real time, 64 groups, nine sessions a second:", ""]
        lines += ["| policy | answers/s | prefix hits | TTFT ms p50 / p90 / p99 | failed |", "|---|---|---|---|---|"]
        for policy, row in result["sockets"]["rows"].items():
            ttft = row["ttft_ms"]
            lines.append(
                f"| {policy} | {row['rate']:.1f} | {row['hit']:.1%} "
                f"| {ttft['p50']:.0f} / {ttft['p90']:.0f} / {ttft['p99']:.0f} | {row['failed']} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="half of the requests")
    parser.add_argument("--trace", type=pathlib.Path, default=RECORDED, help="a recorded one, if it is there")
    parser.add_argument("--sockets", type=float, default=0, help="seconds: also over real sockets, in real time")
    parser.add_argument("--results", type=pathlib.Path, default=here / "results")
    options = parser.parse_args()
    build = here.parent / "build" / "release"
    subprocess.run(["ninja", "-C", str(build), "bench_policies"], check=True, stdout=subprocess.DEVNULL)
    lab = build / "bench_policies"
    scale = 0.5 if options.quick else 1
    result = {"source": report.source(), "workloads": {}}
    with tempfile.TemporaryDirectory(prefix="fairway-bench-") as folder:
        own = pathlib.Path(folder, "trace.jsonl")
        made = subprocess.run([sys.executable, here / "make_trace.py"], capture_output=True, text=True, check=True)
        own.write_text(made.stdout)
        traces = {"own trace": own} | ({"recorded trace": options.trace} if options.trace.exists() else {})
        what = "256 groups with a system message of 6,000 tokens, three turns of 200, answers of 100"
        workloads = {"shared prefixes": (Lab(lab, "prefixes", int(9000 * scale), None), 3, what)}
        for name, trace in traces.items():
            requests = int(len(trace.read_text().splitlines()) * scale)
            what = "made by make_trace.py" if trace == own else f"{trace.name}"
            workloads[name] = (Lab(lab, "trace", requests, trace), 1, f"{what}, its prompts in its order")
        for name, (of, turns, what) in workloads.items():
            measured = of.measure(turns)
            result["workloads"][name] = measured | {"what": what, "judged": judge(measured)}
    if options.sockets:
        result["sockets"] = {"seconds": options.sockets} | {"rows": over_sockets(build / "fairway", options.sockets)}
    options.results.mkdir(parents=True, exist_ok=True)
    name = time.strftime("%Y-%m-%d") + ("-policies-quick" if options.quick else "-policies")
    (options.results / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    text = page(result)
    (options.results / f"{name}.md").write_text(text)
    print(f"\n{text}\nwritten: {options.results / name}.json, .md")


if __name__ == "__main__":
    main()
