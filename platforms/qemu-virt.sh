#!/bin/sh
# SPDX-License-Identifier: Apache-2.0

# Runs the firmware of board/qemu-virt in QEMU; its UART is a pseudo terminal under a path of your
# choice, which kenning is then given:
#
#   platforms/qemu-virt.sh --uart /tmp/uart &
#   kenning optimize test --json-cfg scenarios/magic-wand-synthetic.json --measurements results.json \
#       --simulator /tmp/uart
#
# `kenning … --simulator qemu` does both.
set -eu

usage() {
  cat <<'TEXT'
usage: platforms/qemu-virt.sh --uart PATH [options]
  --uart PATH      make PATH a link to the guest's UART; removed at the end
  --firmware ELF   default: build/firmware/qemu-virt/firmware.elf (qemu-virt-rv64 with --rv64)
  --rv64           a 64-bit core with the whole V extension instead of RV32 with ELEN 32
  --vlen BITS      vector register length, 128 to 512 (default 512)
  --log FILE       the firmware's log lines; default: standard error
  --icount         virtual time is the instruction count (1 ns each): the same run every time
  --gdb PORT       wait for a debugger on that TCP port of this machine
QEMU is the program in QEMU_RISCV32 (QEMU_RISCV64), else qemu-system-riscv32 (-riscv64) in PATH.
Exit code: 0 ended by a signal or by the firmware, 1 QEMU failed, 2 wrong use.
TEXT
}
wrong() { echo "qemu-virt.sh: $1" >&2; usage >&2; exit 2; }

root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
xlen=32 vlen=512 uart= log= firmware= icount= gdb=
while [ $# -gt 0 ]; do
  case $1 in
    --uart|--firmware|--vlen|--log|--gdb)
      [ $# -ge 2 ] || wrong "$1 needs a value"
      case $1 in
        --uart) uart=$2 ;;
        --firmware) firmware=$2 ;;
        --vlen) vlen=$2 ;;
        --log) log=$2 ;;
        --gdb) gdb=$2 ;;
      esac
      shift 2 ;;
    --rv64) xlen=64; shift ;;
    --icount) icount=yes; shift ;;
    -h|--help) usage; exit 0 ;;
    *) wrong "unknown argument $1" ;;
  esac
done
[ -n "$uart" ] || wrong "--uart PATH is missing"
case $vlen in 128|256|512) ;; *) wrong "--vlen is 128, 256 or 512" ;; esac
if [ $xlen = 64 ]; then
  qemu=${QEMU_RISCV64:-qemu-system-riscv64} board=qemu-virt-rv64
  cpu="rv64,v=true,vlen=$vlen,elen=64,vext_spec=v1.0"
else
  qemu=${QEMU_RISCV32:-qemu-system-riscv32} board=qemu-virt
  cpu="rv32,v=true,vlen=$vlen,elen=32,vext_spec=v1.0"
fi
if [ -z "$firmware" ]; then
  # In a clone the images lie below build/, in an installation beside this folder.
  for folder in "$root/build/firmware" "$root/firmware"; do
    [ -f "$folder/$board/firmware.elf" ] && firmware=$folder/$board/firmware.elf && break
  done
  [ -n "$firmware" ] || wrong "the firmware for $board is not built: cmake --workflow --preset $board"
fi
[ -f "$firmware" ] || wrong "$firmware is not there"
command -v "$qemu" >/dev/null || { echo "qemu-virt.sh: $qemu is not there (package qemu-system-misc)" >&2; exit 1; }
[ ! -e "$uart" ] && [ ! -L "$uart" ] || { echo "qemu-virt.sh: $uart exists already" >&2; exit 1; }

scratch=$(mktemp -d)
pid=
cleanup() {
  [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
  rm -f "$uart"
  rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 0' INT TERM HUP

if [ -n "$log" ]; then
  : >"$log"
  chardev="file,id=log,path=$(printf %s "$log" | sed 's/,/,,/g')"
else
  chardev="stdio,id=log,signal=off"
fi
set -- -M virt -m 64M -cpu "$cpu" -bios none -kernel "$firmware" -display none -monitor none \
  -chardev pty,id=uart -serial chardev:uart \
  -chardev "$chardev" -semihosting-config enable=on,target=native,chardev=log
[ -z "$icount" ] || set -- "$@" -icount shift=0,sleep=off
[ -z "$gdb" ] || set -- "$@" -S -gdb "tcp:127.0.0.1:$gdb"

# QEMU says which terminal it made; from then on its output passes through.
mkfifo "$scratch/out"
"$qemu" "$@" >"$scratch/out" </dev/null &
pid=$!
exec 3<"$scratch/out"
device=
while IFS= read -r line <&3; do
  case $line in
    *"redirected to "*) device=${line##*redirected to }; device=${device%% *}; break ;;
    *) echo "$line" >&2 ;;
  esac
done
if [ -z "$device" ]; then
  echo "qemu-virt.sh: QEMU ended before it had a UART" >&2
  exit 1
fi
ln -s "$device" "$uart"
cat <&3 >&2 &
status=0
wait "$pid" || status=$?
pid=
[ $status = 0 ] || exit 1
