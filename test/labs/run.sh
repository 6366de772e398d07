#!/bin/bash
# Every test: those that need only Node, then those against real servers and tools, which are installed where they are
# missing (as root, on Debian). What cannot run is a failure. Leaves nothing running; what failed is told again at the
# end, and the last line has the totals.
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$(dirname "$(readlink -f "$0")")/../.."

work=$(mktemp -d /tmp/labs.XXXXXX)
declare -A beside=()
trap '[ ${#beside[@]} = 0 ] || kill "${beside[@]}"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
passed=0 failed=0
: >"$work/failures"

report() { printf '\n== %s\n' "$*"; }

fails() { failed=$((failed + 1)); say "$*"; printf '%s\n' "$*" >>"$work/failures"; }

# suite NAME CMD…: a run of vitest, counted by its own totals.
suite() {
  local name=$1 status=0; shift
  report "$name"
  (vitest_run "$name" "$@") 2>&1 | tee "$work/$name.log" || status=$?
  count "$name" $status
}

# beside NAME CMD…, later join NAME: a suite that waits most of the time, while others run; its output comes when it joins.
beside() { (vitest_run "$@") >"$work/$1.log" 2>&1 & beside[$1]=$!; }
join() {
  local status=0
  report "$1"
  wait "${beside[$1]}" || status=$?
  unset "beside[$1]"
  cat "$work/$1.log"
  count "$1" $status
}

vitest_run() { # takes the place of the shell, so that who ends that ends this
  local name=$1; shift
  exec timeout -k 10 720 "$@" --reporter=default --reporter=json --outputFile.json="$work/$name.json" </dev/null
}

# count NAME STATUS: a suite that ended without totals is a failure, and so is an error outside of the tests.
count() {
  local counts
  [ -s "$work/$1.json" ] || { fails "$1 ended with status $2 and without totals"; return; }
  counts=$(node test/labs/totals.mjs "$work/$1.json" 2>>"$work/failures")
  passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
  [ "$2" = 0 ] || [ "${counts#* }" != 0 ] || {
    fails "$1 ended with status $2 though no test failed"
    sed -n '/Unhandled/,$p' "$work/$1.log" | head -n 60 >>"$work/failures"
  }
}

# check WHAT CMD…: a command that must succeed without a word.
check() {
  local what=$1 output; shift
  if output=$("$@" 2>&1) && [ -z "$output" ]; then
    passed=$((passed + 1)); printf ' ✓ %s\n' "$what"
  else
    fails "$what: $output"
  fi
}

agent() { timeout 60 node dist/src/cli/main.js "$@"; }
man_page() { agent "$1" --man >"$work/page" && man --warnings -E UTF-8 -l "$work/page" >/dev/null; }
completion() { agent completion bash >"$work/completion" && shellcheck -s bash "$work/completion"; }

report tools
install systemd-analyze systemd systemd-notify systemd man man-db shellcheck shellcheck perl perl-base curl curl zsh zsh fish fish
install go golang-go nginx nginx-light
# With its one font: the pictures of the page are compared.
install /usr/bin/chromium chromium fc-list fontconfig /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf fonts-dejavu-core
install /usr/bin/aws awscli /usr/bin/s3cmd s3cmd /usr/bin/rclone rclone
promtool_into "$work"
PATH="$work/bin:$PATH"
promtool --version 2>&1 | head -n 1

# Every change is judged by the same storms; others are for searching by hand.
export STORM_SEED=${STORM_SEED:-11}
labs=(npx vitest run --config test/labs/vitest.config.ts)
suite unit npm test --
# Threads share an address from Node 22.12 on.
mkdir "$work/node"
quietly npm install --prefix "$work/node" --no-save "node-linux-$(node -p process.arch)@24.22.3"
newer=$(echo "$work"/node/node_modules/node-linux-*/bin)
suite threads env PATH="$newer:$PATH" npx vitest run --config test/vitest.config.ts \
  plugins/ironbucket-local/test/thread plugins/ironbucket-local/test/gateway/receive
# Half of the time both wait for their servers.
beside ceph env LAB_TTL=600 test/labs/ceph.sh "${labs[@]}" test/labs/ceph
LAB_TTL=600 suite labs test/labs/rabbitmq.sh "${labs[@]}" --exclude 'test/labs/{ceph,crash,gateway,page,python,quota,storm,soak}*'
# Behind the first that needs RabbitMQ, which installs it.
beside peer test/labs/python-peer.sh test/labs/rabbitmq.sh "${labs[@]}" test/labs/python
suite page "${labs[@]}" test/labs/page
join ceph
beside soak "${labs[@]}" test/labs/soak
suite clients "${labs[@]}" --maxWorkers 4 test/labs/gateway
join peer
suite storm "${labs[@]}" test/labs/storm
suite quota "${labs[@]}" test/labs/quota
CRASH_STEP=${CRASH_STEP:-3} suite crash "${labs[@]}" test/labs/crash
join soak

report texts
check 'manual page of the command' man_page help
check 'manual page of the configuration' man_page schema
check 'completion for bash' completion
check 'shell scripts' shellcheck -x -S warning test/labs/*.sh .ci/run

[ "$failed" = 0 ] || { report failures; cat "$work/failures"; }
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
