#!/bin/sh
# SPDX-License-Identifier: Apache-2.0

# Takes the documentation's pictures of a report page with headless Chromium.
# usage: take_screenshots.sh PAGE.html NAME   -> NAME-light.png NAME-dark.png NAME-phone.png NAME-phone-dark.png here
set -eu
page=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT

take() { # file, window size, further flags
  out=$1 size=$2
  shift 2
  chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync \
    --user-data-dir="$profile" --hide-scrollbars --virtual-time-budget=15000 \
    --window-size="$size" --screenshot="$here/$out" "$@" "file://$page" 2>/dev/null
}

take "$2-light.png" 1400,1500
take "$2-dark.png" 1400,1500 --blink-settings=preferredColorScheme=0
take "$2-phone.png" 500,1300
take "$2-phone-dark.png" 500,1300 --blink-settings=preferredColorScheme=0
