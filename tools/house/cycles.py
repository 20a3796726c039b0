"""No ring of #includes: neither among components (x.h + x.cc) nor among modules."""

from house import cxx
from house.tree import Problem, Tree

Graph = dict[str, set[str]]


def graphs(tree: Tree) -> tuple[Graph, Graph]:
    """Who includes whom, among components and among modules; tests do not count."""
    components: Graph = {}
    modules: Graph = {}
    for file in tree.source:
        mine = components.setdefault(file.component, set())
        home = modules.setdefault(file.module, set())
        for _, own, _ in cxx.includes(file.text):
            other = own.rsplit(".", 1)[0]
            if own and other != file.component:
                mine.add(other)
            if own and own.split("/")[0] != file.module:
                home.add(own.split("/")[0])
    return components, modules


def rings(graph: Graph) -> list[list[str]]:
    """Each group of nodes that reach one another, as one way around: [a, b, c, a]."""
    found, finished, path = [], set(), []

    def visit(node: str) -> None:
        path.append(node)
        for after in sorted(graph.get(node, ())):
            if after in path:
                found.append([*path[path.index(after):], after])
            elif after not in finished:
                visit(after)
        finished.add(path.pop())

    for node in sorted(graph):
        if node not in finished:
            visit(node)
    return found


def check(tree: Tree) -> list[Problem]:
    return [Problem("src", f"{kind} include each other in a ring: {' -> '.join(ring)}")
            for kind, graph in zip(("components", "modules"), graphs(tree)) for ring in rings(graph)]
