#!/bin/sh
# Runs inside the guest of uml.sh: a real auditd with the shipped rules, a stand-in for the Docker client, and the reader of
# the log. The clock of the guest goes over the end of a year meanwhile.
mount -t tmpfs log /var/log && mkdir /var/log/audit /mnt/bin || exit 94
cp /usr/bin/true /mnt/bin/docker && : >/run/docker.sock
date -s '2026-12-31 23:59:55' >/dev/null
auditd -s enable || exit 95
sleep 1
sed 's#/usr/local/bin/docker#/mnt/bin/docker#' config/docker-quota.rules >/mnt/rules
auditctl -R /mnt/rules >/dev/null 2>&1 || exit 96
as() { uid=$1; shift; setpriv --reuid "$uid" --regid "$uid" --clear-groups "$@"; }
as 1234 /mnt/bin/docker --context=lab run --name web -e "TEXT=two words" nginx
cat /run/docker.sock
pkill -USR1 -x auditd
sleep 6
as 1235 /mnt/bin/docker -H unix:///x image pull "alpine"
sh -c 'echo 1236 >/proc/self/loginuid && exec /mnt/bin/docker build -t me/app --build-arg "X=$(head -c 9000 /dev/zero | tr "\0" x)" .'
as 1235 /mnt/bin/docker compose up
sleep 1
exec node dist/test/labs/quota/audit.js
