#!/usr/bin/env python3
"""What asking 1,000 model servers for their metrics costs the gateway. README.md beside this file has the method.

./dev bench scrape [--quick] [--servers 1000] [--seconds 20]
Writes bench/results/DATE-scrape.json and .md.
"""

import argparse
import contextlib
import json
import pathlib
import re
import tempfile
import time
import urllib.request

import proxies
import report
from load import Workload
from processes import Servers

# Name, bytes of a page, share of a core that is the goal. A real vLLM's page is 52 to 72 KB.
PAGES = [("small pages", 0, 0.05), ("64 KB pages", 65536, 0.15)]
INTERVAL = 1.0


class Gateway(proxies.Fairway):
    """Asks every server once a second, busy or not, and may take what it needs for that."""

    extra = ("--scrape-fastest", f"{INTERVAL:g}", "--scrape-slowest", f"{INTERVAL:g}", "--scrape-cores", "4")


def scrapes(admin: int) -> dict[str, float]:
    page = urllib.request.urlopen(f"http://127.0.0.1:{admin}/metrics", timeout=10).read().decode()
    found = re.findall(r'^fairway_scrapes_total\{[^}]*outcome="(\w+)"[^}]*\} (\S+)$', page, re.M)
    if not found:
        raise SystemExit(f"bench: no count of scrapes on the metrics page:\n{page[:2000]}")
    return {outcome: float(count) for outcome, count in found}


def measure(options, page_bytes: int, folder: pathlib.Path, stack: contextlib.ExitStack) -> dict:
    profile = folder / "profile.yaml"
    profile.write_text(f"metrics_page_bytes: {page_bytes}\n" if page_bytes else "seed: 1\n")
    servers = stack.enter_context(Servers(str(options.bin), str(profile), options.servers, folder))
    gateway = stack.enter_context(Gateway(servers, Workload("scrape", 1024), folder))
    gateway.await_ready()
    time.sleep(5)  # until every server was found and asked
    before, cpu, began = scrapes(gateway.admin), gateway.cpu_seconds(), time.monotonic()
    time.sleep(options.seconds)
    cpu, elapsed = gateway.cpu_seconds() - cpu, time.monotonic() - began
    after = scrapes(gateway.admin)
    done = {outcome: after[outcome] - before.get(outcome, 0) for outcome in after}
    return {
        "cores": cpu / elapsed,
        "scrapes_per_s": done.get("ok", 0) / elapsed,
        "failed": done.get("failed", 0),
        "us_a_scrape": cpu * 1e6 / max(done.get("ok", 0), 1),
        "rss_mib": gateway.rss_mib(),
    }


def page(result: dict) -> str:
    where, what = result["machine"], result["source"]
    lines = [
        f"# Scraping {result['servers']} servers each second, {what['date']}",
        "",
        f"- commit {what['commit'][:12]}{' with local changes' if what['changed_since'] else ''}",
        f"- {where['cpu']}, {where['cores']} cores, Linux {where['kernel']}, load {where['load_before']:.1f} before",
        f"- {result['seconds']:g} s each; CPU of the whole gateway, which has nothing else to do",
        "",
        "| pages | cores | goal | µs a scrape | scrapes/s | failed | RSS MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in result["pages"].items():
        lines.append(
            f"| {name} | **{row['cores']:.3f}** | < {row['goal']} | {row['us_a_scrape']:.1f} "
            f"| {row['scrapes_per_s']:.0f} | {row['failed']:.0f} | {row['rss_mib']:.0f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="5 s each")
    parser.add_argument("--servers", type=int, default=1000)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--bin", type=pathlib.Path, default=here.parent / "build" / "release" / "fairway")
    parser.add_argument("--results", type=pathlib.Path, default=here / "results")
    options = parser.parse_args()
    options.seconds = options.seconds or (5 if options.quick else 20)
    proxies.Fairway.binary = str(options.bin)
    result = {"source": report.source(), "machine": report.machine(), "servers": options.servers}
    result |= {"seconds": options.seconds, "pages": {}}
    for name, page_bytes, goal in PAGES:
        with tempfile.TemporaryDirectory(prefix="fairway-bench-") as folder, contextlib.ExitStack() as stack:
            row = measure(options, page_bytes, pathlib.Path(folder), stack)
            result["pages"][name] = row | {"goal": goal}
            print(f"{name}: {row}", flush=True)
    options.results.mkdir(parents=True, exist_ok=True)
    name = time.strftime("%Y-%m-%d") + ("-scrape-quick" if options.quick else "-scrape")
    (options.results / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    text = page(result)
    (options.results / f"{name}.md").write_text(text)
    print(f"\n{text}\nwritten: {options.results / name}.json, .md")


if __name__ == "__main__":
    main()
