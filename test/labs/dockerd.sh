#!/bin/bash
# Runs a command beside a private Docker engine: test/labs/dockerd.sh CMD…
#
# The engine listens on a Unix socket in a temporary directory, without a network, in a mount namespace with a copy of /etc;
# all of it is gone when the command ends. As root on Debian the packages are installed when they are missing. CMD gets
#   DOCKER_HOST, DOCKER_SOCKET   where the engine is      LAB_IMAGE  an image with busybox
#   LAB_DIR  a directory for files                        users alice (5101) and bob (5102)
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$(dirname "$(readlink -f "$0")")/../.."
[ $# -gt 0 ] || die 'usage: dockerd.sh CMD…'
install dockerd docker.io docker docker.io containerd containerd busybox busybox-static curl curl useradd passwd
[ -n "${LAB_PRIVATE:-}" ] || LAB_PRIVATE=1 exec unshare --mount --propagation private "$0" "$@"

dir=$(mktemp -d /tmp/dockerd.XXXXXX)
engine=''
stop() {
  if [ -n "$engine" ]; then
    timeout 60 sh -c 'ids=$(docker ps -aq); [ -z "$ids" ] || docker rm -f $ids' >/dev/null 2>&1 || true
    kill "$engine" 2>/dev/null || true
    wait "$engine" 2>/dev/null || true
  fi
  umount -l /etc 2>/dev/null || true
  rm -rf "$dir" 2>/dev/null || { sleep 1; rm -rf "$dir"; }
}
trap stop EXIT
trap 'exit 130' INT TERM
mkdir -p "$dir"/{data,exec,image/bin,image/data} /run/containerd
mount -t tmpfs lab /run/containerd
cp -a /etc "$dir/etc" && mount --bind "$dir/etc" /etc
rm -rf /etc/docker
quietly useradd --uid 5101 --no-create-home --shell /usr/sbin/nologin alice
quietly useradd --uid 5102 --no-create-home --shell /usr/sbin/nologin bob

export DOCKER_SOCKET=$dir/docker.sock DOCKER_HOST=unix://$dir/docker.sock LAB_IMAGE=busybox:lab LAB_DIR=$dir
export DOCKER_CONFIG=$dir/client
timeout -k 20 300 dockerd --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$dir/exec/pid" -H "$DOCKER_HOST" \
  --iptables=false --ip6tables=false --bridge=none --storage-driver="${STORAGE_DRIVER:-overlay2}" >"$dir/log" 2>&1 </dev/null &
engine=$!
for _ in $(seq 300); do
  curl -sf -m 5 --unix-socket "$DOCKER_SOCKET" http://localhost/_ping >/dev/null && break
  kill -0 "$engine" 2>/dev/null || { tail -n 20 "$dir/log" >&2; die 'dockerd ended'; }
  sleep 0.1
done
cp "$(command -v busybox)" "$dir/image/bin/busybox"
for applet in sh dd sleep cat true; do ln -s busybox "$dir/image/bin/$applet"; done
tar -C "$dir/image" -c . | docker import - "$LAB_IMAGE" >/dev/null
timeout -k 20 240 "$@"
