#!/usr/bin/env bash
# Fetches database servers that Debian 12 has no package of, from newer releases of Debian, each into a folder of its own beside the system's libraries.
#
#   .ci/servers.sh mariadb-11.8 | mysql-9.7 ...    fetches what is missing and prints each server's folder
#   .ci/servers.sh --list                          the names
#
# The packages come from the archive that this machine's apt is configured with, through apt with lists and a cache of their own: signatures and checksums are verified as always, and the
# system's packages stay as they are. A server that is there already is not fetched again; remove its folder to renew it.
#
# Environment: MMM_SERVERS (default /var/cache/mmm-servers): where they are kept.
set -euo pipefail

servers="${MMM_SERVERS:-/var/cache/mmm-servers}"

say() { printf '%s\n' "$*" >&2; }
fail() { printf 'ERROR: %s\n' "$*" >&2; exit 1; }

# name:release of Debian:packages
known() {
  cat <<'LIST'
mariadb-11.8:trixie:mariadb-server-core mariadb-client-core
mysql-9.7:sid:mysql-server-core
LIST
}

# archive: address of the archive that the running release's main packages come from
archive() {
  local codename uri
  codename="$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")"
  uri="$(apt-get indextargets --format '$(CREATED_BY) $(RELEASE) $(COMPONENT) $(REPO_URI)' | awk -v r="$codename" '$1 == "Packages" && $2 == r && $3 == "main" { print $4; exit }')"
  [ -n "$uri" ] || fail "apt on this machine has no source for the main packages of its own release '$codename': see /etc/apt/sources.list."
  printf '%s' "$uri"
}

# wrap ROOT: the programs become scripts that start them with their own libraries, and tell the servers where their own files are
wrap() {
  local program
  for program in "$1"/usr/sbin/mysqld "$1"/usr/sbin/mariadbd "$1"/usr/bin/{my_print_defaults,resolveip}; do
    [ -f "$program" ] && [ ! -L "$program" ] || continue
    mv "$program" "$program.bin"
    cat >"$program" <<'SCRIPT'
#!/bin/sh
usr="$(dirname "$(dirname "$(readlink -f "$0")")")"
lib="$usr/lib/x86_64-linux-gnu"
case "$0" in
  */sbin/*)
    set -- "$@" "--basedir=$usr"
    for share in "$usr/share/mysql" "$usr/share/mariadb"; do
      [ ! -e "$share/charsets" ] || set -- "$@" "--lc-messages-dir=$share"
    done
    [ ! -d "$usr/lib/mysql/plugin" ] || set -- "$@" "--plugin-dir=$usr/lib/mysql/plugin"
    ;;
esac
exec "$lib/ld-linux-x86-64.so.2" --library-path "$lib:$usr/lib/mysql/private" "$0.bin" "$@"
SCRIPT
    chmod 755 "$program"
  done
}

fetch() {
  local name="$1" release="$2" packages="$3" home="$servers/$1" work deb
  mkdir -p "$servers"
  # Two runs at once: one fetches, the other finds it there.
  exec 9>"$servers/.$name.lock"
  flock 9
  if [ ! -f "$home/complete" ]; then
    say "Fetching $name (Debian $release) ..."
    rm -rf "$home" "$servers/.$name.tmp"
    work="$servers/.$name.tmp"
    mkdir -p "$work"/{lists/partial,cache/archives/partial,root}
    : >"$work/status"
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$(archive)" "$release" >"$work/sources.list"
    local apt=(apt-get -qq -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$work/lists" -o "Dir::State::status=$work/status"
      -o "Dir::Cache=$work/cache" -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null -o APT::Sandbox::User=root -o APT::Install-Recommends=false -o Acquire::Languages=none -o Acquire::Retries=3)
    "${apt[@]}" update || fail "the package lists of Debian $release could not be fetched."
    # An empty status: every library it needs comes along, none of the system's is used.
    # shellcheck disable=SC2086
    "${apt[@]}" -y --download-only install $packages >/dev/null || fail "the packages of $name could not be fetched."
    for deb in "$work"/cache/archives/*.deb; do
      dpkg-deb -x "$deb" "$work/root"
    done
    wrap "$work/root"
    ls "$work"/cache/archives/*.deb | sed 's#.*/##' >"$work/packages"
    rm -rf "$work/lists" "$work/cache" "$work/status"
    : >"$work/complete"
    mv "$work" "$home"
  fi
  flock -u 9
  printf '%s\n' "$home"
}

case "${1:-}" in
  "" | -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
  --list) known | cut -d: -f1; exit 0 ;;
esac
for wanted in "$@"; do
  line="$(known | grep "^$wanted:" || true)"
  [ -n "$line" ] || fail "there is no server '$wanted'; there are: $(known | cut -d: -f1 | tr '\n' ' ')"
  IFS=: read -r name release packages <<<"$line"
  fetch "$name" "$release" "$packages"
done
