"""A corpus that no fuzzer reads, or a fuzzer without seeds, is a mistake."""

from house.tree import Problem, Tree


def check(tree: Tree) -> list[Problem]:
    fuzzers = {file.stem.removesuffix("_fuzz"): file.path for file in tree.cxx if file.kind == "fuzz"}
    corpora = {path.split("/")[2] for path in tree.files if path.startswith("test/corpora/")
               and path.count("/") > 2}
    return [Problem(f"test/corpora/{name}", f"no {name}_fuzz.cc reads it")
            for name in sorted(corpora - fuzzers.keys())] + [
        Problem(fuzzers[name], f"has no seeds in test/corpora/{name}")
        for name in sorted(fuzzers.keys() - corpora)]
