#!/bin/sh
# Runs inside the guest of uml.sh as root: what the agent does on a host, with the capabilities and the view of /proc that the
# drop-in of systemd leaves it, and that none of them is there for nothing.
cp -a /etc /mnt/etc && mount --bind /mnt/etc /etc || exit 94
conf=systemd/host-quota.conf
all=$(sed -n 's/^CapabilityBoundingSet=\(CAP_.*\)$/\1/p' $conf | tr 'A-Z ' 'a-z\n' | sed 's/^cap_/+/' | paste -s -d ,)
more=$(sed -n 's/^#CapabilityBoundingSet=\(CAP_.*\)$/\1/p' $conf | tr 'A-Z ' 'a-z\n' | sed 's/^cap_/+/' | paste -s -d ,)

# with CAPABILITIES CMD…
with() {
  caps=$1; shift
  setpriv --no-new-privs --inh-caps=-all --ambient-caps=-all --bounding-set="-all,$caps" "$@" >/mnt/out 2>&1
}
without() { printf '%s' "$all" | tr ',' '\n' | grep -vx "+$1" | paste -s -d ,; }
ok() { echo "ok $1"; }
fail() { echo "FAIL $1: $(tail -n 2 /mnt/out | tr '\n' ' ')"; exit 1; }
can() { what=$1; shift; if "$@"; then ok "$what"; else fail "$what"; fi; }
cannot() { what=$1; shift; if "$@"; then fail "$what"; else ok "$what"; fi; }

limits() {
  for mount in "$EXT4" "$XFS"; do
    with "$all" setquota -u 1234 0 1024 0 10 "$mount" && with "$all" repquota -u -v -n -p -O csv "$mount" &&
      grep -q '^#1234,' /mnt/out || return 1
  done
  # Homes are read-only for the agent.
  mkdir /mnt/home && mount --bind "$EXT4" /mnt/home && mount -o remount,ro,bind /mnt/home || return 1
  with "$all" setquota -u 1234 0 2048 0 10 /mnt/home || return 1
  umount /mnt/home
}
directory() {
  mkdir "$EXT4/project" && with "$1" chattr -p 100001 +P "$EXT4/project" &&
    with "$1" setfattr -n trusted.waldur.resource -v x "$EXT4/project"
}
user() { with "$1" useradd --no-create-home --shell /usr/sbin/nologin --uid 4321 lab && with "$1" userdel lab; }

can 'limits are set and read on ext4 and XFS, also below a read-only mount' limits
can 'a directory gets its project and its stamp' directory "$all"
can 'a user is made and removed' user "$all"
account() {
  setpriv --no-new-privs --reuid 1300 --regid 1300 --clear-groups --inh-caps="-all,$all" --ambient-caps="-all,$all" \
    --bounding-set="-all,$all" "$@" >/mnt/out 2>&1
}
cannot 'another user than root sets no limit, with all of them' account setquota -u 1234 0 3072 0 10 "$EXT4"
mkdir -m 700 "$EXT4/own" && mkdir "$EXT4/own/files" && touch "$EXT4/own/files/x" && chown -R 1234 "$EXT4/own"
can 'directories of others are read' with "$all" ls "$EXT4/own/files"
cannot 'files of others are not deleted' with "$all" rm -r "$EXT4/own"
cannot 'without CAP_SYS_ADMIN no limit is set' with "$(without sys_admin)" setquota -u 1234 0 4096 0 10 "$EXT4"
cannot 'without CAP_CHOWN no user is made' user "$(without chown)"
cannot 'without CAP_DAC_READ_SEARCH directories of others stay closed' with "$(without dac_read_search)" ls "$EXT4/own"
can 'with what on_terminate: purge takes they are deleted' with "$all,$more" rm -r "$EXT4/own"
mkdir /mnt/proc && mount -t proc -o subset=pid proc /mnt/proc && mount --bind /mnt/proc /proc
cannot 'with the processes alone in /proc there are no quotas' with "$all" repquota -u -v -n -p -O csv "$EXT4"
umount /proc
umount /etc
