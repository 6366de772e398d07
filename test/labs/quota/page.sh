# Sourced. `page FILE N SED`: each line of the N-th block of commands of a page of host-quota, with names changed by SED, and
# its outcome as a line of `ok` or `FAIL`. $failed is 1 when one failed.
# shellcheck shell=sh
failed=0
ok() { what=$1; shift; if output=$("$@" 2>&1 </dev/null); then echo "ok $what"; else echo "FAIL $what: $output"; failed=1; fi; }
page() {
  commands=$(awk -v n="$2" '/^```sh/ { block++; inside = 1; next } /^```/ { inside = 0 } inside && block == n' "plugins/host-quota/docs/$1.md")
  while read -r line; do
    [ -z "$line" ] || ok "$1: $line" sh -c "$line"
  done <<LINES
$(printf '%s\n' "$commands" | sed "$3")
LINES
}
