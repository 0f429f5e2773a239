#!/bin/bash
# Changes the primary of the stack under Compose: infra/postgres/failover.sh [options of docker compose]
#
# As `./roundtrip db failover` does on the embedded stack: the former primary is stopped first; what the other one was never
# sent is read from the volume of the stopped one; roles are written down (as standby.signal in the data of the former primary)
# before anybody is promoted, so that there never are two; then the former primary comes back as a replica. Interrupted
# anywhere, it can be run again.
set -euo pipefail

servers=(postgres-primary postgres-replica)
options=("$@")
compose() { docker compose "${options[@]+"${options[@]}"}" "$@"; }
# A server that is frozen is given up.
sql() { compose exec -T -e PGCONNECT_TIMEOUT=5 "$1" psql --no-psqlrc -qAtc "$2"; }
# The data of a server that is stopped.
with_data() { compose run --rm -T --no-deps --entrypoint "$2" "$1" "${@:3}" 2>/dev/null; }
# As `date` does not tell everywhere.
now_ms() { node -p 'Date.now()'; }
say() { printf '%6d ms  %s\n' $(($(now_ms) - began_ms)) "$1"; }
fail() { echo "failover: $1" >&2; exit 1; }
until_so() { local tries=$1; shift; until "$@"; do ((tries-- > 0)) || return 1; sleep 0.1; done; }

began_ms=$(now_ms)
data=/var/lib/postgresql/18/docker
salvaged=/var/lib/postgresql/salvaged

# Who is the primary: the one that says so, else the one that does not answer.
target=''
former=''
for server in "${servers[@]}"; do
  case $(sql "$server" 'select pg_is_in_recovery()' 2>/dev/null || true) in
  t) target=$server ;;
  *) former=$server ;;
  esac
done
[ -n "$target" ] || fail 'no replica answers: look at docker compose ps, and start one.'
if [ -z "$former" ]; then
  # Interrupted between the stop and the promotion: both wait. The one that was to be promoted has at least as much.
  positions=$(for server in "${servers[@]}"; do
    echo "$(sql "$server" "select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0'") $server"
  done)
  target=$(sort -n <<<"$positions" | tail -1 | cut -d' ' -f2)
  former=$(printf '%s\n' "${servers[@]}" | grep -vx "$target")
fi
slot=${former//-/_}
say "$target is to take over"

sql "$former" checkpoint >/dev/null 2>&1 || true
# One that is frozen takes no signal.
compose unpause "$former" >/dev/null 2>&1 || true
compose stop --timeout 10 "$former" >/dev/null 2>&1
say "$former is stopped"

control=$(with_data "$former" pg_controldata "$data" || true)
checkpoint=$(sed -n 's/^Latest checkpoint location: *//p' <<<"$control")
is_complete=f
if grep -q 'cluster state: *shut down$' <<<"$control"; then
  # The record of the last checkpoint is then the last of all.
  is_complete=$(sql "$target" "select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) > '$checkpoint'")
fi
drop="select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '$slot'"
sql "$target" "$drop" >/dev/null
if [ "$is_complete" = t ]; then
  # It follows as it is. Without its slot it is cloned.
  sql "$target" "select pg_create_physical_replication_slot('$slot', true)" >/dev/null
  say "$target has every change"
elif [ -n "$checkpoint" ]; then
  compose exec -T "$target" sh -c "rm -rf $salvaged && mkdir $salvaged"
  with_data "$former" tar -C "$data/pg_wal" -c . | compose exec -T "$target" tar -C "$salvaged" -x
  sql "$target" "alter system set restore_command = 'cp $salvaged/%f \"%p\"'"
  sql "$target" 'select pg_reload_conf()' >/dev/null
  say "$target reads the last changes from the volume of $former"
elif [ "${ACCEPT_LOSS:-}" != yes ]; then
  fail "$target may lack changes that $former acknowledged, and the volume of $former cannot be read. Bring it back with docker compose start $former, or lose them with ACCEPT_LOSS=yes."
fi

with_data "$former" touch "$data/standby.signal" || true
promoted_ms=$(now_ms)
say "$target is promoted"
sql "$target" 'select pg_promote(true, 60)' | grep -qx t || fail "$target was not promoted: see docker compose logs $target, then run this again."
sql "$target" "select pg_logical_emit_message(true, 'roundtrip', 'failover')" >/dev/null
say "$target takes writes, $(($(now_ms) - promoted_ms)) ms after the promotion"
sql "$target" 'alter system reset restore_command'
sql "$target" 'select pg_reload_conf()' >/dev/null
compose exec -T "$target" rm -rf "$salvaged"

follows() { [ "$(sql "$target" "select state from pg_stat_replication where application_name = '$slot'" || true)" = streaming ]; }
compose start "$former" >/dev/null 2>&1
until_so 300 follows || fail "$target is the primary, but $former does not follow yet: see docker compose logs $former."
say "$former follows as a replica"
