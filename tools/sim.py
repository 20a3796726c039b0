#!/usr/bin/env python3
"""./dev sim [--seed N] [--runs K]: the tests that run at simulated time, from seed N on, K seeds in a row.

The seed reaches the tests as FAIRWAY_SEED. Exit status 1 and the seed to repeat at the first that fails.
"""

import argparse
import os
import subprocess
import sys

import build


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev sim", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=1)
    options = parser.parse_args(arguments)
    try:
        build.build("dev", [])
    except subprocess.CalledProcessError as failed:
        return failed.returncode
    command = ["ctest", "--preset", "dev", "-j", str(build.cores()), "--no-tests=error",
               "--no-label-summary", "-L", "unit", "-R", "Sim"]
    for seed in range(options.seed, options.seed + options.runs):
        env = dict(os.environ, FAIRWAY_SEED=str(seed))
        if subprocess.run(command, cwd=build.ROOT, env=env, check=False).returncode != 0:
            print(f"seed {seed} fails; again: ./dev sim --seed {seed}")
            return 1
        print(f"seed {seed} passes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
