#!/bin/sh
# Runs inside the guest of uml.sh: the commands of the pages of host-quota about ext4 and XFS, as they are written there but
# for the names of devices and mount points, and what the pages say of them.
# shellcheck source-path=SCRIPTDIR source=page.sh
. test/labs/quota/page.sh
as_user() { setpriv --reuid 1234 --regid 1234 --clear-groups dd if=/dev/zero of="$1" bs=1M count=5 conv=fsync 2>&1; }
stops() { case $(as_user "$1") in *'Disk quota exceeded'*) true ;; *) false ;; esac; }
goes() { ! stops "$1"; }
limited() { chmod 1777 "$mount"; setquota -u 1234 0 1024 0 0 "$mount"; }
umount "$EXT4" "$XFS"
wipefs -aq /dev/ubdb /dev/ubdc

mount=$EXT4 names="s#/dev/vdb#/dev/ubdb#; s#/srv/data#$EXT4#"
page ext4 1 "$names"
limited
ok 'ext4: the options make limits bind' stops "$EXT4/a"
umount "$EXT4"
mkfs.ext4 -F -q /dev/ubdb >/dev/null 2>&1
mount /dev/ubdb "$EXT4"
page ext4 2 "$names"
umount "$EXT4"; mount /dev/ubdb "$EXT4"
limited
ok 'ext4: without the options nothing is enforced' goes "$EXT4/b"
rm -f "$EXT4/b"
page ext4 3 "$names"
ok 'ext4: and then limits bind' stops "$EXT4/c"
umount "$EXT4"; mount /dev/ubdb "$EXT4"
mount -o remount,usrquota "$EXT4"
ok 'ext4: a remount shows the options' grep -q "$EXT4 .*usrquota" /proc/self/mountinfo
ok 'ext4: and enforces nothing' goes "$EXT4/d"
mkdir -p "$EXT4/projects/name"
page ext4 4 "$names"
page ext4 5 "$names"

mount=$XFS names="s#/dev/vdc#/dev/ubdc#; s#/srv/data#$XFS#"
page xfs 1 "$names"
page xfs 2 "$names"
ok 'XFS: the report ends in Enforcement: ON' sh -c 'repquota -u -v -n -p "$XFS" | tail -n 4 | grep -q "Accounting: ON; Enforcement: ON"'
umount "$XFS"; mount -t xfs -o uqnoenforce /dev/ubdc "$XFS"
ok 'XFS: counting only says OFF' sh -c 'repquota -u -v -n -p "$XFS" | grep -q "Accounting: ON; Enforcement: OFF"'
page xfs 3 "$names"
ok 'XFS: and then it is ON' sh -c 'repquota -u -v -n -p "$XFS" | grep -q "Accounting: ON; Enforcement: ON"'
umount "$XFS"; mount -t xfs -o usrquota,grpquota,prjquota /dev/ubdc "$XFS"
mkdir -p "$XFS/projects/name"
page xfs 4 "$names"
exit $failed
