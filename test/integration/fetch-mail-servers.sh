#!/usr/bin/env bash
# Unpacks Postfix, Exim and OpenSMTPD (Debian packages) side by side into FOLDER, each with the libraries that this
# machine lacks. Installing them is no way: each removes the others and starts a service. Nothing outside FOLDER changes.
# usage: fetch-mail-servers.sh [FOLDER]    (as root, after apt-get update)
set -euo pipefail

folder=${1:-${SMTPDCHECK_MAIL_SERVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/smtpdcheck/mail-servers}}
packages=$(mktemp -d)
trap 'rm -rf "$packages"' EXIT
chmod 755 "$packages"

for server in postfix exim4-daemon-light opensmtpd; do
  mkdir -p "$packages/$server/partial"
  apt-get install --quiet --quiet --yes --no-install-recommends --reinstall --download-only \
    -o Acquire::Retries=3 -o Dir::Cache::archives="$packages/$server" "$server"
  rm -rf "${folder:?}/$server"
  mkdir -p "$folder/$server"
  for package in "$packages/$server"/*.deb; do
    dpkg-deb --extract "$package" "$folder/$server"
  done
  printf '%s\n' "$folder/$server"
done
