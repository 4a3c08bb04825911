#!/bin/sh
# SPDX-License-Identifier: Apache-2.0

# Installs what building and running this project needs and the machine lacks. May be run at any
# time: what is there is left alone, and when nothing is missing it takes a fraction of a second.
#
#   setup/install.sh            what `make demo` needs
#   setup/install.sh --tests    also what `make test` needs
#
# Everything but the distribution's packages goes below build/ and vanishes with it.
set -eu
cd "$(dirname "$0")/.."

with_tests=no
case "${1-}" in
  '') ;;
  --tests) with_tests=yes ;;
  *) echo "usage: setup/install.sh [--tests]" >&2; exit 2 ;;
esac

say() { echo "setup: $*"; }
fail() { echo "setup: $*" >&2; exit 1; }

# The distribution's Python, not one that a version manager has put in front of it: its version is
# one that the pinned wheels exist for.
python=/usr/bin/python3

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Prints the packages of a list, one a line; with "optional" those marked "?", else the others.
packages_of() {
  sed -e 's/#.*//' "$1" | while read -r name mark; do
    [ -n "$name" ] || continue
    if [ "${2-}" = optional ] && [ "$mark" = '?' ]; then echo "$name"; fi
    if [ "${2-}" != optional ] && [ -z "$mark" ]; then echo "$name"; fi
  done
}

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing_of() {
  for name in "$@"; do
    is_installed "$name" || echo "$name"
  done
}

update_package_lists() {
  [ -z "${lists_are_fresh-}" ] || return 0
  say "refreshing the package lists"
  as_root apt-get -qq update || fail "'apt-get update' failed (see above): is there a network?"
  lists_are_fresh=yes
}

install_packages() {
  command -v apt-get >/dev/null || fail "apt-get is not here: this set-up is for Debian 12 and Ubuntu 24.04"
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
    fail "these packages are missing: $*. Install them as root, or install sudo"
  update_package_lists
  say "installing $# packages: $*"
  # A package manager that runs at the same time (unattended upgrades) is waited for.
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install "$@" >build/setup/apt.log ||
    { tail -n 20 build/setup/apt.log >&2; fail "apt-get could not install: $* (build/setup/apt.log)"; }
}

install_required() {
  missing=$(missing_of $(packages_of "$1"))
  [ -z "$missing" ] || install_packages $missing
}

install_optional() {
  for name in $(missing_of $(packages_of "$1" optional)); do
    update_package_lists
    if apt-cache policy "$name" | grep -q 'Candidate: [0-9]'; then
      install_packages "$name"
    else
      say "the distribution has no package $name; tests that need it will skip"
    fi
  done
}

# The firmware is compiled against picolibc's C headers and links nothing of it. The package would
# bring a second compiler and 1.2 GB along, so only its 2 MB of headers are unpacked.
install_target_headers() {
  include=usr/lib/picolibc/riscv64-unknown-elf/include
  [ ! -d "/$include" ] && [ ! -d build/picolibc/include ] || return 0
  apt-cache policy picolibc-riscv64-unknown-elf | grep -q 'Candidate: [0-9]' || update_package_lists
  say "unpacking the C headers of picolibc for the firmware"
  scratch=build/setup/picolibc
  rm -rf "$scratch" && mkdir -p "$scratch"
  (cd "$scratch" && apt-get -qq download picolibc-riscv64-unknown-elf 2>apt.log) ||
    { cat "$scratch/apt.log" >&2; fail "apt-get could not download picolibc-riscv64-unknown-elf"; }
  dpkg-deb --fsys-tarfile "$scratch"/*.deb | tar -x -C "$scratch" "./$include"
  rm -rf build/picolibc && mkdir -p build/picolibc
  mv "$scratch/$include" build/picolibc/include
  rm -rf "$scratch"
}

# install_python STAMP FILE…: the virtual environment holds what the requirement files name. The
# stamp holds what it was made from, so a changed pin or another interpreter installs again.
install_python() {
  stamp=build/venv/$1.installed
  shift
  wanted=$("$python" --version; cat "$@")
  [ -x build/venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return 0
  say "installing into build/venv: $(sed -e '/^#/d' "$@" | tr '\n' ' ')"
  if [ ! -x build/venv/bin/python ] || [ "$("$python" --version)" != "$(build/venv/bin/python --version)" ]; then
    rm -rf build/venv
    "$python" -m venv build/venv || fail "python3 could not make a virtual environment in build/venv"
  fi
  requirements=$(for file in "$@"; do echo "-r $file"; done)
  build/venv/bin/python -m pip --disable-pip-version-check --quiet install --no-deps $requirements ||
    fail "pip could not install the Python packages (see above): is there a network?"
  printf '%s\n' "$wanted" >"$stamp"
}

# The script that draws the report's interactive plots; inlined in each page, so that no page needs
# the network.
make_web_bundle() {
  script=host/report/assets/make_web_bundle.py
  [ build/share/vega-embed.js -nt build/venv/compiler.installed ] && [ build/share/vega-embed.js -nt "$script" ] && return 0
  say "making build/share/vega-embed.js"
  mkdir -p build/share
  build/venv/bin/python "$script" build/share/vega-embed.js || fail "the web bundle could not be made"
}

mkdir -p build/setup
install_required setup/packages.txt
install_target_headers
install_python compiler setup/requirements.txt
make_web_bundle
if [ "$with_tests" = yes ]; then
  install_required setup/packages-test.txt
  install_optional setup/packages-test.txt
  install_python tests setup/requirements-test.txt
fi
