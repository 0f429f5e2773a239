#!/bin/sh
# Stops every process of a stack when its launcher is gone, however it went. The launcher holds the other end of
# standard input and writes one line per change:
#   + PID TOKEN SIGNAL   started; TOKEN tells it from a later process with the same pid; SIGNAL asks it to stop
#   - PID                ended
#   d FOLDER             temporary, to be removed at the end
# The end of input means that the launcher is gone. Plain sh: this process lives as long as the stack and should cost
# nothing, while another Node would cost more memory than both Redis servers.
trap '' HUP INT TERM
family=''
folder=''

token_of() {
  if [ -d /proc/self ]; then
    read -r stat 2>/dev/null <"/proc/$1/stat" || return
    # Fields after "(command) ": the first is the state (3 in proc(5)), the 20th the start time (22 in proc(5)).
    set -- ${stat##*) }
    case $1 in Z | X) return ;; esac
    echo "${20}"
  else
    ps -o lstart= -p "$1" | tr -d '[:space:]'
  fi
}

is_running() {
  [ "$(token_of "$1" 2>/dev/null)" = "$2" ]
}

# Sets $family to the entries that still run.
keep_running() {
  running=''
  for entry in $family; do
    rest=${entry#*:}
    if is_running "${entry%%:*}" "${rest%%:*}"; then running="$running $entry"; fi
  done
  family=$running
}

while IFS=' ' read -r what first second third; do
  case $what in
  +) family="$family $first:$second:$third" ;;
  -)
    rest=''
    for entry in $family; do
      [ "${entry%%:*}" = "$first" ] || rest="$rest $entry"
    done
    family=$rest
    ;;
  d) folder=$first${second:+ $second}${third:+ $third} ;;
  esac
done

keep_running
for entry in $family; do
  # A process stopped by SIGSTOP takes no other signal until it is continued.
  kill -s CONT "${entry%%:*}" 2>/dev/null
  kill -s "${entry##*:}" "${entry%%:*}" 2>/dev/null
done
turns=50
while [ "$turns" -gt 0 ]; do
  keep_running
  [ -n "$family" ] || break
  sleep 0.1
  turns=$((turns - 1))
done
for entry in $family; do kill -s KILL "${entry%%:*}" 2>/dev/null; done
[ -z "$folder" ] || rm -rf "$folder"
