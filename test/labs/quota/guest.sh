#!/bin/sh
# Runs inside the guest of uml.sh as root: users are made in a copy of /etc, because the guest sees the machine's own
# files read-only. Arguments: file systems.
cp -a /etc /mnt/etc && mount --bind /mnt/etc /etc && mount -t tmpfs var /var/log && mount -t tmpfs mail /var/mail || exit 94
mkdir /mnt/tmp && export TMPDIR=/mnt/tmp
chmod 755 /mnt
node dist/test/labs/quota/guest.js "$@"
status=$?
umount /etc
exit $status
