# Sourced by demo.sh and test.sh: what the machine must have, installed when it is missing and when we may.
# Needs bash. Defines: say, fail, install_missing, build.

say() { printf '%s\n' "$*"; }
fail() { printf 'ERROR: %s\n' "$*" >&2; exit 1; }

# dotnet and its package manager keep things below HOME; cron and minimal containers run without it.
if [ -z "${HOME:-}" ]; then
  HOME="$(getent passwd "$(id -u)" | cut -d: -f6)"
  [ -n "$HOME" ] || HOME=/tmp
  export HOME
fi
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
# Debian keeps mariadbd, ip and nft in sbin, which is not in every user's PATH.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

# command:package, one per line
prerequisites() {
  cat <<'LIST'
mariadbd:mariadb-server
mariadb-install-db:mariadb-server
ip:iproute2
nft:nftables
ping:iputils-ping
nsenter:util-linux
setsid:util-linux
faketime:faketime
mkfs.ext4:e2fsprogs
fsfreeze:util-linux
mount:mount
LIST
}

# What only tests need, the same way: a real load balancer, Prometheus' own judgement of our metrics and rules, and systemd's of our units
# (it is not started).
test_prerequisites() {
  cat <<'LIST'
haproxy:haproxy
promtool:prometheus
systemd-analyze:systemd
LIST
}

# install_missing [tests]: for tests as well
install_missing() {
  command -v dotnet >/dev/null || fail "dotnet is not installed: install the .NET 10 SDK first."
  local missing=() line
  while read -r line; do
    command -v "${line%%:*}" >/dev/null 2>&1 || missing+=("${line##*:}")
  done < <(prerequisites; [ "${1:-}" != tests ] || test_prerequisites)
  [ "${#missing[@]}" -gt 0 ] || return 0
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
  command -v apt-get >/dev/null || fail "these Debian packages are missing and there is no apt-get: ${missing[*]}"
  [ "$(id -u)" -eq 0 ] || fail "missing: ${missing[*]}. Install them as root: apt-get install --no-install-recommends ${missing[*]}"
  say "Installing what is missing: ${missing[*]}"
  local policy=/usr/sbin/policy-rc.d made_policy=
  # Packages must not start services on this machine: invoke-rc.d asks this file first.
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    made_policy=1
  fi
  local installed=0
  # Package lists that are missing or old are no error: they are fetched.
  apt_install "${missing[@]}" 2>/dev/null || { apt-get update -qq && apt_install "${missing[@]}"; } || installed=1
  [ -z "$made_policy" ] || rm -f "$policy"
  [ "$installed" -eq 0 ] || fail "apt-get could not install: ${missing[*]}"
}

apt_install() {
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# build CONFIGURATION [PROJECT]: warnings are errors. No reused nodes, no compiler server: nothing keeps running afterwards.
# A subshell with a temporary folder of its own: every run of the SDK's build leaves an empty folder in TMPDIR.
build() (
  tmp="$(mktemp -d)"
  trap 'rm -rf "$tmp"' EXIT
  rc=0
  TMPDIR="$tmp" dotnet build "${2:-Mmm.Actors.sln}" -c "$1" --nologo -v quiet -nodeReuse:false -p:UseSharedCompilation=false -warnaserror >"$tmp/log" 2>&1 || rc=$?
  [ "$rc" -eq 0 ] || cat "$tmp/log"
  exit "$rc"
)
