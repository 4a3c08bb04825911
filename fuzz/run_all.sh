#!/bin/sh
# SPDX-License-Identifier: Apache-2.0

# run_all.sh [SECONDS | runs=N] [TARGET…]: runs each built fuzz target (or those named) for so long (60 s)
# or so many executions, from the seeds in fuzz/corpus/<name> and what earlier runs found, with the words
# of fuzz/<name>.dict if there are any. Stops at the first finding, which lies in build/fuzz/findings/.
set -eu
cd "$(dirname "$0")/.."
case ${1:-60} in
  runs=*) limit=-runs=${1#runs=} ;;
  *) limit=-max_total_time=${1:-60} ;;
esac
[ $# -eq 0 ] || shift
[ $# -ne 0 ] || set -- build/fuzz/fuzz/*
# A large quarantine of freed memory and frames on the heap double the time of a run.
export ASAN_OPTIONS="quarantine_size_mb=16:malloc_context_size=4:detect_stack_use_after_return=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
mkdir -p build/fuzz/findings
count=0
for program in "$@"; do
  name=$(basename "$program")
  program=build/fuzz/fuzz/$name
  [ -f "$program" ] && [ -x "$program" ] || continue
  grown=build/fuzz/corpus/$name
  mkdir -p "$grown"
  seeds=fuzz/corpus/$name
  [ -d "$seeds" ] || seeds=
  words=fuzz/$name.dict
  [ -f "$words" ] && words=-dict=$words || words=
  log=build/fuzz/$name.log
  echo "fuzz: $name ($limit)"
  "$program" "$limit" -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/findings/$name-" $words "$grown" $seeds >"$log" 2>&1 || {
    tail -n 40 "$log"
    echo "fuzz: $name has a finding ($log)" >&2
    exit 1
  }
  grep -aE 'number_of_executed_units' "$log"
  grep -aoE 'cov: [0-9]+ ft: [0-9]+' "$log" | tail -n 1
  count=$((count + 1))
done
[ "$count" -gt 0 ] || { echo "fuzz: no target is built" >&2; exit 1; }
echo "fuzz: $count targets, no finding"
