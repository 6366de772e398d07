#!/bin/sh
# Runs beside zfs.sh: the commands of the page about ZFS that zfs-fuse knows; the lab has made the dataset.
# shellcheck source-path=SCRIPTDIR source=page.sh
. test/labs/quota/page.sh
page zfs 2 ''
ok 'zfs: the limit is there' sh -c 'zfs get -H -p -o value userquota@1000 tank/home | grep -qx 20971520'
exit $failed
