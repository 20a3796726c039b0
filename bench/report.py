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
    """By workload and proxy the figures people look at: medians over the rounds, and the share of nginx's."""
    out = {}
    for name, workload in measured.items():
        runs = workload["runs"]
        direct, nginx = runs.get("direct"), runs.get("nginx")
        out[name] = {}
        for who, its in runs.items():
            if who == "direct" or not its:
                continue
            row = {
                "most": workload["most"].get(who),
                "rate": workload["rates"][who],
                "cpu_us": median(its, "cpu_us"),
                "spread": spread(its, "cpu_us"),
                "p50_ms": median(its, "p50_ms"),
                "p99_ms": median(its, "p99_ms"),
                "rss_mib_before": workload["rss_mib_before"][who],
                "rss_mib_after": workload["rss_mib_after"][who],
            }
            if nginx:
                row["to_nginx"] = row["cpu_us"] / median(nginx, "cpu_us")
            for quantile in ("p50_ms", "p99_ms") if direct else ():
                row[f"added_{quantile}"] = row[quantile] - median(direct, quantile)
            out[name][who] = row
    return out


def rows_of(name: str, of: dict) -> list[str]:
    lines = []
    for who, row in of.items():
        added = "–"
        if "added_p50_ms" in row:
            added = f"{row['added_p50_ms']:+.2f} / {row['added_p99_ms']:+.2f}"
        lines.append(
            f"| {name} | {who} | {row['most'] and round(row['most']) or '–'} | {row['rate']:.0f} "
            f"| {row['cpu_us']:.1f} ({row['spread']}) | **{row.get('to_nginx', 0):.2f}** | {added} "
            f"| {row['rss_mib_before']:.0f} → {row['rss_mib_after']:.0f} |"
        )
    return lines


def page(result: dict) -> str:
    where, what = result["machine"], result["source"]
    lines = [
        f"# Gateway beside other proxies, {what['date']}",
        "",
        f"- commit {what['commit'][:12]}{' with local changes' if what['changed_since'] else ''}",
        f"- {where['cpu']}, {where['cores']} cores, Linux {where['kernel']}, load {where['load_before']:.1f} before",
        f"- {'; '.join(result['versions'].values())}",
        *(f"- absent: {name}: {why}" for name, why in result["absent"].items()),
        f"- rounds of {result['seconds']:g} s, interleaved: {result['rounds']} of nginx and Fairway, "
        f"{result['peer_rounds']} of the others; the method is in bench/README.md",
        "",
        "Most: answers a second in a closed loop. CPU: µs a request of the proxy alone, median (least–most) at the",
        "rate beside it. Added: to the latency of the servers asked directly at that rate, p50 / p99 in ms.",
        "",
        "| workload | proxy | most/s | rate/s | CPU µs | / nginx | added ms | RSS MiB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, of in result["summary"].items():
        lines += rows_of(name, of)
    if result["warnings"]:
        lines += ["", "Warnings:", *(f"- {warning}".replace("\n", " ")[:300] for warning in result["warnings"])]
    return "\n".join(lines) + "\n"
