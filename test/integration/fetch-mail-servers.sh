#!/usr/bin/env bash
# Unpacks Postfix, Exim, OpenSMTPD, Sendmail and Dovecot (Debian packages), and the clients check_smtp and swaks, side by
# side into FOLDER, each with the libraries that this machine lacks. Installing them is no way: the first four remove one
# another and start a service. Haraka comes from npm, and needs Node. Nothing outside FOLDER changes.
# usage: fetch-mail-servers.sh [FOLDER]    (as root, after apt-get update)
set -euo pipefail

folder=${1:-${SMTPDCHECK_MAIL_SERVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/smtpdcheck/mail-servers}}
packages=$(mktemp -d)
trap 'rm -rf "$packages"' EXIT
chmod 755 "$packages"

# The first package of a line gives the folder its name.
while read -r -a wanted; do
  server=${wanted[0]}
  mkdir -p "$packages/$server/partial"
  apt-get install --quiet --quiet --yes --no-install-recommends --reinstall --download-only \
    -o Acquire::Retries=3 -o Dir::Cache::archives="$packages/$server" "${wanted[@]}" </dev/null
  rm -rf "${folder:?}/$server"
  mkdir -p "$folder/$server"
  for package in "$packages/$server"/*.deb; do
    dpkg-deb --extract "$package" "$folder/$server"
  done
  printf '%s\n' "$folder/$server"
done <<'END'
postfix
exim4-daemon-light
opensmtpd
sendmail-bin sendmail-cf m4
dovecot-core dovecot-lmtpd dovecot-submissiond
monitoring-plugins-basic
swaks libnet-ssleay-perl
END

rm -rf "${folder:?}/haraka"
mkdir -p "$folder/haraka"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder/haraka" haraka@3.3.4
printf '%s\n' "$folder/haraka"
