#!/bin/bash
# Every test: those that need only Node, then those against real servers and tools, which are installed where they are
# missing (as root, on Debian). What cannot run is a failure. Leaves nothing running; the last line has the totals.
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$(dirname "$(readlink -f "$0")")/../.."

work=$(mktemp -d /tmp/labs.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
passed=0 failed=0

report() { printf '\n== %s\n' "$*"; }

# suite NAME CMD…: a run of vitest, counted by its own totals; one that ends without totals is a failure.
suite() {
  local name=$1 status=0 counts; shift
  report "$name"
  timeout -k 10 480 "$@" --reporter=default --reporter=json --outputFile.json="$work/$name.json" </dev/null || status=$?
  if counts=$(node -p 'const r = JSON.parse(fs.readFileSync(process.argv[1])); r.numPassedTests + " " + r.numFailedTests' \
      "$work/$name.json" 2>/dev/null); then
    passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
    # A file that does not load fails the run without a failed test.
    [ "$status" = 0 ] || [ "${counts#* }" != 0 ] || failed=$((failed + 1))
  else
    failed=$((failed + 1)); say "$name ended with status $status and without totals"
  fi
}

# check WHAT CMD…: a command that must succeed without a word.
check() {
  local what=$1 output; shift
  if output=$("$@" 2>&1) && [ -z "$output" ]; then
    passed=$((passed + 1)); printf ' ✓ %s\n' "$what"
  else
    failed=$((failed + 1)); printf ' ✗ %s\n%s\n' "$what" "$output"
  fi
}

agent() { timeout 60 node dist/src/cli/main.js "$@"; }
man_page() { agent "$1" --man >"$work/page" && man --warnings -E UTF-8 -l "$work/page" >/dev/null; }
completion() { agent completion bash >"$work/completion" && shellcheck -s bash "$work/completion"; }

report tools
install systemd-analyze systemd systemd-notify systemd man man-db shellcheck shellcheck perl perl-base curl curl zsh zsh fish fish
install /usr/bin/aws awscli /usr/bin/s3cmd s3cmd /usr/bin/rclone rclone
promtool_into "$work"
PATH="$work/bin:$PATH"
promtool --version 2>&1 | head -n 1

suite unit npm test --
suite labs test/labs/rabbitmq.sh npx vitest run --config test/labs/vitest.config.ts --exclude 'test/labs/{ceph,crash,gateway,python,storm,soak}*'
suite clients npx vitest run --config test/labs/vitest.config.ts --maxWorkers 4 test/labs/gateway
suite peer test/labs/python-peer.sh test/labs/rabbitmq.sh npx vitest run --config test/labs/vitest.config.ts test/labs/python
# Every change is judged by the same storm; others are for searching by hand.
STORM_SEED=${STORM_SEED:-11} suite storm npx vitest run --config test/labs/vitest.config.ts test/labs/storm
suite crash npx vitest run --config test/labs/vitest.config.ts test/labs/crash
suite soak npx vitest run --config test/labs/vitest.config.ts test/labs/soak
LAB_TTL=450 suite ceph test/labs/ceph.sh npx vitest run --config test/labs/vitest.config.ts test/labs/ceph

report texts
check 'manual page of the command' man_page help
check 'manual page of the configuration' man_page schema
check 'completion for bash' completion
check 'shell scripts' shellcheck -x -S warning test/labs/*.sh .ci/run

printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
