#!/bin/sh
# Runs each built fuzz target for the given number of seconds (60), from the seeds in fuzz/corpus/<name>
# and what earlier runs found. Stops at the first finding, which lies in build/fuzz/findings/.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
mkdir -p build/fuzz/findings
count=0
for program in build/fuzz/fuzz/*; do
  [ -f "$program" ] && [ -x "$program" ] || continue
  name=$(basename "$program")
  grown=build/fuzz/corpus/$name
  mkdir -p "$grown"
  seeds=fuzz/corpus/$name
  [ -d "$seeds" ] || seeds=
  echo "fuzz: $name for $seconds s"
  "$program" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/findings/$name-" "$grown" $seeds >"build/fuzz/$name.log" 2>&1 || {
    tail -n 40 "build/fuzz/$name.log"
    echo "fuzz: $name has a finding (build/fuzz/$name.log)" >&2
    exit 1
  }
  grep -E 'number_of_executed_units' "build/fuzz/$name.log"
  count=$((count + 1))
done
[ "$count" -gt 0 ] || { echo "fuzz: no target is built" >&2; exit 1; }
echo "fuzz: $count targets, no finding"
