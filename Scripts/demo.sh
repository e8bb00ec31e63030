#!/usr/bin/env bash
# Runs one real round: the service, a subscriber, the request that the project began with in both sizes, and the
# signed webhooks that come back. Needs no key and no network. Pictures are left in demo-output.
# Usage: Scripts/demo.sh PATH-OF-THUMBWIRE
set -euo pipefail

readonly patience=60 # seconds for each thing that is waited for

say() { printf '\n==> %s\n' "$*"; }
fail() {
    printf 'demo failed: %s\n' "$*" >&2
    for log in "$work"/*.log; do
        if [ -s "$log" ]; then
            printf -- '--- the end of %s\n' "${log##*/}" >&2
            tail -n 20 "$log" >&2
        fi
    done
    exit 1
}

# Started processes, youngest last; each is ended by its id.
pids=()
work=$(mktemp -d "${TMPDIR:-/tmp}/thumbwire-demo.XXXXXX")
cleanup() {
    local code=$? pid
    trap - EXIT INT TERM
    for pid in ${pids[@]+"${pids[@]}"}; do
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
    exit "$code"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

[ $# -eq 1 ] || { echo "usage: $0 PATH-OF-THUMBWIRE" >&2; exit 2; }
binary=$1
[ -x "$binary" ] || fail "$binary is not a program; build it with 'make release'"
for tool in curl jq; do
    command -v "$tool" >/dev/null || fail "$tool is missing; 'make deps' installs it"
done

# Waits until a process has printed its ready line, and prints the line's URL.
ready_url() { # FILE PID NAME
    local end=$((SECONDS + patience))
    until grep -q '"event":"listening"' "$1"; do
        kill -0 "$2" 2>/dev/null || fail "$3 ended before it was ready"
        [ "$SECONDS" -lt "$end" ] || fail "$3 was not ready within $patience s"
        sleep 0.05
    done
    jq -r 'select(.event == "listening") | .url' "$1" | head -n 1
}

output=$PWD/demo-output
touch "$work/serve.out" "$work/listen.out"
mkdir -p "$output"
key=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')

say "Starting the service on a free port, with its data in $work"
# The demo must not spend anything: keys of paid providers stay out.
env -u SOKE_API_KEY -u OPUS_API_KEY -u OPENAI_API_KEY THUMBWIRE_ADMIN_KEY="$key" \
    "$binary" serve --listen 127.0.0.1:0 --data "$work/data" --allow-private-webhooks 127.0.0.1 \
    --log-format text >"$work/serve.out" 2>"$work/serve.log" &
serve=$!
pids+=("$serve")
server=$(ready_url "$work/serve.out" "$serve" "the service")
echo "The service listens on $server"

say "Starting the subscriber: it registers its own URL as a webhook endpoint and checks every signature"
"$binary" listen --port 0 --register --server "$server" --key "$key" --count 2 --timeout "$patience" --json \
    --output-dir "$output" >"$work/listen.out" 2>"$work/listen.log" &
listen=$!
pids+=("$listen")
echo "The subscriber listens on $(ready_url "$work/listen.out" "$listen" "the subscriber")"

jobs=()
request() { # RESOLUTION
    local body status answer=$work/answer.json
    body=$(jq -cn --arg resolution "$1" '{
        manualTitle: "10 Developer Productivity Hacks",
        manualPrompt: "A developer at a clean desk with multiple monitors showing code",
        colorGrading: "Cinematic", layoutType: "TextCenter", resolution: $resolution, platform: "youtube"}')
    say "POST /api/v1/thumbnail/generate at $1"
    echo "$body"
    status=$(curl --silent --show-error --noproxy '*' --max-time "$patience" --output "$answer" \
        --write-out '%{http_code}' --header "X-Soke-Key: $key" --header 'Content-Type: application/json' \
        --data "$body" "$server/api/v1/thumbnail/generate") || fail "the service did not answer"
    echo "The answer is $status:"
    cat "$answer"
    echo
    [ "$status" = 202 ] || fail "expected 202"
    jq -e '.success == true and (.data.id | startswith("thumb_")) and .data.status == "processing"
        and (.data.sessionId | length > 0) and (.meta | type == "object")' "$answer" >/dev/null ||
        fail "the answer is not the one that clients of the API expect"
    jobs+=("$(jq -r .data.id "$answer")")
}
request 1080x1920
request 1280x720

say "Waiting for one signed thumbnail.completed for each job; nothing polls"
code=0
wait "$listen" || code=$?
pids=("$serve")
[ "$code" -eq 0 ] || fail "the subscriber did not get what it waited for"
jq -r 'select(.event == "received")
    | "\(.type) for \(.payload.data.id), webhook-id \(.id): signature \(if .verified then "verified" else "NOT VERIFIED" end)"' \
    "$work/listen.out"
for job in "${jobs[@]}"; do
    count=$(jq -c --arg job "$job" 'select(.event == "received" and .verified == true
        and .type == "thumbnail.completed" and .payload.data.id == $job)' "$work/listen.out" | wc -l)
    [ "$count" -eq 1 ] || fail "expected one verified thumbnail.completed for $job, got $count"
done

say "The pictures:"
jq -r 'select(.event == "saved") | .path' "$work/listen.out" | while read -r path; do
    [ -s "$path" ] || fail "$path is missing"
    echo "$path ($(wc -c <"$path") bytes)"
done
[ "$(jq -c 'select(.event == "saved")' "$work/listen.out" | wc -l)" -eq 2 ] || fail "expected two pictures"

say "Stopping the service"
kill -TERM "$serve"
code=0
wait "$serve" || code=$?
pids=()
[ "$code" -eq 0 ] || fail "the service did not end with 0"
echo "Everything that was started has ended. Done."
