# shellcheck shell=bash
# For the scripts beside it: sourced, never run.

set -euo pipefail
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
die() { say "$*"; exit 1; }

# install COMMAND PACKAGE …: the packages whose command is missing. No service may start meanwhile, and none stays.
install() {
  # Labs run side by side, and the package manager does not.
  if [ -z "${INSTALL_LOCKED:-}" ] && command -v flock >/dev/null; then
    (flock 9; INSTALL_LOCKED=1; install "$@") 9>/tmp/labs-install.lock
    return
  fi
  local missing=()
  while [ $# -gt 0 ]; do
    command -v "$1" >/dev/null || missing+=("$2")
    shift 2
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || die "only root can install ${missing[*]}"
  command -v apt-get >/dev/null || die "${missing[*]} is missing, and this is not Debian"
  say "installing ${missing[*]}"
  local guard=/usr/sbin/policy-rc.d guarded='' status=0
  if [ ! -e $guard ]; then printf '#!/bin/sh\nexit 101\n' >$guard; chmod 755 $guard; guarded=1; fi
  quietly apt-get update -q && quietly apt-get install -qy --no-install-recommends "${missing[@]}" || status=$?
  [ -z "$guarded" ] || rm -f $guard
  return $status
}

# promtool_into DIR: the one program of Debian's prometheus package, without the server and its service.
promtool_into() {
  ! command -v promtool >/dev/null || return 0
  install apt-get apt dpkg-deb dpkg
  quietly apt-get update -q
  # apt fetches as a user of its own.
  chmod 755 "$1"
  (cd "$1" && quietly apt-get download -q prometheus && dpkg-deb -x prometheus_*.deb .)
  mkdir -p "$1/bin"
  mv "$1/usr/bin/promtool" "$1/bin/"
}

# quietly CMD…: its output only when it fails.
quietly() {
  local output status=0
  output=$(DEBIAN_FRONTEND=noninteractive timeout 300 "$@" </dev/null 2>&1) || status=$?
  [ $status = 0 ] || { printf '%s\n' "$output" | tail -n 20 >&2; say "$1 failed with status $status"; }
  return $status
}
