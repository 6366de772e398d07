#!/bin/bash
# A host with one ZFS dataset, as its programs show it and change it: linked as zfs, getent, useradd and userdel into a
# directory that has `state/users/NAME` (uid:comment), `state/quota/UID` and `state/used/UID` (bytes and files).
# With `state/dice` (SEED PERCENT) programs that change something fail now and then: before they did it, or after.
state=${0%/*}/state
program=${0##*/}

# luck WHEN: whether this call goes on. Decided by what is called and how often it was.
luck() {
  [ -f "$state/dice" ] || return 0
  local seed percent call times
  read -r seed percent <"$state/dice"
  call=$(printf '%s ' "$1" "$program" "${arguments[@]}" | cksum)
  call=${call%% *}
  printf x >>"$state/calls/$call"
  times=$(wc -c <"$state/calls/$call")
  (($(printf '%s %s %s' "$seed" "$call" "$times" | cksum | cut -d' ' -f1) % 100 >= percent))
}
arguments=("$@")
fail() { [ ! -f "$state/dice" ] || printf x >>"$state/failures"; echo "$program: $2" >&2; exit "$1"; }
passwd() { printf '%s:x:%s:%s:%s:/home/%s:/usr/sbin/nologin\n' "$1" "$2" "$2" "$3" "$1"; }

case $program in
  getent)
    [ "$1" = passwd ] || exit 2
    shift
    missing=0
    declare -A names
    for file in "$state"/users/*; do
      IFS=: read -r uid comment <"$file" || continue
      name=${file##*/}
      [ $# -gt 0 ] || passwd "$name" "$uid" "$comment"
      names[$uid]=$(passwd "$name" "$uid" "$comment") names[$name]=${names[$uid]}
    done
    for key in "$@"; do
      if [ -n "${names[$key]:-}" ]; then printf '%s\n' "${names[$key]}"; else missing=2; fi
    done
    exit $missing
    ;;
  useradd)
    while [ $# -gt 1 ]; do
      case $1 in --uid) uid=$2 ;; --comment) comment=$2 ;; esac
      shift
    done
    luck before || fail 10 'cannot lock /etc/passwd; try again later.'
    grep -qs "^$uid:" "$state"/users/* && fail 4 "UID $uid is not unique"
    [ ! -e "$state/users/$1" ] || fail 9 "user '$1' already exists"
    printf '%s:%s\n' "$uid" "$comment" >"$state/users/.$$" && mv -n "$state/users/.$$" "$state/users/$1"
    luck after || fail 10 'cannot lock /etc/passwd; try again later.'
    ;;
  userdel)
    luck before || fail 10 'cannot lock /etc/passwd; try again later.'
    [ -e "$state/users/$1" ] || fail 6 "user '$1' does not exist"
    rm "$state/users/$1"
    luck after || fail 10 'cannot lock /etc/passwd; try again later.'
    ;;
  zfs)
    case $1 in
      list) [[ " $* " == *mountpoint* ]] && printf 'tank/home\t/tank/home\n' || printf 'tank\n' ;;
      get) printf 'used\t1000000\navailable\t100000000000000\n' ;;
      userspace)
        for uid in $(ls "$state/quota" "$state/used" | grep -E '^[0-9]+$' | sort -nu); do
          bytes=0 files=0 quota=none objects=none
          [ ! -f "$state/used/$uid" ] || read -r bytes files <"$state/used/$uid"
          [ ! -f "$state/quota/$uid" ] || read -r quota objects <"$state/quota/$uid"
          printf '%s\t%s\t%s\t%s\t%s\n' "$uid" "$bytes" "$quota" "$files" "$objects"
        done
        ;;
      set)
        [[ $2 =~ ^user(obj)?quota@([0-9]+)=([0-9]+|none)$ ]] || fail 1 'bad numeric value'
        luck before || fail 1 'cannot set property for tank/home: dataset is busy'
        uid=${BASH_REMATCH[2]} quota=none objects=none
        [ ! -f "$state/quota/$uid" ] || read -r quota objects <"$state/quota/$uid"
        [ -z "${BASH_REMATCH[1]}" ] && quota=${BASH_REMATCH[3]} || objects=${BASH_REMATCH[3]}
        if [ "$quota $objects" = 'none none' ]; then rm -f "$state/quota/$uid"
        else printf '%s %s\n' "$quota" "$objects" >"$state/quota/.$uid" && mv "$state/quota/.$uid" "$state/quota/$uid"; fi
        luck after || fail 1 'cannot set property for tank/home: dataset is busy'
        ;;
    esac
    ;;
esac
