#!/bin/bash
# Uploads a picture as Opus documents it for shells, step by step, and asks for thumbnails with it as reference.
#
# Usage: OPUS_API_KEY=KEY opus_upload.sh BASE_URL PICTURE SOURCE_URI
# The prompt lets the job do without the source where there is no way to it.
# Prints the picture's URL, then the job's id.
set -euo pipefail

base=$1 picture=$2 source=$3

call() {
    curl --silent --show-error --request "$1" "$base$2" --header "Authorization: Bearer $OPUS_API_KEY" "${@:3}"
}

extension=${picture##*.}
link=$(call POST /api/upload-links --header "Content-Type: application/json" \
    --data "{\"usecase\":\"FreeToolMedia\",\"type\":\"Upload\",\"extension\":\"$extension\"}")
url=$(jq --exit-status --raw-output .url <<<"$link")
cdn=$(jq --exit-status --raw-output .cdnUrl <<<"$link")

# No key from here on: who knows the link may use it.
session=$(curl --silent --show-error --dump-header - --output /dev/null --request POST "$url" \
    --header "x-goog-resumable: start" --header "Content-Length: 0" |
    grep -i '^location:' | sed 's/^[^:]*:[[:space:]]*//' | tr -d '\r')
curl --silent --show-error --output /dev/null --request PUT "$session" \
    --header "Content-Type: application/octet-stream" --data-binary "@$picture"
echo "$cdn"

job=$(call POST /api/generative-jobs --header "Content-Type: application/json" \
    --data "{\"jobType\":\"thumbnail\",\"sourceUri\":\"$source\",\"referenceImageUri\":\"$cdn\",
        \"prompt\":\"Bold, high-contrast thumbnail\"}")
jq --exit-status --raw-output '.jobId // error(.message // .error)' <<<"$job"
