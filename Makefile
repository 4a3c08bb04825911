# SPDX-License-Identifier: Apache-2.0

# make only forwards: setup/install.sh brings what is missing, CMake presets build, programs run.

.PHONY: help demo test robot bench fuzz matrix setup build docs package container-check clean

help:
	@echo "make demo    set up, build, run the Magic Wand scenario on the simulated core, write its report"
	@echo "make test    set up, build, run every test; the last line has the totals"
	@echo "make robot   the Robot Framework tests alone"
	@echo "make bench   build, measure, write build/bench.json and docs/benchmarks.md"
	@echo "make fuzz    build the fuzz targets and run each for FUZZ_SECONDS (60)"
	@echo "make matrix  every IREE compiler release (31, from PyPI) on every model, write docs/iree-releases.md"
	@echo "make setup   install what building needs and the machine lacks"
	@echo "make build   build/bin/kenning, build/bin/springbok-sim, build/firmware/springbok/firmware.elf"
	@echo "make docs    the pages of docs/ as HTML, into build/docs"
	@echo "make package the Debian package with the firmware of all boards, into build/"
	@echo "make container-check   run the Containerfile's steps in chroots (root, network, 20 minutes)"
	@echo "make clean   remove build/ and what the demo wrote"

setup:
	@setup/install.sh

build: setup
	cmake --workflow --preset host
	cmake --workflow --preset springbok

demo: build
	PATH="$(CURDIR)/build/bin:$$PATH" kenning optimize test report \
	  --json-cfg scenarios/magic-wand-synthetic.json --measurements results.json \
	  --report-types performance classification renode_stats --report-path springbok-magic-wand/ \
	  --report-name v-extensions-riscv --model-names magic_wand_fp32 --verbosity INFO --to-html
	@echo "The report: file://$(CURDIR)/springbok-magic-wand/report/report.html"

test: build
	@setup/install.sh --tests
	@build/venv/bin/python tests/run_all.py

robot: build
	@setup/install.sh --tests
	@build/venv/bin/python tests/run_all.py robot

bench: build
	@build/venv/bin/python bench/bench.py

fuzz: setup
	@setup/install.sh --tests
	cmake --workflow --preset fuzz
	@fuzz/run_all.sh $(or $(FUZZ_SECONDS),60)

matrix: build
	@setup/install.sh --tests
	@build/venv/bin/python tests/matrix/matrix.py

docs:
	@setup/install.sh --tests
	build/venv/bin/python -m sphinx -q -W --keep-going -b html docs build/docs
	@echo "The pages: file://$(CURDIR)/build/docs/index.html"

# The qemu boards are no part of `make build`: who runs nothing in QEMU does not need them.
package: build
	cmake --workflow --preset qemu-virt
	cmake --workflow --preset qemu-virt-rv64
	@packaging/stage.py
	cmake -DKN_PACKAGE=ON build/host
	cd build/host && SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) cpack
	@ls build/springbok-iree_*.deb

container-check: setup
	@test "$$(id -u)" = 0 || { echo "container-check: run it as root, it makes chroots"; exit 2; }
	@command -v debootstrap >/dev/null || apt-get -qq -y install debootstrap
	tests/container/run_containerfile.py build/container

clean:
	rm -rf build springbok-magic-wand results.json
