#!/usr/bin/env python3
"""A small request trace of our own in Mooncake's format, for where no recorded one is at hand.

python3 bench/make_trace.py [--requests 2000] [--seed 1] > trace.jsonl

Conversations that begin with one of some long shared documents and grow turn by turn, beside questions that share
nothing; lengths are log-normal. Equal seeds give equal files.
"""

import argparse
import json
import random
import sys

BLOCK = 512  # tokens a hash id stands for


def conversations(random_: random.Random, requests: int):
    """(time ms, input tokens, output tokens, ids) in no order."""
    ids = iter(range(1 << 60))
    documents = [[next(ids) for _ in range(random_.randint(4, 40))] for _ in range(max(requests // 25, 1))]
    made, now = 0, 0.0
    while made < requests:
        now += random_.expovariate(1 / 600)
        at, history = now, list(random_.choice(documents)) if random_.random() < 0.7 else []
        for _ in range(1 + min(int(random_.expovariate(0.5)), 9)):
            question = min(int(random_.lognormvariate(5.5, 1.2)) + 16, 30_000)
            answer = min(int(random_.lognormvariate(4.8, 0.9)) + 4, 1500)
            history += [next(ids) for _ in range(question // BLOCK)]
            tail = [next(ids)]  # the last, partial block is nobody else's
            yield at, len(history) * BLOCK + question % BLOCK + 1, answer, history + tail
            history += [next(ids) for _ in range(answer // BLOCK)]
            at += 4000 + random_.expovariate(1 / 8000)
            made += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rows = sorted(conversations(random.Random(options.seed), options.requests))[: options.requests]
    for at, input_length, output_length, hash_ids in rows:
        row = {"timestamp": int(at), "input_length": input_length, "output_length": output_length}
        sys.stdout.write(json.dumps(row | {"hash_ids": hash_ids}) + "\n")


if __name__ == "__main__":
    main()
