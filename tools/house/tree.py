"""The repository's text files as the rules see them: read once, from the working tree."""

import dataclasses
import functools
import os
import pathlib
import re

from house import cxx

LEFT_OUT = {".git", "build", ".venv", "__pycache__", ".pytest_cache"}
KIND = re.compile(r"(?:^|_)(test|fixture|fuzz|bench)$")


@dataclasses.dataclass(frozen=True)
class File:
    path: str  # from the root of the repository
    text: str

    @property
    def suffix(self) -> str:
        return pathlib.PurePosixPath(self.path).suffix

    @property
    def folder(self) -> str:
        return str(pathlib.PurePosixPath(self.path).parent)

    @property
    def stem(self) -> str:
        return pathlib.PurePosixPath(self.path).stem

    @property
    def is_cxx(self) -> bool:
        return self.suffix in (".h", ".cc", ".inc")

    @property
    def kind(self) -> str:
        """"code", or what stands beside the code: "test" (fixtures of tests too), "fuzz", "bench"."""
        found = KIND.search(self.stem)
        if found:
            return "test" if found[1] == "fixture" else found[1]
        return "test" if self.path.startswith("test/") else "code"

    @property
    def module(self) -> str:
        """The module under src/, or "" elsewhere."""
        parts = self.path.split("/")
        return parts[1] if parts[0] == "src" and len(parts) > 2 else ""

    @property
    def component(self) -> str:
        """x.h, x.cc and what stands beside them are one component: "rt/loop"."""
        return self.path.removeprefix("src/").removesuffix(self.suffix)

    @functools.cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @functools.cached_property
    def code_lines(self) -> list[str]:
        """The lines of a C++ file with comments and the insides of literals blanked."""
        return cxx.blank(self.text).splitlines()


@dataclasses.dataclass(frozen=True)
class Problem:
    where: str  # "src/x/y.cc:12", or just the file
    what: str  # what is wrong, and what to do instead

    def __str__(self):
        return f"{self.where}: {self.what}"


class Tree:
    def __init__(self, files: dict[str, str]):
        self.files = {path: File(path, text) for path, text in sorted(files.items())}

    @property
    def cxx(self) -> list[File]:
        return [file for file in self.files.values() if file.is_cxx]

    @property
    def source(self) -> list[File]:
        """The C++ of the product: neither tests nor fuzzers nor benchmarks."""
        return [file for file in self.cxx if file.module and file.kind == "code"]


def read(root: pathlib.Path) -> Tree:
    """Every UTF-8 text file under root; recorded bytes (test/fixtures, test/corpora) are nobody's style."""
    files = {}
    for folder, inside, names in os.walk(root):
        inside[:] = sorted(set(inside) - LEFT_OUT)
        for name in sorted(set(names) - LEFT_OUT):  # in a linked worktree .git is a file
            path = pathlib.Path(folder) / name
            relative = path.relative_to(root).as_posix()
            try:
                files[relative] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    return Tree(files)
