#!/bin/bash
# Runs a command against a private RabbitMQ: test/labs/rabbitmq.sh [CMD…]      (default: the tests of it)
#
# Everything listens on free loopback ports and lives in a temporary directory; both end with the command. As root on
# Debian the package is installed when it is missing. CMD gets:
#   RMQ_WS_URL  ws://127.0.0.1:…/ws       RMQ_API         http://127.0.0.1:…/api
#   RMQ_USER, RMQ_PASSWORD  administrator  RMQ_STOMP_PORT  of STOMP without WebSockets
#   RMQ_PID_FILE  has the process id of the Erlang VM, for SIGSTOP and SIGCONT; when that is killed, another one starts
# LAB_WAIT bounds the start (60 s), LAB_TTL the whole run (300 s).
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$(dirname "$(readlink -f "$0")")/../.."
[ $# -gt 0 ] || set -- npx vitest run --config test/labs/vitest.config.ts test/labs/rabbitmq test/sandbox

SERVER=/usr/lib/rabbitmq/bin/rabbitmq-server
LAB_WAIT=${LAB_WAIT:-60} LAB_TTL=${LAB_TTL:-300}
dir=$(mktemp -d /tmp/rabbitmq-lab.XXXXXX)
export RMQ_PID_FILE=$dir/pid
pids=()

install_server() { # the epmd that the package's scripts leave behind goes away again
  local before pid status=0
  before=$(pgrep -x epmd || true)
  ERL_EPMD_ADDRESS=127.0.0.1 install $SERVER rabbitmq-server curl curl || status=$?
  for pid in $(pgrep -x epmd || true); do grep -qx "$pid" <<<"$before" || kill "$pid"; done
  return $status
}

spawn() { # in a process group of its own, which is what `stop` ends
  setsid timeout -k 10 "$LAB_TTL" "$@" </dev/null >>"$dir/out.log" 2>&1 &
  pids+=($!)
}

stop() {
  local i pid
  [ ! -s "$RMQ_PID_FILE" ] || kill -CONT "$(<"$RMQ_PID_FILE")" 2>/dev/null || true
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    pid=${pids[i]}
    kill -TERM -- "-$pid" 2>/dev/null || true
    for _ in $(seq 150); do kill -0 -- "-$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL -- "-$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT TERM

install_server

read -r amqp http stomp ws dist epmd < <(node -e '
  const net = require("node:net");
  const open = () => new Promise((ok) => { const s = net.createServer().listen(0, "127.0.0.1", () => ok(s)); });
  Promise.all(Array.from({ length: 6 }, open)).then((servers) => {
    console.log(...servers.map((s) => s.address().port));
    for (const s of servers) s.close();
  });')
export RMQ_USER=lab RMQ_PASSWORD=lab-password RMQ_API="http://127.0.0.1:$http/api" RMQ_WS_URL="ws://127.0.0.1:$ws/ws"
export RMQ_STOMP_PORT=$stomp

mkdir "$dir/mnesia" "$dir/log"
echo '[rabbitmq_management,rabbitmq_web_stomp,rabbitmq_stomp].' >"$dir/enabled_plugins"
cat >"$dir/rabbitmq.conf" <<CONF
listeners.tcp.local = 127.0.0.1:$amqp
management.tcp.ip = 127.0.0.1
management.tcp.port = $http
stomp.listeners.tcp.1 = 127.0.0.1:$stomp
web_stomp.tcp.ip = 127.0.0.1
web_stomp.tcp.port = $ws
default_user = $RMQ_USER
default_pass = $RMQ_PASSWORD
default_permissions.configure = .*
default_permissions.read = .*
default_permissions.write = .*
loopback_users = none
disk_free_limit.absolute = 50MB
CONF
cat >"$dir/rmq-env.conf" <<CONF
NODENAME=lab$dist@localhost
DIST_PORT=$dist
MNESIA_BASE=$dir/mnesia
LOG_BASE=$dir/log
ENABLED_PLUGINS_FILE=$dir/enabled_plugins
CONFIG_FILE=$dir/rabbitmq.conf
PID_FILE=$RMQ_PID_FILE
CONF

server() {
  HOME=$dir ERL_EPMD_PORT=$epmd ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_CONF_ENV_FILE=$dir/rmq-env.conf \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}' "$@"
}
spawn epmd -address 127.0.0.1 -port "$epmd"
# shellcheck disable=SC2016 # expanded by the inner shell
server spawn bash -c 'while "$0" || [ -e "$1" ]; do sleep 0.1; done' "$SERVER" "$dir/was-ready"
deadline=$((SECONDS + LAB_WAIT))
until curl -sf -m 5 -u "$RMQ_USER:$RMQ_PASSWORD" "$RMQ_API/aliveness-test/%2F" >/dev/null; do
  kill -0 "${pids[1]}" 2>/dev/null || { tail -n 20 "$dir/out.log" >&2; die "the server ended at once"; }
  [ $SECONDS -lt $deadline ] || { tail -n 20 "$dir/out.log" >&2; die "no answer within $LAB_WAIT s"; }
  sleep 0.2
done
touch "$dir/was-ready"

timeout -k 10 "$LAB_TTL" "$@"
