#!/bin/bash
# Run once by the image's entrypoint, on the new and still private server: the application's role and database, and a role
# that may do nothing but replicate. Passwords come from files and go in by standard input, never as arguments.
set -euo pipefail

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" <<SQL
create role roundtrip login password '$(</run/secrets/database/password)';
create database roundtrip owner roundtrip;
create role replication login replication password '$(</run/secrets/replication/password)';
SQL

# "all" in the line that the entrypoint writes does not include replication connections.
echo 'host replication replication samenet scram-sha-256' >>"$PGDATA/pg_hba.conf"
