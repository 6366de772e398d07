#!/bin/bash
# Runs a script as root inside a User-Mode Linux guest, whose kernel enforces quotas of ext4 and XFS:
#   test/labs/uml.sh SCRIPT [ARGS…]
#
# The guest sees this machine's files, read-only, and starts in this repository; /mnt is empty and writable, loopback is up.
# $EXT4 and $XFS are mount points of new file systems with quotas of users, groups and projects. What the script prints is
# printed, and its status is the status. Without a network and without the host's kernel nothing of it can leave.
# UML_TIMEOUT bounds it (240 s). Starting a program inside takes about 65 ms.
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$(dirname "$(readlink -f "$0")")/../.."
[ $# -gt 0 ] || die 'usage: uml.sh SCRIPT [ARGS…]'
install linux.uml user-mode-linux busybox busybox-static setquota quota mkfs.xfs xfsprogs mkfs.ext4 e2fsprogs setfattr attr \
  auditctl auditd python3 python3

# Not below /mnt, which is another one inside.
dir=$(mktemp -d /tmp/uml.XXXXXX)
trap 'rm -rf "$dir"' EXIT
truncate -s 300M "$dir/ext4.img"
truncate -s 400M "$dir/xfs.img"
linux=(linux.uml)
tunables=
if grep -qw amx_tile /proc/cpuinfo; then
  # The guest then loses what is in the registers of AVX, which the C library would use to copy and compare.
  linux=(test/labs/without-xstate.py linux.uml)
  tunables=glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-AVX_Fast_Unaligned_Load
fi
printf -v command '%q ' sh "$@"
cat >"$dir/init" <<GUEST
#!/bin/sh
export GLIBC_TUNABLES=$tunables
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/mnt NO_COLOR=1
export EXT4=/mnt/ext4 XFS=/mnt/xfs
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs run /run; mount -t tmpfs tmp /mnt
mount -t devtmpfs dev /dev 2>/dev/null
busybox ip link set lo up
modules=/usr/lib/uml/modules/\$(uname -r)/kernel/fs/quota
busybox insmod \$modules/quota_tree.ko; busybox insmod \$modules/quota_v2.ko
mkdir \$EXT4 \$XFS
echo ---guest---
mkfs.ext4 -F -q -O quota,project -E quotatype=usrquota:grpquota:prjquota /dev/ubdb >/dev/null 2>&1 &&
  mount -o usrquota,grpquota,prjquota /dev/ubdb \$EXT4 &&
  mkfs.xfs -q -f /dev/ubdc >/dev/null &&
  mount -t xfs -o usrquota,grpquota,prjquota /dev/ubdc \$XFS &&
  cd '$PWD' && $command
echo "---status---\$?"
sync; busybox poweroff -f
GUEST
chmod 755 "$dir" "$dir/init"
timeout -k 10 "${UML_TIMEOUT:-240}" "${linux[@]}" mem=1024M uml_dir="$dir/uml" rootfstype=hostfs rootflags=/ ro \
  init="$dir/init" ubdb="$dir/ext4.img" ubdc="$dir/xfs.img" con=null con0=null,fd:1 con1=null quiet \
  </dev/null >"$dir/console" 2>&1 || true
# The console is a terminal.
sed -i 's/\r$//' "$dir/console"
sed -n '/^---guest---$/,/^---status---/{/^---/d;p}' "$dir/console"
status=$(sed -n 's/^---status---\([0-9]*\)$/\1/p' "$dir/console")
[ -n "$status" ] || { tail -n 20 "$dir/console" >&2; die 'the guest did not finish'; }
exit "$status"
