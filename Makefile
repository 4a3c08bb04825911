# make only forwards: setup/install.sh brings what is missing, CMake presets build, programs run.

.PHONY: help demo test bench fuzz setup build clean

help:
	@echo "make demo    set up, build, run the Magic Wand scenario on the simulated core, write its report"
	@echo "make test    set up, build, run every test; the last line has the totals"
	@echo "make bench   build, measure, write build/bench.json and docs/benchmarks.md"
	@echo "make fuzz    build the fuzz targets and run each for FUZZ_SECONDS (60)"
	@echo "make build   build/bin/kenning, build/bin/springbok-sim, build/firmware/springbok/firmware.elf"
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

bench: build
	@build/venv/bin/python bench/bench.py

fuzz: setup
	@setup/install.sh --tests
	cmake --workflow --preset fuzz
	@fuzz/run_all.sh $(or $(FUZZ_SECONDS),60)

clean:
	rm -rf build springbok-magic-wand results.json
