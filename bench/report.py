"""Where and how a benchmark ran, and its results as a page."""

import datetime
import os
import pathlib
import platform
import re
import statistics
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]


def first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except OSError:
        return "unknown"
    return ((done.stdout or done.stderr).splitlines() or ["unknown"])[0].strip()


def machine() -> dict:
    cpu = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    return {
        "cpu": cpu.group(1) if cpu else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "load_before": os.getloadavg()[0],
    }


def source() -> dict:
    git = ["git", "-C", str(REPOSITORY)]
    changed = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, text=True)
    return {
        "commit": first_line([*git, "rev-parse", "HEAD"]),
        "changed_since": bool(changed.stdout.strip()),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%MZ"),
    }


def median(runs: list[dict], figure: str) -> float:
    return statistics.median(run[figure] for run in runs)


def spread(runs: list[dict], figure: str) -> str:
    values = sorted(run[figure] for run in runs)
    return f"{values[0]:.1f}–{values[-1]:.1f}"


def summary(measured: dict) -> dict:
    """The figures people look at: medians over the rounds, and Fairway's share of nginx's."""
    out = {}
    for name, workload in measured.items():
        runs = workload["runs"]
        nginx, fairway, direct = runs["nginx"], runs["fairway"], runs["direct"]
        row = {
            "rate": workload["rate"],
            "nginx_cpu_us": median(nginx, "cpu_us"),
            "fairway_cpu_us": median(fairway, "cpu_us"),
            "nginx_spread": spread(nginx, "cpu_us"),
            "fairway_spread": spread(fairway, "cpu_us"),
            "nginx_rss_mib": nginx[-1]["rss_mib"],
            "fairway_rss_mib": fairway[-1]["rss_mib"],
        }
        row["ratio"] = row["fairway_cpu_us"] / row["nginx_cpu_us"]
        for quantile in ("p50_ms", "p99_ms"):
            for who, its in (("nginx", nginx), ("fairway", fairway)):
                row[f"{who}_added_{quantile}"] = median(its, quantile) - median(direct, quantile)
        out[name] = row
    return out


def page(result: dict) -> str:
    where, what, versions = result["machine"], result["source"], result["versions"]
    lines = [
        f"# Gateway beside nginx, {what['date']}",
        "",
        f"- commit {what['commit'][:12]}{' with local changes' if what['changed_since'] else ''}",
        f"- {where['cpu']}, {where['cores']} cores, Linux {where['kernel']}, load {where['load_before']:.1f} before",
        f"- {versions['fairway']}; {versions['nginx']}",
        f"- {result['rounds']} rounds of {result['seconds']:g} s each, interleaved; open loop; "
        "the method is in bench/README.md",
        "",
        "CPU µs a request of the proxy alone: median (least–most of the rounds).",
        "",
        "| workload | rate/s | nginx | Fairway | Fairway / nginx | RSS MiB nginx, Fairway |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in result["summary"].items():
        lines.append(
            f"| {name} | {row['rate']:.0f} | {row['nginx_cpu_us']:.1f} ({row['nginx_spread']}) "
            f"| {row['fairway_cpu_us']:.1f} ({row['fairway_spread']}) | **{row['ratio']:.2f}** "
            f"| {row['nginx_rss_mib']}, {row['fairway_rss_mib']} |"
        )
    lines += [
        "",
        "Latency added to that of the servers asked directly, ms.",
        "",
        "| workload | nginx p50 | Fairway p50 | nginx p99 | Fairway p99 |",
        "|---|---|---|---|---|",
    ]
    for name, row in result["summary"].items():
        lines.append(
            f"| {name} | {row['nginx_added_p50_ms']:+.3f} | {row['fairway_added_p50_ms']:+.3f} "
            f"| {row['nginx_added_p99_ms']:+.3f} | {row['fairway_added_p99_ms']:+.3f} |"
        )
    if result["warnings"]:
        lines += ["", "Warnings:", *(f"- {warning}" for warning in result["warnings"])]
    return "\n".join(lines) + "\n"
