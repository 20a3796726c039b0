#!/usr/bin/env bash
# Makes the packages and starts each once where nothing else is: the .deb installed by apt into a minimal
# Debian, the tarball beside glibc's own files alone, the image's layer as the whole root, as its own user.
# In each a simulated server and the gateway run, a chat completion passes, SIGTERM ends both with 0.
# Exit status: 0 passed, 77 cannot run here (the reason is printed), anything else failed.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tools/debian_root.sh

[[ $(id -u) == 0 ]] || { echo "needs root, for chroot"; exit 77; }
command -v debootstrap >/dev/null || { echo "needs debootstrap"; exit 77; }

work=$PWD/build/packages/roots
release() {
  local name
  for name in tarball oci; do
    umount "$work/$name/proc" 2>/dev/null || true
  done
  unmount "$work/deb"
}
trap release EXIT
release
rm -rf --one-file-system "$work"
mkdir -p "$work"

say() { printf '== %s\n' "$*"; }

# In the root $1 as user $2: binary $3.
start_once() {
  local root=$1 user=$2 binary=$3
  mkdir -p "$root/proc"
  mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
  python3 test/packages/start_once.py chroot --userspec="$user" "$root" "$binary"
  umount "$root/proc"
}

# What systemd would refuse it refuses here; its own units are the host's.
verify_unit() {
  command -v systemd-analyze >/dev/null || { say "no systemd here: the unit is not verified"; return; }
  sed "s|/usr/bin/fairway|$PWD/build/release/fairway|" packaging/fairway.service >"$work/fairway.service"
  systemd-analyze verify --man=no "$work/fairway.service"
}

python3 tools/package.py

say "tarball, beside glibc alone"
mkdir -p "$work/tarball"
dpkg -L libc6 | grep -E '/lib(64)?/.*\.so' | while read -r file; do
  [[ -f "$file" ]] && cp --parents -L "$file" "$work/tarball"
done
# The same files under both names of the folder, as where /lib is a link to /usr/lib.
cp -a "$work/tarball/lib" "$work/tarball/usr" 2>/dev/null || true
mkdir -p "$work/tarball/lib64" && cp -L /lib64/ld-linux-*.so.* "$work/tarball/lib64/" 2>/dev/null || true
tar -C "$work/tarball" -xzf build/packages/fairway-*.tar.gz
start_once "$work/tarball" 65534:65534 "/$(basename "$work"/tarball/fairway-*)/bin/fairway"

say "OCI image"
mkdir -p "$work/oci"
python3 test/packages/unpack_image.py build/packages/*.oci.tar "$work/oci"
start_once "$work/oci" "$(cat "$work/oci.user")" "$(cat "$work/oci.entrypoint")"

say ".deb, in a minimal Debian"
make_debian "$work/deb" build/debian.tar || { echo "debootstrap failed"; exit 77; }
lend_network "$work/deb"
mount_kernel "$work/deb"
cp build/packages/*.deb "$work/deb/root/"
chroot "$work/deb" bash -c 'export DEBIAN_FRONTEND=noninteractive
  apt="apt-get -q -y -o Dpkg::Use-Pty=0"
  $apt update && $apt install --no-install-recommends /root/*.deb' \
  </dev/null >"$work/deb.log" 2>&1 || { tail -20 "$work/deb.log"; exit 1; }
verify_unit
start_once "$work/deb" 65534:65534 /usr/bin/fairway
chroot "$work/deb" apt-get -q -y -o Dpkg::Use-Pty=0 remove fairway >>"$work/deb.log" 2>&1
[[ ! -e "$work/deb/usr/bin/fairway" ]] || { echo "the binary stayed after removal"; exit 1; }
say "packages: passed"
