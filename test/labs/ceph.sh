#!/bin/bash
# Runs a command against a private Ceph RADOS Gateway: test/labs/ceph.sh [CMD…]      (default: the tests beside this script)
#
# One monitor, one OSD that keeps everything in memory, radosgw; free loopback ports, a temporary directory; all of it ends
# with the command. As root on Debian the packages are installed when they are missing. CMD gets:
#   RGW_ENDPOINT  http://127.0.0.1:…      RGW_REGION    default
#   RGW_ADMIN_ACCESS_KEY, RGW_ADMIN_SECRET_KEY  of a user with the capabilities that the croit-s3 README asks for
#   RGW_PLAIN_ACCESS_KEY, RGW_PLAIN_SECRET_KEY  of a user without any
# The quota of a bucket holds at once, that of a user after its statistics were synchronised, every second here.
# LAB_WAIT bounds each step of the start (60 s), LAB_TTL the whole run (300 s).
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$(dirname "$(readlink -f "$0")")/../.."
[ $# -gt 0 ] || set -- npx vitest run --config test/labs/vitest.config.ts test/labs/ceph

LAB_WAIT=${LAB_WAIT:-60} LAB_TTL=${LAB_TTL:-300}
ACCESS=LABADMINACCESSKEY000 SECRET=labadminsecretlabadminsecretlabadmin0000
PLAIN_ACCESS=LABPLAINACCESSKEY000 PLAIN_SECRET=labplainsecretlabplainsecretlabplain0000
dir=$(mktemp -d /tmp/ceph-lab.XXXXXX)
pids=()

spawn() { # in a process group of its own, which is what `stop` ends
  setsid timeout -k 10 "$LAB_TTL" "$@" </dev/null >>"$dir/out.log" 2>&1 &
  pids+=($!)
}

stop() {
  local i pid
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    pid=${pids[i]}
    # The server alone, so that its timeout collects it; nothing in memory is worth an orderly end, which takes seconds.
    pkill -KILL -P "$pid" || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT TERM

fail() { tail -n 20 "$dir/out.log" >&2; die "$*"; }

# await WHAT CMD…: until it succeeds; every server must stay alive meanwhile.
await() {
  local what=$1 deadline=$((SECONDS + LAB_WAIT)) pid; shift
  until "$@" >>"$dir/out.log" 2>&1; do
    for pid in "${pids[@]}"; do kill -0 "$pid" 2>/dev/null || fail "a server ended before $what"; done
    [ $SECONDS -lt $deadline ] || fail "no $what within $LAB_WAIT s"
    sleep 0.2
  done
}

prepare() { timeout "$LAB_WAIT" "$@" >>"$dir/out.log" 2>&1 || fail "$1 failed"; }

install ceph-mon ceph-mon ceph-osd ceph-osd radosgw radosgw ceph ceph-common curl curl
install /usr/bin/aws awscli /usr/bin/s3cmd s3cmd /usr/bin/rclone rclone

read -r mon1 mon2 rgw osd < <(node -e '
  const net = require("node:net");
  const open = () => new Promise((ok) => { const s = net.createServer().listen(0, "127.0.0.1", () => ok(s)); });
  Promise.all(Array.from({ length: 4 }, open)).then((servers) => {
    console.log(...servers.map((s) => s.address().port));
    for (const s of servers) s.close();
  });')

mkdir "$dir"/{mon,osd,run}
fsid=$(cat /proc/sys/kernel/random/uuid) osd_id=$(cat /proc/sys/kernel/random/uuid)
monitors="[v2:127.0.0.1:$mon1/0,v1:127.0.0.1:$mon2/0]"
export CEPH_CONF=$dir/ceph.conf
cat >"$CEPH_CONF" <<CONF
[global]
fsid = $fsid
mon host = $monitors
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = $dir/keyring
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
ms bind port min = $osd
ms bind port max = $((osd + 39))
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data avail crit = 1
mon data avail warn = 1
run dir = $dir/run
admin socket = $dir/run/\$name.asok
pid file =
log file = $dir/\$name.log
[mon]
mon data = $dir/mon
[osd]
osd data = $dir/osd
osd objectstore = memstore
memstore device bytes = 1073741824
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$rgw
rgw bucket quota ttl = 0
rgw user quota bucket sync interval = 1
rgw user quota sync interval = 1
rgw dns name = localhost
CONF

prepare ceph-authtool --create-keyring "$dir/keyring" --gen-key -n mon. --cap mon 'allow *'
prepare ceph-authtool "$dir/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
prepare ceph-authtool "$dir/keyring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
prepare ceph-authtool "$dir/keyring" --gen-key -n client.rgw --cap mon 'allow rw' --cap osd 'allow rwx'
prepare monmaptool --create --fsid "$fsid" --addv a "$monitors" "$dir/monmap"
prepare ceph-mon --mkfs -i a --monmap "$dir/monmap" --keyring "$dir/keyring"
spawn ceph-mon -f -i a
await 'monitor quorum' timeout 10 ceph --connect-timeout 5 mon stat
prepare ceph osd new "$osd_id"
prepare ceph-osd -i 0 --mkfs --osd-uuid "$osd_id"
prepare ceph auth add osd.0 -i "$dir/keyring"
prepare ceph osd crush add osd.0 1.0 root=default host=localhost
spawn ceph-osd -f -i 0
spawn radosgw -f -n client.rgw
await 'answer from the gateway' curl -sf -m 5 "http://127.0.0.1:$rgw/"
user() { prepare radosgw-admin -n client.rgw user create --uid="$1" --display-name="$1" "${@:2}"; }
user admin --access-key=$ACCESS --secret-key=$SECRET --caps='users=*;buckets=*'
user plain --access-key=$PLAIN_ACCESS --secret-key=$PLAIN_SECRET

export RGW_ENDPOINT="http://127.0.0.1:$rgw" RGW_REGION=default
export RGW_ADMIN_ACCESS_KEY=$ACCESS RGW_ADMIN_SECRET_KEY=$SECRET
export RGW_PLAIN_ACCESS_KEY=$PLAIN_ACCESS RGW_PLAIN_SECRET_KEY=$PLAIN_SECRET
timeout -k 10 "$LAB_TTL" "$@"
