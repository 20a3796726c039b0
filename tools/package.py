#!/usr/bin/env python3
"""tools/package.py [deb] [tarball] [oci]: packages of build/release/fairway, in build/packages; all three if
none is named.

    fairway_VERSION_ARCH.deb               for Debian 12: depends on what it needs, brings a systemd unit
    fairway-VERSION-linux-ARCH.tar.gz      for any Linux with glibc >= 2.36: bin/ and the libraries it lacks
    fairway-VERSION-linux-ARCH.oci.tar     an OCI image archive: non-root, no shell, nothing but what runs

The same commit gives the same bytes: times are the commit's, owners are root, files are sorted.
"""

import gzip
import io
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

import build
import oci_image

OUT = build.ROOT / "build" / "packages"
PACKAGING = build.ROOT / "packaging"
DEBIAN_ARCH = {"x86_64": "amd64", "aarch64": "arm64"}
# Part of glibc itself: what a tarball leaves to the system.
GLIBC = re.compile(r"^(ld-linux.*|libc|libm|libdl|librt|libpthread|libresolv|libanl|libutil)\.so\b")
DESCRIPTION = """\
inference gateway: sends each LLM request to the server that fits best
 Speaks the OpenAI API to clients and stands in front of model servers (vLLM,
 SGLang, Triton). For each request it chooses the server by queue, KV cache,
 cached prefix, LoRA adapter and load, and can say why.
"""


def run(*command: str | os.PathLike, **options) -> str:
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **options).stdout.strip()


def version() -> str:
    return run(build.folder("release") / "fairway", "--version").split()[-1]


def commit_time() -> int:
    found = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=build.ROOT, capture_output=True, text=True,
                           check=False)
    return int(found.stdout.strip() or 0) if found.returncode == 0 else 0


def libraries(binary: pathlib.Path) -> dict[str, pathlib.Path]:
    """What the dynamic linker loads for it, by name; the linker itself included."""
    found = {}
    for line in run("ldd", binary).splitlines():
        if match := re.match(r"\s*(?:(\S+) => )?(/\S+) \(0x", line):
            path = pathlib.Path(match[2])
            found[match[1] or path.name] = path
    return found


def stripped(to: pathlib.Path) -> pathlib.Path:
    to.parent.mkdir(parents=True, exist_ok=True)
    run("strip", "-o", to, build.folder("release") / "fairway")
    to.chmod(0o755)
    return to


def install(source: pathlib.Path, to: pathlib.Path, mode: int = 0o644) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, to)
    to.chmod(mode)


def install_docs(folder: pathlib.Path) -> None:
    install(build.ROOT / "README.md", folder / "README.md")
    install(build.ROOT / "LICENSE", folder / "LICENSE")


def tree_as_tar(top: pathlib.Path, prefix: str) -> bytes:
    """Sorted, owned by root, dated by the commit."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path in sorted(top.rglob("*")):
            info = tar.gettarinfo(path, prefix + str(path.relative_to(top)))
            info.uid = info.gid = 0
            info.uname = info.gname = "root"
            info.mtime = commit_time()
            if info.isreg():
                with open(path, "rb") as file:
                    tar.addfile(info, file)
            else:
                tar.addfile(info)
    return out.getvalue()


def empty(name: str) -> pathlib.Path:
    folder = OUT / "work" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def dependencies(binary: pathlib.Path) -> str:
    """The Debian packages, with least versions, whose libraries it loads."""
    work = empty("shlibdeps")
    (work / "debian").mkdir()
    (work / "debian" / "control").write_text("Source: fairway\n\nPackage: fairway\nArchitecture: any\n")
    line = run("dpkg-shlibdeps", "-O", binary, cwd=work)
    return line.partition("shlibs:Depends=")[2]


def make_deb(machine: str) -> pathlib.Path:
    arch = DEBIAN_ARCH[machine]
    top = empty("deb")
    binary = stripped(top / "usr/bin/fairway")
    install(PACKAGING / "fairway.service", top / "lib/systemd/system/fairway.service")
    install(PACKAGING / "fairway.default", top / "etc/default/fairway")
    install_docs(top / "usr/share/doc/fairway")
    install(build.ROOT / "LICENSE", top / "usr/share/doc/fairway/copyright")
    control = top / "DEBIAN"
    size = sum(path.stat().st_size for path in top.rglob("*") if path.is_file()) // 1024
    control.mkdir()
    (control / "control").write_text(
        f"Package: fairway\nVersion: {version()}\nArchitecture: {arch}\nSection: net\nPriority: optional\n"
        f"Maintainer: Fairway maintainers <maintainers@fairway.dev>\nInstalled-Size: {size}\n"
        f"Depends: {dependencies(binary)}\nRecommends: ca-certificates\nDescription: {DESCRIPTION}")
    (control / "conffiles").write_text("/etc/default/fairway\n")
    for script in ("postinst", "prerm"):
        install(PACKAGING / script, control / script, 0o755)
    target = OUT / f"fairway_{version()}_{arch}.deb"
    run("dpkg-deb", "--root-owner-group", "-Zxz", "--build", top, target,
        env=os.environ | {"SOURCE_DATE_EPOCH": str(commit_time())})
    return target


def make_tarball(machine: str) -> pathlib.Path:
    top = empty("tarball")
    binary = stripped(top / "bin/fairway")
    for name, path in libraries(binary).items():
        if not GLIBC.match(name):
            install(path, top / "lib" / name)
    # RPATH and not RUNPATH: it also holds for what the libraries themselves need.
    run("patchelf", "--force-rpath", "--set-rpath", "$ORIGIN/../lib", binary)
    install_docs(top)
    install(PACKAGING / "fairway.service", top / "share/fairway.service")
    install(PACKAGING / "fairway.default", top / "share/fairway.default")
    name = f"fairway-{version()}-linux-{machine}"
    target = OUT / f"{name}.tar.gz"
    target.write_bytes(gzip.compress(tree_as_tar(top, name + "/"), mtime=commit_time()))
    return target


def make_oci(machine: str) -> pathlib.Path:
    top = empty("oci")
    binary = stripped(top / "usr/bin/fairway")
    for path in libraries(binary).values():
        install(path.resolve(), top / str(path).lstrip("/"), 0o755)
    certificates = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
    install(certificates, top / str(certificates).lstrip("/"))
    (top / "etc/passwd").write_text("fairway:x:65532:65532:fairway:/:/usr/sbin/nologin\n")
    (top / "etc/group").write_text("fairway:x:65532:\n")
    (top / "etc/nsswitch.conf").write_text("hosts: files dns\n")
    (top / "tmp").mkdir()
    (top / "tmp").chmod(0o1777)
    target = OUT / f"fairway-{version()}-linux-{machine}.oci.tar"
    target.write_bytes(oci_image.archive(
        gzip.compress(tree_as_tar(top, ""), mtime=commit_time()), architecture=DEBIAN_ARCH[machine],
        version=version(), created=commit_time()))
    return target


MAKERS = {"deb": make_deb, "tarball": make_tarball, "oci": make_oci}


def main(arguments: list[str]) -> int:
    unknown = [word for word in arguments if word not in MAKERS]
    if unknown:
        print(f"package: no kind {unknown[0]!r}; there are: {' '.join(MAKERS)}", file=sys.stderr)
        return 2
    machine = os.uname().machine
    OUT.mkdir(parents=True, exist_ok=True)
    for kind in arguments or MAKERS:
        made = MAKERS[kind](machine)
        print(f"{made.relative_to(build.ROOT)}  {made.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
