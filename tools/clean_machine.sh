#!/usr/bin/env bash
# tools/clean_machine.sh [--fresh] [FOLDER]: the README's two commands in a Debian 12 that has nothing installed.
#
# Makes a minimal Debian in FOLDER (default build/debian; a tarball of it is kept beside it, --fresh makes a
# new one), copies the repository in, and runs `./dev demo --once` and `./dev test` there, twice. Needs root
# and debootstrap. This machine's own package sources and proxies are used inside; the network and the
# kernel are shared.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/debian_root.sh

fresh=no
if [[ "${1:-}" == --fresh ]]; then fresh=yes; shift; fi
mkdir -p build
root=$(realpath -m "${1:-build/debian}")
tarball=$root.tar

say() { printf '== %s\n' "$*"; }
if [[ $(id -u) != 0 ]]; then echo "clean_machine: needs root" >&2; exit 1; fi
command -v debootstrap >/dev/null || { echo "clean_machine: needs debootstrap" >&2; exit 1; }
trap 'unmount "$root"' EXIT
[[ $fresh == no ]] || rm -f "$tarball"

copy_repository() {
  mkdir -p "$root/root/fairway"
  { git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    [[ -e "$file" ]] && printf '%s\0' "$file"
  done; } | tar --null -T - -cf - | tar -C "$root/root/fairway" -xf -
}

inside() {
  local began=$SECONDS
  say "$*"
  chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
    ${no_proxy:+no_proxy="$no_proxy"} bash -c 'cd /root/fairway && exec "$@"' bash "$@" </dev/null
  say "$* took $((SECONDS - began)) s"
}

processes_inside() {
  local place
  for place in /proc/[0-9]*/root; do
    if [[ $(readlink "$place") == "$root" ]]; then echo "$place"; fi
  done
}

# Files of the repository outside build/, and of /tmp: what a run must leave as it was.
files_outside_build() { (cd "$root" && find tmp root/fairway -path root/fairway/build -prune -o -print | sort); }

make_debian "$root" "$tarball"
lend_network "$root"
mount_kernel "$root"
copy_repository
before=$(files_outside_build)
for round in first second; do
  say "the $round time"
  inside ./dev demo --once
  left=$(processes_inside)
  if [[ -n "$left" ]]; then say "processes left behind:" $left; exit 1; fi
  inside ./dev test
done
after=$(files_outside_build)
if [[ "$before" != "$after" ]]; then
  say "files left behind:"
  comm -13 <(echo "$before") <(echo "$after")
  exit 1
fi
say "clean machine: passed"
