#!/usr/bin/env bash
# Verifies webhooks with openssl: one that was saved or, with socat, those that come.
#
#   THUMBWIRE_SECRET=whsec_... verify.sh HEADERS BODY
#   THUMBWIRE_SECRET=whsec_... verify.sh [--port 8000] [--count N]
#
# Several secrets may be given, separated by spaces, while one is being rotated. HEADERS and BODY are files: the
# request's headers, one a line, and its exact body. It prints "genuine" and exits 0, or says why not and exits 1. The
# age is checked unless NOW=skip, for requests that were saved long ago; NOW may also be a number of seconds since 1970.
#
# As a receiver it prints the port first (port 0 takes a free one), then each event; with --count it ends after that
# many requests: exit code 0 when all were genuine, else 1.
set -euo pipefail

usage() { echo "usage: THUMBWIRE_SECRET=whsec_... verify.sh HEADERS BODY | [--port PORT] [--count N]" >&2; exit 2; }
refuse() { echo "refused: $1" >&2; exit 1; }

# HMAC-SHA-256 of standard input under a key in hexadecimal, as base64.
hmac() { openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -binary | openssl base64 -A; }

# Checks a saved request: a file of headers and one of the body.
check() {
    local headers=$1 body=$2 id timestamp signatures now age secret key expected seal token

    # The value of a header; names are case-insensitive, and lines may end in CR LF.
    header() {
        tr -d '\r' < "$headers" | awk -v name="$1" \
            '{ i = index($0, ":"); if (i && tolower(substr($0, 1, i - 1)) == name) { v = substr($0, i + 1); gsub(/^[ \t]+|[ \t]+$/, "", v); print v; exit } }'
    }
    id=$(header webhook-id)
    timestamp=$(header webhook-timestamp)
    signatures=$(header webhook-signature)
    if [ -z "$id" ] || [ -z "$timestamp" ] || [ -z "$signatures" ]; then refuse "a webhook-* header is missing"; fi
    case $timestamp in *[!0-9]* | ?????????????*) refuse "webhook-timestamp is not a whole number of seconds" ;; esac

    now=${NOW:-$(date +%s)}
    if [ "$now" != skip ]; then
        age=$((now - 10#$timestamp))
        if [ "${age#-}" -gt 300 ]; then refuse "webhook-timestamp is more than five minutes off"; fi
    fi

    set -f
    for secret in $THUMBWIRE_SECRET; do
        key=$(printf '%s' "${secret#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
        expected=$({ printf '%s.%s.' "$id" "$timestamp"; cat "$body"; } | hmac "$key")
        # The shell cannot compare in constant time; under the key, what is compared tells nothing of the signature.
        seal=$(printf 'v1,%s' "$expected" | hmac "$key")
        for token in $signatures; do
            if [ "$(printf '%s' "$token" | hmac "$key")" = "$seal" ]; then echo genuine; return; fi
        done
    done
    refuse "no v1 signature matches"
}

# Answers one request on standard input and output, and adds a line to the file of results.
answer() {
    local folder length='' line body reason status='204 No Content' result
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    IFS= read -r line # the request line
    while IFS= read -r line && [ "${line%$'\r'}" != '' ]; do
        printf '%s\n' "$line" >> "$folder/headers"
        case ${line,,} in content-length:*) length=${line#*:}; length=${length//[^0-9]/} ;; esac
    done
    if [ -n "$length" ] && [ "$length" -le 1048576 ]; then
        head -c "$length" > "$folder/body"
        if reason=$( { check "$folder/headers" "$folder/body"; } 2>&1 ); then
            # One line an event: JSON has no line breaks within strings.
            result=$(tr '\n' ' ' < "$folder/body")
        else
            status='401 Unauthorized' result=$reason
        fi
    else
        status='411 Length Required' result='refused: the length of the body is not said, or more than 1 MiB'
    fi
    printf 'HTTP/1.1 %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n' "$status"
    printf '%s\n' "$result" >> "$RESULTS"
    # socat may drop what is under way when its child ends: the client closes as soon as it has the answer.
    timeout 5 cat > /dev/null || true
}

receive() {
    local port=$1 count=$2 folder seen=0 code=0 line
    command -v socat > /dev/null || { echo "a receiver in the shell needs socat" >&2; exit 2; }
    folder=$(mktemp -d)
    export RESULTS=$folder/results
    : > "$RESULTS" > "$folder/log"
    socat -d -d "TCP-LISTEN:$port,bind=127.0.0.1,reuseaddr,fork,max-children=1" "EXEC:bash \"$0\" --answer" 2> "$folder/log" &
    local server=$!
    # shellcheck disable=SC2064
    trap "kill $server 2> /dev/null || true; rm -rf '$folder'" EXIT
    until port=$(sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' "$folder/log") && [ -n "$port" ]; do
        kill -0 $server 2> /dev/null || { cat "$folder/log" >&2; exit 1; }
        sleep 0.05
    done
    echo "listening on http://127.0.0.1:$port"
    while IFS= read -r line; do
        printf '%s\n' "$line"
        case $line in refused:*) code=1 ;; esac
        seen=$((seen + 1))
        if [ "$seen" = "$count" ]; then break; fi
    done < <(exec tail -n +1 -f --pid=$server "$RESULTS")
    exit $code
}

if [ -z "${THUMBWIRE_SECRET-}" ]; then echo "THUMBWIRE_SECRET is not set" >&2; usage; fi
export THUMBWIRE_SECRET
if [ "${1-}" = --answer ]; then unset NOW; answer; exit; fi
port=8000 count=all saved=()
while [ $# -gt 0 ]; do
    case $1 in
        --port | --count)
            case ${2-} in '' | *[!0-9]*) usage ;; esac
            if [ "$1" = --port ]; then port=$2; else count=$2; fi
            shift 2 ;;
        -*) usage ;;
        *) saved+=("$1"); shift ;;
    esac
done
case ${#saved[@]} in
    2) check "${saved[0]}" "${saved[1]}" ;;
    0) receive "$port" "$count" ;;
    *) usage ;;
esac
