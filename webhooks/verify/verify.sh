#!/usr/bin/env bash
# Verifies a saved webhook request with openssl: a file of its headers, one a line, and a file of its exact body.
#
#   THUMBWIRE_SECRET=whsec_... verify.sh HEADERS BODY
#
# Prints "genuine" and exits 0, or says why not and exits 1. The timestamp's age is checked unless NOW=skip, for
# requests that were saved long ago; NOW may also be a number of seconds since 1970.
set -euo pipefail

refuse() { echo "refused: $1" >&2; exit 1; }

if [ $# -ne 2 ]; then echo "usage: THUMBWIRE_SECRET=whsec_... verify.sh HEADERS BODY" >&2; exit 2; fi
: "${THUMBWIRE_SECRET:?is not set}"
headers=$1 body=$2

# The value of a header; names are case-insensitive, and lines may end in CR LF.
header() {
    tr -d '\r' < "$headers" | awk -v name="$1" \
        '{ i = index($0, ":"); if (i && tolower(substr($0, 1, i - 1)) == name) { v = substr($0, i + 1); gsub(/^[ \t]+|[ \t]+$/, "", v); print v; exit } }'
}

id=$(header webhook-id)
timestamp=$(header webhook-timestamp)
signatures=$(header webhook-signature)
if [ -z "$id" ] || [ -z "$timestamp" ] || [ -z "$signatures" ]; then refuse "a webhook-* header is missing"; fi
case $timestamp in *[!0-9]*) refuse "webhook-timestamp is not a whole number of seconds" ;; esac

now=${NOW:-$(date +%s)}
if [ "$now" != skip ]; then
    age=$((now - timestamp))
    if [ "${age#-}" -gt 300 ]; then refuse "webhook-timestamp is more than five minutes off"; fi
fi

key=$(printf '%s' "${THUMBWIRE_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
expected=$({ printf '%s.%s.' "$id" "$timestamp"; cat "$body"; } |
    openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)

for token in $signatures; do
    if [ "$token" = "v1,$expected" ]; then echo genuine; exit 0; fi
done
refuse "no v1 signature matches"
