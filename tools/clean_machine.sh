#!/usr/bin/env bash
# tools/clean_machine.sh [--fresh] [FOLDER]: the README's two commands in a Debian 12 that has nothing installed.
#
# Makes a minimal Debian in FOLDER (default build/debian; a tarball of it is kept beside it, --fresh makes a
# new one), copies the repository in, and runs `./dev demo --once` and `./dev test` there, twice. Needs root
# and debootstrap. This machine's own package sources and proxies are used inside; the network and the
# kernel are shared.
set -euo pipefail
cd "$(dirname "$0")/.."

fresh=no
if [[ "${1:-}" == --fresh ]]; then fresh=yes; shift; fi
mkdir -p build
root=$(realpath -m "${1:-build/debian}")
tarball=$root.tar
mirror=${FAIRWAY_DEBIAN_MIRROR:-}

say() { printf '== %s\n' "$*"; }
if [[ $(id -u) != 0 ]]; then echo "clean_machine: needs root" >&2; exit 1; fi
command -v debootstrap >/dev/null || { echo "clean_machine: needs debootstrap" >&2; exit 1; }

unmount() {
  local place
  for place in dev/shm dev/pts dev proc; do
    if mountpoint -q "$root/$place"; then umount "$root/$place" || umount -l "$root/$place"; fi
  done
}
trap unmount EXIT

# The mirror that this machine itself uses.
own_mirror() {
  grep -hsE '^(URIs:|deb )' /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list |
    grep -oE '(https?|file):[^ ]+' | grep -v security | head -1
}

make_debian() {
  unmount
  rm -rf --one-file-system "$root"
  if [[ $fresh == no && -f "$tarball" ]]; then
    mkdir -p "$root"
    tar -C "$root" -xf "$tarball"
    return
  fi
  say "debootstrap"
  debootstrap --variant=minbase --include=ca-certificates bookworm "$root" ${mirror:-$(own_mirror)} >"$root.log" 2>&1 ||
    { tail "$root.log"; return 1; }
  tar -C "$root" -cf "$tarball.part" . && mv "$tarball.part" "$tarball"
}

# What this machine needs to reach its packages, and nothing else of it.
lend_network() {
  rm -f "$root/etc/apt/sources.list"
  cp -a /etc/apt/sources.list* "$root/etc/apt/" 2>/dev/null || true
  cp -a /etc/apt/apt.conf.d/*{proxy,artifact,mirror,auth}* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
  cp -aL /etc/apt/keyrings /etc/apt/auth.conf.d "$root/etc/apt/" 2>/dev/null || true
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  cp -L /etc/pip.conf "$root/etc/" 2>/dev/null || true
  cp -aL /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/" 2>/dev/null || true
}

mount_kernel() {
  mount -t proc proc "$root/proc"
  mount --bind /dev "$root/dev"
  mount --bind /dev/pts "$root/dev/pts"
  mount -t tmpfs tmpfs "$root/dev/shm"
}

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

make_debian
lend_network
mount_kernel
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
