#!/bin/bash
# Runs a command beside a ZFS pool in a file, served by zfs-fuse: test/labs/zfs.sh CMD…
#
# Everything is in a mount namespace of its own, with a copy of /etc: pool, mounts, sockets and users are gone when the
# command ends. It gets ZFS_DATASET and ZFS_MOUNT. As root on Debian the package is installed when it is missing.
# zfs-fuse differs from OpenZFS: rounded sizes in tables, no exact lists, no limits of files; and what was written counts
# seconds later.
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$(dirname "$(readlink -f "$0")")/../.."
install zfs-fuse zfs-fuse
[ -n "${LAB_PRIVATE:-}" ] || LAB_PRIVATE=1 exec unshare --mount --propagation private "$0" "$@"
[ -c /dev/fuse ] || die '/dev/fuse is missing'

dir=$(mktemp -d /tmp/zfs-lab.XXXXXX)
server=''
stop() {
  timeout 30 zpool destroy -f tank >/dev/null 2>&1 || true
  [ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; } || true
  umount -l /etc 2>/dev/null || true
  rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT TERM
cp -a /etc "$dir/etc" && mount --bind "$dir/etc" /etc
for place in /run/zfs /var/lock/zfs /var/lib/zfs /etc/zfs; do
  mkdir -p "$place"
  mount -t tmpfs lab "$(readlink -f "$place")"
done
timeout -k 10 300 zfs-fuse -n -p "$dir/pid" >"$dir/log" 2>&1 </dev/null &
server=$!
for _ in $(seq 100); do timeout 10 zpool list >/dev/null 2>&1 && break; sleep 0.1; done
truncate -s 512M "$dir/pool"
quietly zpool create -m /run/zfs/tank tank "$dir/pool"
quietly zfs create tank/home
ZFS_DATASET=tank/home ZFS_MOUNT=/run/zfs/tank/home timeout -k 10 200 "$@"
