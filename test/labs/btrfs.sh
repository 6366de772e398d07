#!/bin/bash
# Runs a command beside a btrfs in a file, with quota groups: test/labs/btrfs.sh CMD…
#
# Mounted in a mount namespace of its own: nothing is left when the command ends. It gets BTRFS, the mount point. As root
# on Debian the packages are installed when they are missing; the kernel must have btrfs.
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$(dirname "$(readlink -f "$0")")/../.."
install btrfs btrfs-progs setfattr attr
[ -n "${LAB_PRIVATE:-}" ] || LAB_PRIVATE=1 exec unshare --mount --propagation private "$0" "$@"
grep -qw btrfs /proc/filesystems || die 'this kernel has no btrfs'

dir=$(mktemp -d /tmp/btrfs-lab.XXXXXX)
trap 'umount -l "$dir/mnt" 2>/dev/null || true; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
truncate -s 512M "$dir/disk"
mkdir "$dir/mnt"
chmod 755 "$dir"
quietly mkfs.btrfs -q -f "$dir/disk"
quietly mount -o loop "$dir/disk" "$dir/mnt"
quietly btrfs quota enable "$dir/mnt"
BTRFS=$dir/mnt timeout -k 10 200 "$@"
