#!/bin/sh
# SPDX-License-Identifier: Apache-2.0

# Runs the project's commands in a bare Debian 12 root that holds only git, make and ca-certificates.
#
#   tests/bare_machine/run.sh ROOT [TARGET…]     TARGETs of the Makefile; default: demo test
#
# ROOT is made with debootstrap if it does not exist, and is kept: a second run finds what the first one
# installed, so give a new ROOT for a new proof. The last commit of this checkout is cloned into it.
#   SUITE=noble, MIRROR=…    another distribution
#   KN_SHARED=DIR            the shared material, mounted read-only beside the clone (absent by default)
# How this machine reaches its registries (resolver, certificates, apt and pip configuration) is copied in.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
[ $# -ge 1 ] || { echo "usage: tests/bare_machine/run.sh ROOT [TARGET...]" >&2; exit 2; }
root=$1
shift
[ $# -gt 0 ] || set -- demo test

if [ -z "${KN_IN_NAMESPACE-}" ]; then
  # All mounts live in a namespace of this process and go with it, whatever happens.
  exec unshare --mount --propagation private env KN_IN_NAMESPACE=1 "$0" "$root" "$@"
fi

received_bytes() { awk -F'[: ]+' 'NR > 2 && $2 != "lo" { sum += $3 } END { printf "%.0f", sum }' /proc/net/dev; }

if [ ! -e "$root/bin/sh" ]; then
  debootstrap --variant=minbase --include=git,make,ca-certificates "${SUITE:-bookworm}" "$root" ${MIRROR-}
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
[ ! -f /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/pip.conf"
for file in /etc/apt/apt.conf.d/*proxy* /etc/apt/apt.conf.d/*registry*; do
  [ ! -f "$file" ] || cp "$file" "$root/etc/apt/apt.conf.d/"
done
mount -t proc proc "$root/proc" 2>/dev/null || mount --bind /proc "$root/proc"
mount --rbind /dev "$root/dev"

rm -rf "$root/work/clone"
mkdir -p "$root/work"
git clone --quiet --no-local "$here" "$root/work/clone"
if [ -n "${KN_SHARED-}" ]; then
  mkdir -p "$root/work/shared"
  mount --bind "$KN_SHARED" "$root/work/shared"
fi

for target in "$@"; do
  echo "bare machine: make $target"
  before=$(received_bytes)
  start=$(date +%s)
  status=0
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 make -C /work/clone "$target" </dev/null || status=$?
  after=$(received_bytes)
  echo "bare machine: make $target ended with $status after $(($(date +%s) - start)) s;" \
    "this machine received $(((after - before) / 1000000)) MB meanwhile"
  [ "$status" = 0 ] || exit "$status"
done
