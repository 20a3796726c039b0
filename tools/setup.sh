#!/usr/bin/env bash
# tools/setup.sh [--quiet] [GROUP...]: installs the packages of tools/packages.txt that are missing, by
# apt, as root or through sudo. With nothing missing it takes milliseconds and touches nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

quiet=no
if [[ "${1:-}" == --quiet ]]; then quiet=yes; shift; fi
if [[ "${FAIRWAY_SETUP:-}" == off ]]; then exit 0; fi
groups=("${@:-build}")

say() { printf 'setup: %s\n' "$*" >&2; }
known() { awk '!/^#/ && NF { print $1 }' tools/packages.txt | sort -u; }

wanted() {
  local group
  for group in "${groups[@]}"; do
    if [[ "$group" != all ]] && ! known | grep -qx "$group"; then
      say "no group '$group' in tools/packages.txt; there are: $(known | tr '\n' ' ')all"
      return 2
    fi
    awk -v group="$group" '!/^#/ && NF && (group == "all" || $1 == group) { print $2 }' \
      tools/packages.txt
  done
}

packages=$(wanted | sort -u)

require_debian_12() {
  local id version name
  id=$(. /etc/os-release 2>/dev/null && echo "${ID:-}")
  version=$(. /etc/os-release 2>/dev/null && echo "${VERSION_ID:-}")
  [[ "$id" == debian && "$version" == 12 ]] && return
  name=$(. /etc/os-release 2>/dev/null && echo "${PRETTY_NAME:-}")
  say "this knows how to install on Debian 12 only, and this is ${name:-another system}."
  say "Install what tools/packages.txt names by hand, then run again with FAIRWAY_SETUP=off."
  exit 1
}

missing_packages() {
  local have
  have=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $packages 2>/dev/null |
    awk '$2 == "installed" { print $1 }' | sort -u || true)
  comm -23 <(echo "$packages") <(echo "$have")
}

command -v dpkg-query >/dev/null || require_debian_12
missing=$(missing_packages)
if [[ -z "$missing" ]]; then
  [[ "$quiet" == yes ]] || say "nothing to install"
  exit 0
fi
require_debian_12

as_root=()
if [[ $(id -u) != 0 ]]; then
  if ! command -v sudo >/dev/null; then
    say "these packages are missing, and neither root nor sudo is at hand. As root, run:"
    say "  apt-get install --no-install-recommends" $missing
    exit 1
  fi
  as_root=(sudo)
  [[ -t 0 ]] || as_root+=(-n) # nobody is there to type a password
fi

apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null >&2
}
# Package lists younger than a day serve.
lists_are_fresh() {
  [[ -n $(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -mmin -1440 -print -quit 2>/dev/null) ]]
}

say "installing" $missing
if lists_are_fresh && apt install --no-install-recommends $missing; then exit 0; fi
apt update
apt install --no-install-recommends $missing
