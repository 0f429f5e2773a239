#!/bin/bash
# Starts the streaming replica: clones the primary when there is nothing to start from, or when the primary no longer has
# the changes that were missed.
set -euo pipefail

slot=postgres_replica
export PGHOST=postgres-primary PGUSER=replication PGDATABASE=postgres PGCONNECT_TIMEOUT=5
# In memory, made at each start: the password is in no volume, and -R writes down only where to find it.
export PGPASSFILE=/run/postgresql/.pgpass
(umask 077 && echo "*:*:*:*:$(</run/secrets/replication/password)" >"$PGPASSFILE")

ask() { psql --no-psqlrc --quiet --tuples-only --no-align --command "$1"; }

reason_to_clone() {
  [ -s "$PGDATA/PG_VERSION" ] || { echo 'it has no data'; return; }
  # With the primary away nobody can tell: the replica starts, serves reads, and keeps asking.
  case $(ask "select coalesce(max(wal_status), 'missing') from pg_replication_slots where slot_name = '$slot'" || echo kept) in
  missing | lost) echo 'the primary no longer has the changes it missed' ;;
  esac
}

reason=$(reason_to_clone)
if [ -n "$reason" ]; then
  echo "cloning the primary: $reason"
  ask "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '$slot'"
  # Beside the final place, so that an interrupted attempt is never taken for data.
  rm -rf "$PGDATA" "$PGDATA.new"
  pg_basebackup --pgdata "$PGDATA.new" --create-slot --slot "$slot" --checkpoint fast --write-recovery-conf --no-password
  mv "$PGDATA.new" "$PGDATA"
fi
unset PGHOST PGUSER PGDATABASE PGCONNECT_TIMEOUT
exec docker-entrypoint.sh "$@"
