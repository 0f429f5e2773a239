#!/bin/sh
# Starts Redis with the configuration file given; passwords, the secrets that the container mounts, come by standard input,
# so that they are neither in the arguments nor in a file of the configuration.
#   start.sh <configuration file> <folder of the password> [<folder of the password of app, who may add to the log of purges>]
set -eu
appender=''
if [ $# -gt 2 ]; then
  may='resetkeys %W~roundtrip:edge:purges resetchannels -@all +auth +hello +ping +info +client|setname +xadd'
  appender="user app on >$(cat "/run/secrets/$3/password") $may"
fi
exec redis-server - <<CONF
include $1
protected-mode yes
requirepass $(cat "/run/secrets/$2/password")
$appender
CONF
