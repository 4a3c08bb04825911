#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Builds the rv32 programs of a riscv-tests checkout with clang and runs them on the simulator.

    run_riscv_tests.py --suite CHECKOUT [--runner build/bin/isa-suite-runner] [--work DIR]

CHECKOUT is a clone of riscv-software-src/riscv-tests with its submodule env. Prints a line a failed
program and the counts of each group; exit code 1 if one failed.
"""

import pathlib
import re
import sys

import suite

GROUPS = ("rv32ui", "rv32um", "rv32uf", "rv32mi")

# Programs that expect misaligned accesses to be performed; Springbok traps them.
MISALIGNED = {
    ("rv32ui", "ma_data"),
    ("rv32mi", "lh-misaligned"),
    ("rv32mi", "lw-misaligned"),
    ("rv32mi", "sh-misaligned"),
    ("rv32mi", "sw-misaligned"),
}


def for_clang(text: str) -> str:
    """The environment declares the handlers weak, the programs global: only GNU as takes both. And
    the name of the CSR tcontrol is unknown to clang."""
    text = re.sub(r"\btcontrol\b", "0x7a5", text)
    for handler in re.findall(r"\.global\s+(\w+_handler)", text):
        text = re.sub(rf"\.weak\s+{handler}\b", "", text)
    return text


def main() -> int:
    options = suite.parser(__doc__).parse_args()
    if not (options.suite / "env" / "p" / "riscv_test.h").exists():
        print(f"{options.suite} is no riscv-tests checkout with its submodule env", file=sys.stderr)
        return 2
    include = [f"-I{options.suite}/env/p", f"-I{options.suite}/isa/macros/scalar"]
    with suite.work_folder(options) as work:

        def check(source):
            group = source.parent.name
            name = f"{group}/{source.stem}"
            image = pathlib.Path(work) / f"{group}-p-{source.stem}"
            complaint = suite.build(source, image, "rv32imaf_zicsr_zifencei", include, edit=for_clang)
            if complaint:
                return suite.Outcome(name, "FAIL", f"does not build: {complaint}")
            misaligned = ["--allow-misaligned"] if (group, source.stem) in MISALIGNED else []
            return suite.judge(options.runner, name, image, *misaligned)

        results = []
        everything = []
        for group in GROUPS:
            sources = sorted((options.suite / "isa" / group).glob("*.S"))
            outcomes = suite.run_all([s for s in sources if options.only in s.stem], check, options.jobs)
            everything += outcomes
            results.append(suite.add_up(group, outcomes) or not outcomes)
        results.append(suite.add_up("riscv-tests", everything))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
