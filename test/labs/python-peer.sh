#!/bin/bash
# Runs a command with Waldur's own agent, waldur-site-agent from PyPI, at hand: test/labs/python-peer.sh [CMD…]
#                                                                             (default: the tests of it)
# The pinned versions go into a virtual environment in a temporary directory, which ends with the command. CMD gets
# PEER_BIN, the directory of the agent's programs, and NEWEST_CLIENT, that of the newest client of Waldur's API. LAB_TTL bounds the whole run (300 s).
# shellcheck source-path=SCRIPTDIR source=lib.sh
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$(dirname "$(readlink -f "$0")")/../.."
[ $# -gt 0 ] || set -- test/labs/rabbitmq.sh npx vitest run --config test/labs/vitest.config.ts test/labs/python

HEARTBEAT=/tmp/waldur-site-agent-heartbeat
dir=$(mktemp -d /tmp/python-peer.XXXXXX)
# The agent writes this file wherever it runs.
[ -e $HEARTBEAT ] && leftover='' || leftover=$HEARTBEAT
# shellcheck disable=SC2086 # empty or one path
trap 'rm -rf "$dir" $leftover' EXIT
trap 'exit 130' INT TERM

install python3 python3
# Debian has the module in a package of its own.
python3 -c 'import ensurepip' 2>/dev/null || install no-such-command python3-venv
quietly python3 -m venv "$dir/venv"
quietly "$dir/venv/bin/pip" install -q --disable-pip-version-check -r test/labs/peer/requirements.txt ||
  die 'waldur-site-agent could not be installed'
say "$("$dir/venv/bin/pip" freeze | grep ^waldur- | tr '\n' ' ')$("$dir/venv/bin/python" --version)"

quietly "$dir/venv/bin/pip" install -q --disable-pip-version-check --no-deps --target "$dir/newest" \
  -r test/labs/peer/newest-client.txt || die 'the newest waldur-api-client could not be installed'

export PEER_BIN="$dir/venv/bin" NEWEST_CLIENT="$dir/newest"
timeout -k 10 "${LAB_TTL:-300}" "$@"
