#!/bin/sh
# Runs beside btrfs.sh: the commands of the page about btrfs, but for the first, which the lab has run.
# shellcheck source-path=SCRIPTDIR source=page.sh
. test/labs/quota/page.sh
page btrfs 2 "s#/srv/btrfs#$BTRFS#g"
ok 'btrfs: the limit is there' sh -c 'btrfs qgroup show -re --raw "$BTRFS" | grep -q "0/256.* 20971520"'
exit $failed
