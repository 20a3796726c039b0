# To be sourced: a minimal Debian 12 in a folder, with this machine's own package sources. Needs root and
# debootstrap; the caller unmounts what mount_kernel mounted.

# The mirror that this machine itself uses.
own_mirror() {
  grep -hsE '^(URIs:|deb )' /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list |
    grep -oE '(https?|file):[^ ]+' | grep -v security | head -1
}

# make_debian FOLDER TARBALL: from the tarball if it is there, else by debootstrap, leaving the tarball for next time.
make_debian() {
  local root=$1 tarball=$2
  unmount "$root"
  rm -rf --one-file-system "$root"
  mkdir -p "$root"
  if [[ -f "$tarball" ]]; then
    tar -C "$root" -xf "$tarball"
    return
  fi
  debootstrap --variant=minbase --include=ca-certificates bookworm "$root" \
    ${FAIRWAY_DEBIAN_MIRROR:-$(own_mirror)} >"$root.log" 2>&1 || { tail "$root.log"; return 1; }
  tar -C "$root" -cf "$tarball.part" . && mv "$tarball.part" "$tarball"
}

# What this machine needs to reach its packages, and nothing else of it.
lend_network() {
  local root=$1
  rm -f "$root/etc/apt/sources.list"
  cp -a /etc/apt/sources.list* "$root/etc/apt/" 2>/dev/null || true
  cp -a /etc/apt/apt.conf.d/*{proxy,artifact,mirror,auth}* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
  cp -aL /etc/apt/keyrings /etc/apt/auth.conf.d "$root/etc/apt/" 2>/dev/null || true
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  cp -L /etc/pip.conf "$root/etc/" 2>/dev/null || true
  cp -aL /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/" 2>/dev/null || true
}

mount_kernel() {
  local root=$1
  mount -t proc proc "$root/proc"
  mount --bind /dev "$root/dev"
  mount --bind /dev/pts "$root/dev/pts"
  mount -t tmpfs tmpfs "$root/dev/shm"
}

unmount() {
  local root=$1 place
  for place in dev/shm dev/pts dev proc; do
    if mountpoint -q "$root/$place"; then umount "$root/$place" || umount -l "$root/$place"; fi
  done
}
