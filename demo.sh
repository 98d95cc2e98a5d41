#!/usr/bin/env bash
# Shows Mmm.Actors at work on this machine: two masters, two slaves, three monitors and a writing client in network
# namespaces of their own; then the active master's mysqld is killed and you see the failover. Leaves it running for you.
#
#   ./demo.sh            bring it up, show a failover; when it is up already: put it in order and say what to do next
#   ./demo.sh status     hosts, programs, addresses and replication as they are
#   ./demo.sh mmm ...    the mmm command line tool in this lab, e.g. ./demo.sh mmm show
#   ./demo.sh lab ...    every other verb of the lab, e.g. ./demo.sh lab power-off master1; ./demo.sh lab --help
#   ./demo.sh down       remove every trace
#
# Environment: LAB_NAME (default demo), LAB_RANGE (default 10.77.0.0/24), LAB_SERVER (default mariadb-10.11, the system's own; mariadb-11.8 and mysql-9.7 are fetched).
set -euo pipefail
here="$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
. "$here/.ci/prerequisites.sh"

name="${LAB_NAME:-demo}"
range="${LAB_RANGE:-10.77.0.0/24}"
server="${LAB_SERVER:-mariadb-10.11}"
lab_dll="$here/src/Nodes/Lab/bin/Release/net10.0/mmm-lab.dll"
lab() { dotnet "$lab_dll" "$@" --name "$name"; }
built() { [ -f "$lab_dll" ] || fail "nothing is built yet: run ./demo.sh first."; }
is_up() { [ -f "$lab_dll" ] && dotnet "$lab_dll" list | grep -Eq "^$name +up "; }

case "${1:-up}" in
  up) ;;
  status) built; lab status; exit ;;
  mmm) built; shift; dotnet "$lab_dll" --name "$name" mmm -- "$@"; exit ;;
  lab) built; shift; dotnet "$lab_dll" --name "$name" "$@"; exit ;;
  down)
    if [ ! -d "${MMM_LAB_ROOT:-/tmp}/mmm-lab-$name" ]; then
      say "There is no lab '$name'; nothing to remove."
      exit
    fi
    # The lab may be older than the last clean-up of the build.
    [ -f "$lab_dll" ] || { cd "$here" && build Release src/Nodes/Lab/Mmm.Lab.csproj; } || fail "the build failed."
    lab down
    exit ;;
  -h | --help | help) sed -n '2,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit ;;
  *) fail "'$1' is no verb of demo.sh: use up, status, mmm, lab, down." ;;
esac

cd "$here"
install_missing
[ "$server" = mariadb-10.11 ] || .ci/servers.sh "$server" >/dev/null
if is_up; then
  lab up --range "$range" --server "$server"
else
  clean_up() {
    trap - EXIT INT TERM
    say "Interrupted or failed: removing the lab ..."
    if [ -f "$lab_dll" ]; then lab down; fi
  }
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  say "Building (Release) ..."
  build Release src/Nodes/Lab/Mmm.Lab.csproj || fail "the build failed."
  lab up --range "$range" --server "$server"
  say
  say "What the monitors say (./demo.sh mmm show):"
  lab mmm show
  say
  lab show-failover
  trap - EXIT INT TERM
fi

say
say "What the monitors say now (./demo.sh mmm show):"
lab mmm show
say
lab status
say
cat <<NEXT
The lab is running and the client keeps writing. Try:
  ./demo.sh mmm show                          hosts, states and roles
  ./demo.sh mmm events                        what was decided, and every step of the failover
  ./demo.sh lab start master1 mysqld          bring a killed server back; it returns as a replica
  ./demo.sh mmm move_role writer master1      move the writer, no write fails
  ./demo.sh lab power-off mon1                kill a monitor node, even the deciding one
  ./demo.sh lab client report                 what the client saw: outages and lost rows
  ./demo.sh lab --help                        everything else that can be broken
  ./demo.sh down                              remove every trace
NEXT
