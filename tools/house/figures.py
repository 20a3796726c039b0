"""The house in figures: a Markdown table for the docs."""

import statistics

from house import cxx, cycles
from house.tree import Tree


def percentile(values: list[int], share: float) -> int:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0


def figures(tree: Tree) -> list[tuple[str, str]]:
    source = [len(file.lines) for file in tree.source]
    beside = [len(file.lines) for file in tree.cxx if file.kind == "test"]
    python = [len(file.lines) for path, file in tree.files.items()
              if file.suffix in (".py", ".sh") and path.startswith("test/")]
    functions = [(function.lines, f"{function.name} in {file.path}")
                 for file in tree.source for function in cxx.functions(file.text)]
    lengths = [lines for lines, _ in functions]
    longest = max(((len(file.lines), file.path) for file in tree.source), default=(0, "-"))
    component_rings, module_rings = (len(cycles.rings(graph)) for graph in cycles.graphs(tree))
    return [
        ("source files", f"{len(source)}"),
        ("source lines", f"{sum(source):,}"),
        ("lines a file, median / p90 / longest", f"{statistics.median(source or [0]):.0f} / "
         f"{percentile(source, 0.9)} / {longest[0]} ({longest[1]})"),
        ("functions, lines: median / p90 / longest", f"{len(functions)}, {percentile(lengths, 0.5)} / "
         f"{percentile(lengths, 0.9)} / {' '.join(map(str, max(functions, default=(0, '-'))))}"),
        ("test lines in C++", f"{sum(beside):,}"),
        ("test lines in Python and shell", f"{sum(python):,}"),
        ("test lines in C++ to source lines", f"{sum(beside) / max(sum(source), 1):.2f}"),
        ("component cycles, module cycles", f"{component_rings}, {module_rings}"),
    ]


def table(tree: Tree) -> str:
    rows = figures(tree)
    return "\n".join(["| what | figure |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])
