#!/usr/bin/env python3
"""./dev new scorer NAME: src/plugins/scorers/NAME.cc, its test, and its line in the catalogue.

NAME is snake_case (least_busy). What is written compiles and passes: a scorer by requests in flight, to be
turned into what it is to be.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "tools" / "templates"


def class_name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def fill(template: str, name: str) -> str:
    return (TEMPLATES / template).read_text().replace("@Class@", class_name(name)).replace(
        "@type@", name.replace("_", "-") + "-scorer")


def with_line(catalogue: str, line: str) -> str:
    """The catalogue with one scorer more, in its place among the scorers by name."""
    lines = catalogue.splitlines()
    scorers = [at for at, text in enumerate(lines) if text.endswith("Scorer)")]
    after = [at for at in scorers if lines[at] > line]
    at = after[0] if after else (scorers[-1] + 1 if scorers else len(lines))
    return "\n".join([*lines[:at], line, *lines[at:]]) + "\n"


def new_scorer(name: str, root: pathlib.Path) -> list[str]:
    """Writes the files under root; returns what it touched, or raises FileExistsError."""
    folder = root / "src" / "plugins" / "scorers"
    catalogue = root / "src" / "plugins" / "catalogue.inc"
    for suffix in (".cc", "_test.cc"):
        with open(folder / f"{name}{suffix}", "x", encoding="utf-8") as file:
            file.write(fill(f"scorer{suffix}.in", name))
    catalogue.write_text(with_line(catalogue.read_text(), f"PLUGIN(k{class_name(name)}Scorer)"))
    return [f"src/plugins/scorers/{name}.cc", f"src/plugins/scorers/{name}_test.cc",
            "src/plugins/catalogue.inc"]


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0] != "scorer":
        print(__doc__, file=sys.stderr)
        return 2
    name = arguments[1].removesuffix("_scorer")
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        print(f"{name!r} is not snake_case", file=sys.stderr)
        return 2
    try:
        touched = new_scorer(name, ROOT)
    except FileExistsError as exists:
        print(f"{exists.filename} exists already", file=sys.stderr)
        return 1
    print("wrote", *touched, sep="\n  ")
    print("next:\n  ./dev test plugins               it compiles and passes as it stands; make it yours\n"
          "  UPDATE=1 ./dev test plugins      writes it into docs/reference/plugins.md")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
