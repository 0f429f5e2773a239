#!/bin/sh
# Starts Redis with the configuration file given; the password, the one secret that the container mounts, comes by
# standard input, so that it is neither in the arguments nor in a file of the configuration.
set -eu
exec redis-server - <<CONF
include $1
protected-mode yes
requirepass $(cat /run/secrets/*/password)
CONF
