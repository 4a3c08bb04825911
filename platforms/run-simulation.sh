#!/bin/sh
# SPDX-License-Identifier: Apache-2.0

# Starts the simulated device and leaves it running, for a second terminal to use:
#
#   platforms/run-simulation.sh                     first terminal, until Ctrl-C
#   kenning optimize test --json-cfg scenarios/magic-wand-synthetic.json --measurements results.json \
#       --simulator /tmp/uart                       second terminal
#
# Renode is used if it is there (RENODE, PYRENODE_BIN, PYRENODE_PKG, or `renode` in PATH), else the
# project's own springbok-sim.
set -eu

usage() {
  cat <<'TEXT'
usage: platforms/run-simulation.sh [debug] [options]
  debug            wait for GDB on port 3333
  --uart PATH      where the guest's UART shall be (default /tmp/uart)
  --firmware ELF   default: build/firmware/springbok/firmware.elf
  --sensor FILE    the accelerometer platform; FILE has the samples, three integers x y z a line
  --gdb PORT       another port than 3333
  --springbok-sim  the project's simulator even if Renode is there
  --print          only print the command
TEXT
}
wrong() { echo "run-simulation.sh: $1" >&2; usage >&2; exit 2; }

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname -- "$here")
debug= uart=/tmp/uart firmware= feed= gdb=3333 own= print=
while [ $# -gt 0 ]; do
  case $1 in
    debug) debug=yes; shift ;;
    --uart|--firmware|--sensor|--gdb)
      [ $# -ge 2 ] || wrong "$1 needs a value"
      case $1 in
        --uart) uart=$2 ;;
        --firmware) firmware=$2 ;;
        --sensor) feed=$2 ;;
        --gdb) gdb=$2 ;;
      esac
      shift 2 ;;
    --springbok-sim) own=yes; shift ;;
    --print) print=yes; shift ;;
    -h|--help) usage; exit 0 ;;
    *) wrong "unknown argument $1" ;;
  esac
done
image=firmware
[ -z "$feed" ] || image=firmware_sensor
[ -z "$feed" ] || [ -f "$feed" ] || wrong "$feed is not there"
if [ -z "$firmware" ]; then
  for folder in "$root/build/firmware" "$root/firmware"; do
    [ -f "$folder/springbok/$image.elf" ] && firmware=$folder/springbok/$image.elf && break
  done
  [ -n "$firmware" ] || wrong "the firmware is not built: make build"
fi
[ -f "$firmware" ] || wrong "$firmware is not there"

find_renode() {
  for program in "${RENODE-}" "${PYRENODE_BIN-}" "${PYRENODE_PKG:+$PYRENODE_PKG/renode}"; do
    [ -n "$program" ] || continue
    [ -x "$program" ] && [ ! -d "$program" ] || { echo "run-simulation.sh: $program is no program" >&2; exit 1; }
    echo "$program"
    return
  done
  command -v renode || true
}
renode=
[ -n "$own" ] || renode=$(find_renode)

if [ -z "$renode" ]; then
  sim=$root/build/bin/springbok-sim
  [ -x "$sim" ] || sim=$root/bin/springbok-sim
  [ -x "$sim" ] || sim=springbok-sim
  set -- "$sim" "$firmware" --uart-pty "$uart"
  [ -z "$feed" ] || set -- "$@" --sensor-feed "$feed" --sensor-repeat -1
  [ -z "$debug" ] || set -- "$@" --gdb "$gdb"
else
  # A blank or backslash in a path is escaped for the monitor.
  path() { printf '@%s' "$1" | sed 's/[ \\]/\\&/g'; }
  set -- "$renode" --disable-xwt --console \
    -e "\$bin=$(path "$firmware")" \
    -e "\$uart=\"$uart\"" \
    -e "\$springbok_custom3_py=$(path "$here/springbok_custom3.py")" \
    -e "\$springbok_repl=$(path "$here/springbok.repl")"
  if [ -n "$feed" ]; then
    set -- "$@" \
      -e "\$springbok_accelerometer_repl=$(path "$here/springbok_accelerometer.repl")" \
      -e "\$springbok_resc=$(path "$here/springbok.resc")" \
      -e "\$feed=$(path "$feed")" \
      -e "include $(path "$here/springbok_accelerometer.resc")"
  else
    set -- "$@" -e "include $(path "$here/springbok.resc")"
  fi
  if [ -n "$debug" ]; then
    set -- "$@" -e "machine StartGdbServer $gdb"
  else
    set -- "$@" -e start
  fi
fi

if [ -n "$print" ]; then
  for word; do printf '%s\n' "$word"; done
  exit 0
fi
echo "run-simulation.sh: $(basename "$1"); UART at $uart${debug:+; GDB: target remote localhost:$gdb}" >&2
exec "$@"
