#!/bin/bash
# Starts a Postgres server in the role that its data gives it: FIRST_ROLE as long as there is none, a replica of PEER once
# there is a standby.signal, else the primary. A replica clones PEER when it has nothing to start from, or when the primary
# no longer has the changes that it missed. failover.sh changes the roles.
set -euo pipefail

# In memory, made at each start: the password is in no volume.
export PGPASSFILE=/run/postgresql/.pgpass
(umask 077 && echo "*:*:*:*:$(</run/secrets/replication/password)" >"$PGPASSFILE")
# Slots know no hyphens.
slot=${SELF//-/_}

ask_peer() {
  PGHOST=$PEER PGUSER=replication PGDATABASE=postgres PGCONNECT_TIMEOUT=3 psql --no-psqlrc -qAtc "$1"
}

has_data() { [ -s "$PGDATA/PG_VERSION" ]; }
peer_is_primary() { [ "$(ask_peer 'select pg_is_in_recovery()' 2>/dev/null)" = f ]; }

is_replica() {
  if has_data; then [ -e "$PGDATA/standby.signal" ]; else [ "$FIRST_ROLE" = replica ] || peer_is_primary; fi
}

reason_to_clone() {
  has_data || { echo 'it has no data'; return; }
  # With the primary away nobody can tell: the replica starts, serves reads, and keeps asking.
  case $(ask_peer "select case when pg_is_in_recovery() then 'kept' else coalesce(max(wal_status), 'missing') end
                   from pg_replication_slots where slot_name = '$slot'" || echo kept) in
  missing | lost) echo 'the primary no longer has the changes it missed' ;;
  esac
}

clone() {
  # At the very first start the primary is only just being made.
  until peer_is_primary; do sleep 0.2; done
  ask_peer "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '$slot'"
  # Beside the final place, so that an interrupted attempt is never taken for data.
  rm -rf "$PGDATA" "$PGDATA.new"
  pg_basebackup --host "$PEER" --username replication --pgdata "$PGDATA.new" --create-slot --slot "$slot" \
    --checkpoint fast --no-password
  touch "$PGDATA.new/standby.signal"
  mv "$PGDATA.new" "$PGDATA"
}

# Does nothing to a primary, and is right whichever of the two a replica follows.
follow="host=$PEER user=replication passfile=$PGPASSFILE application_name=$slot"
set -- "$@" -c "primary_conninfo=$follow" -c "primary_slot_name=$slot"

if is_replica; then
  reason=$(reason_to_clone)
  if [ -n "$reason" ]; then
    echo "cloning $PEER: $reason"
    clone
  fi
elif has_data && peer_is_primary; then
  echo "$PEER has taken over while this server was away, and it still holds itself for the primary. To make it a replica:" \
    "docker compose run --rm --no-deps --entrypoint touch $SELF $PGDATA/standby.signal" >&2
  exit 1
fi
exec docker-entrypoint.sh "$@"
