#!/usr/bin/env bash
# Builds everything and runs every test. The last line of a run is "N passed, N failed, N skipped".
#
#   ./test.sh                                    everything: build, format check, all test projects
#   ./test.sh Shared.Tests                       one project (no format check)
#   ./test.sh Lab.Tests -class '*Failover*'      one project, with options of the xunit.v3 runner
#
# Environment: CONFIGURATION (default Release), RESULTS (folder for reports, default artifacts/test-results).
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
. .ci/prerequisites.sh

case "${1:-}" in
  -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
only="${1:-}"
[ $# -eq 0 ] || shift
[ -z "$only" ] || [ -d "tests/$only" ] || fail "there is no test project '$only'; there are: $(ls tests | tr '\n' ' ')"

configuration="${CONFIGURATION:-Release}"
results="$(realpath -m "${RESULTS:-artifacts/test-results}")"
rm -rf "$results"
mkdir -p "$results"
# Labs of this run live below one folder, so that leftovers of an aborted test are found and removed.
MMM_LAB_ROOT="$(mktemp -d /tmp/mmm-t.XXXX)"
# Some labs' programs run as other users, who must get to their files.
chmod 711 "$MMM_LAB_ROOT"
export MMM_LAB_ROOT
export RESULTS_DIR="$results"
# Whole logs of the labs in which a test failed.
export MMM_LAB_LOGS="$results/lab-logs"
running=
badly_formatted=
clean_up() {
  trap - EXIT INT TERM
  [ -z "$running" ] || { kill "$running" 2>/dev/null && wait "$running" 2>/dev/null; } || true
  local lab="src/Nodes/Lab/bin/$configuration/net10.0/mmm-lab.dll"
  if [ -n "$(ls -A "$MMM_LAB_ROOT" 2>/dev/null)" ] && [ -f "$lab" ]; then
    dotnet "$lab" down --all >/dev/null || say "WARNING: leftovers of a test lab could not be removed: $MMM_LAB_ROOT" >&2
  fi
  rm -rf "$MMM_LAB_ROOT"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

install_missing tests
case "$only" in
  "" | Lab.Tests | Agent.Tests) .ci/servers.sh mariadb-11.8 mysql-9.7 >/dev/null || fail "the servers that the tests run on could not be fetched." ;;
esac
say "Building ($configuration) ..."
build "$configuration" ${only:+"tests/$only"} || fail "the build failed."
if [ -z "$only" ]; then
  say "Checking the format ..."
  dotnet format Mmm.Actors.sln --verify-no-changes --no-restore || badly_formatted=1
fi

passed=0 failed=0 skipped=0
# attribute FILE NAME: sum of that attribute over the report's <assembly> elements
attribute() {
  grep -o '<assembly [^>]*>' "$1" | sed -n "s/.* $2=\"\([0-9]*\)\".*/\1/p" | awk '{ s += $1 } END { print s + 0 }'
}

# failures FILE: each failed test in what a project printed, with its message and the beginning of its stack
failures() {
  awk '
    / \[FAIL\]$/ { left = 16 }
    /^ *Output:$/ || /^  Finished:/ { left = 0 }
    left-- > 0 { print }
  ' "$1"
}

run_project() {
  local project="$1" report="$results/$1.xml" rc=0 dll
  shift
  dll="$(find "tests/$project/bin/$configuration" -maxdepth 2 -name "*$project.dll" | head -n 1)"
  [ -n "$dll" ] || { say "ERROR: tests/$project was not built"; failed=$((failed + 1)); return; }
  say "== $project"
  # One project after the other: the heavy ones start real servers. A hung run is ended, not waited for.
  timeout --kill-after=30 "${PROJECT_TIMEOUT:-3600}" dotnet "$dll" -noColor -noLogo -result-xml "$report" "$@" > >(tee "$results/$project.txt") 2>&1 &
  running=$!
  wait "$running" || rc=$?
  running=
  if [ ! -s "$report" ] || ! grep -q '<assembly ' "$report"; then
    say "ERROR: $project ended with exit code $rc and left no report."
    failed=$((failed + 1))
    return
  fi
  local f
  f=$(($(attribute "$report" failed) + $(attribute "$report" errors)))
  passed=$((passed + $(attribute "$report" passed)))
  skipped=$((skipped + $(attribute "$report" skipped)))
  # An exit code that no failed test explains (a crash at the end, say) is a failure too.
  [ "$rc" -eq 0 ] || [ "$f" -gt 0 ] || { say "ERROR: $project ended with exit code $rc."; f=1; }
  failed=$((failed + f))
}

if [ -n "$only" ]; then
  run_project "$only" "$@"
else
  for project in tests/*/; do
    run_project "$(basename "$project")"
  done
fi

clean_up
# Once more at the end, where whoever reads the last lines of a long run finds them.
if [ "$failed" -gt 0 ]; then
  say "What failed:"
  for printed in "$results"/*.txt; do
    failures "$printed"
  done
fi
[ $((passed + failed)) -gt 0 ] || say "ERROR: no test ran." >&2
[ -z "$badly_formatted" ] || say "ERROR: the format is not right; run: dotnet format Mmm.Actors.sln" >&2
say "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ $((passed + failed)) -gt 0 ] && [ -z "$badly_formatted" ]
