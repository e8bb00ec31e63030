#!/usr/bin/env bash
# Measures the built service beside bare-library floors, in one run, on loopback; deliveries are for bench-webhooks.py.
# Usage: Scripts/bench.sh PATH-OF-THUMBWIRE
set -euo pipefail

binary=$1
seconds=${BENCH_SECONDS:-5}
work=$(mktemp -d "${TMPDIR:-/tmp}/thumbwire-bench.XXXXXX")
pids=()
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
trap cleanup EXIT INT TERM

floor() { clang -O2 "Benchmarks/$1.c" -o "$work/$1" "-l$2"; }
floor bare_server microhttpd

row() { printf '%-52s %14s %s\n' "$1" "$2" "${3:-}"; }
# Requests per second of a wrk run that posts a body file; its other arguments are wrk's.
posts_per_second() { # URL LUA
    wrk --threads 1 --connections 64 --duration "${seconds}s" --script "$2" "$1" |
        awk '/Requests\/sec/ { rate = $2 } /Non-2xx/ { bad = $NF } END { if (bad > 0) exit 1; printf "%.0f\n", rate }'
}
post_script() { # FILE PATH BODY
    cat >"$1" <<LUA
wrk.method = "POST"
wrk.path = "$2"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer bench"
wrk.body = [[$3]]
LUA
}
api() { curl --silent --show-error --fail --header 'Authorization: Bearer bench' \
    --header 'Content-Type: application/json' "$@"; }
serve() { # DATA; sets server and server_pid, and prints milliseconds to the ready line
    local begin end
    : >"$work/serve.out"
    begin=$(date +%s%N)
    THUMBWIRE_ADMIN_KEY=bench "$binary" serve --listen 127.0.0.1:0 --data "$1" --allow-private-webhooks 127.0.0.1 \
        --log-format json >"$work/serve.out" 2>"$work/serve.log" &
    server_pid=$!
    pids+=("$server_pid")
    until [ -s "$work/serve.out" ]; do sleep 0.002; done
    end=$(date +%s%N)
    server=$(jq -r .url "$work/serve.out")
    start_ms=$(((end - begin) / 1000000))
}
stop() {
    kill -TERM "$server_pid"
    wait "$server_pid" || true
}
memory() { awk -v name="$1:" '$1 == name { printf "%.1f MB", $2 / 1024 }' "/proc/$server_pid/status"; }

echo "$(uname -srm), $(nproc) cores, $(swift --version 2>/dev/null | sed -n 1p)"
row "what" "figure" "beside"

# Start and memory.
starts=()
for _ in 1 2 3 4 5; do
    serve "$work/starts"
    starts+=("$start_ms")
    stop
done
row "start to ready, median of 5" "$(printf '%s\n' "${starts[@]}" | sort -n | sed -n 3p) ms"
serve "$work/data"
row "idle memory, private (RssAnon)" "$(memory RssAnon)" "RSS $(memory VmRSS)"

# The full 720p chain, one job at a time.
job='{"title":"10 Developer Productivity Hacks","prompt":"A desk with monitors showing code","colorGrading":"Cinematic","layoutType":"TextLeft"}'
for _ in $(seq 12); do api "$server/v1/jobs?wait=55" --data "$job" >"$work/job.json"; done
api "$server/v1/jobs?limit=11" >"$work/jobs.json"
steps() { # jq filter for the steps of one job; median of all jobs in milliseconds
    jq -r --arg kind "$1" '[.data[] | [.steps[] | select(($kind == "all") or (.plugin == "studio" | not)) |
        ((.finishedAt[17:23] | tonumber) - (.startedAt[17:23] | tonumber)
            | if . < 0 then . + 60 else . end) * 1000] | add] | sort | .[length / 2 | floor] | round' \
        "$work/jobs.json"
}
row "720p chain after the provider, median of 11 jobs" "$(steps chain) ms" "with studio $(steps all) ms"

# Accepting jobs: tiny ones, so that the cores are the HTTP path's.
post_script "$work/accept.lua" /v1/jobs '{"prompt":"bench","resolution":"64x64"}'
bare=$(coproc_port=; exec 3< <("$work/bare_server" < <(sleep $((seconds + 5)))); read -r port <&3
    posts_per_second "http://127.0.0.1:$port/" "$work/accept.lua")
accepted=$(posts_per_second "$server/" "$work/accept.lua")
row "jobs accepted over HTTP, durable" "$accepted /s" "bare libmicrohttpd $bare /s"
stop
