#!/bin/sh
# Runs inside the guest of uml.sh: what the pages of host-quota about ext4 and XFS tell an administrator to type.
failed=0
ok() { what=$1; shift; if output=$("$@" 2>&1); then echo "ok $what"; else echo "FAIL $what: $output"; failed=1; fi; }
as_user() { setpriv --reuid 1234 --regid 1234 --clear-groups dd if=/dev/zero of="$1" bs=1M count=5 conv=fsync 2>&1; }
stops() { case $(as_user "$1") in *'Disk quota exceeded'*) true ;; *) false ;; esac; }
goes() { ! stops "$1"; }
umount "$EXT4" "$XFS"

ok 'ext4: a new file system with quotas' mkfs.ext4 -F -q -O quota,project -E quotatype=usrquota:grpquota:prjquota /dev/ubdb
ok 'ext4: mounted with the options' mount -o usrquota,grpquota,prjquota /dev/ubdb "$EXT4"
chmod 1777 "$EXT4"; setquota -u 1234 0 1024 0 0 "$EXT4"
ok 'ext4: the options make limits bind' stops "$EXT4/a"
umount "$EXT4"
mkfs.ext4 -F -q /dev/ubdb >/dev/null 2>&1
ok 'ext4: an existing one gets quotas' tune2fs -O quota,project -Q usrquota,grpquota,prjquota /dev/ubdb
ok 'ext4: and is mounted with them' mount -o usrquota,grpquota,prjquota /dev/ubdb "$EXT4"
umount "$EXT4"; mount /dev/ubdb "$EXT4"
chmod 1777 "$EXT4"; setquota -u 1234 0 1024 0 0 "$EXT4"
ok 'ext4: without the options nothing is enforced' goes "$EXT4/b"
rm -f "$EXT4/b"
ok 'ext4: quotaon switches it on until the next mount' quotaon -u "$EXT4"
ok 'ext4: and then limits bind' stops "$EXT4/c"
mkdir "$EXT4/name"
ok 'ext4: a directory gets a project' chattr -p 100000 +P "$EXT4/name"
ok 'ext4: which can be seen' lsattr -pd "$EXT4/name"

ok 'XFS: a new file system' mkfs.xfs -f -q /dev/ubdc
ok 'XFS: mounted with the options' mount -t xfs -o usrquota,grpquota,prjquota /dev/ubdc "$XFS"
ok 'XFS: the report ends in Enforcement: ON' sh -c 'repquota -u -v -n -p "$XFS" | grep -q "Accounting: ON; Enforcement: ON"'
umount "$XFS"; mount -t xfs -o uqnoenforce /dev/ubdc "$XFS"
ok 'XFS: counting only says OFF' sh -c 'repquota -u -v -n -p "$XFS" | grep -q "Accounting: ON; Enforcement: OFF"'
ok 'XFS: enforcement can be enabled' xfs_quota -x -c 'enable -u' "$XFS"
ok 'XFS: and then it is ON' sh -c 'repquota -u -v -n -p "$XFS" | grep -q "Accounting: ON; Enforcement: ON"'
exit $failed
