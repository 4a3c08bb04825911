#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Builds the rv32i_m programs of a riscv-arch-test checkout with clang, runs them on the simulator
and on Spike, and compares the signatures that both leave in memory.

    run_riscv_arch_test.py --suite CHECKOUT --spike SPIKE [--runner build/bin/isa-suite-runner]

CHECKOUT is a clone of riscv-non-isa/riscv-arch-test, SPIKE a built riscv-software-src/riscv-isa-sim
(needs the package device-tree-compiler). Prints a line a program that differs and the counts of each
group; exit code 1 if one does.
"""

import pathlib
import re
import sys

import suite

GROUPS = ("I", "M", "F", "Zifencei", "privilege")

# One instruction set for both sides; Spike traps misaligned accesses, as Springbok does.
MARCH = "rv32imf_zicsr_zifencei"

# What the suite asks of a model (its README, "model_test.h"): how a program starts, ends, and where
# its signature lies.
MODEL_HEADER = """
#define RVMODEL_BOOT
#define RVMODEL_HALT li x1, 1; la x2, tohost; write_tohost: sw x1, 0(x2); sw x0, 4(x2); j write_tohost;
#define RVMODEL_DATA_BEGIN .align 4; .global begin_signature; begin_signature:
#define RVMODEL_DATA_END .align 4; .global end_signature; end_signature: \\
  .pushsection .tohost,"aw",@progbits; .align 8; .global tohost; tohost: .dword 0; \\
  .align 8; .global fromhost; fromhost: .dword 0; .popsection;
#define RVMODEL_IO_INIT
#define RVMODEL_IO_WRITE_STR(_R, _STR)
#define RVMODEL_IO_CHECK()
#define RVMODEL_IO_ASSERT_GPR_EQ(_S, _R, _I)
#define RVMODEL_IO_ASSERT_SFPR_EQ(_F, _R, _I)
#define RVMODEL_IO_ASSERT_DFPR_EQ(_D, _R, _I)
#define RVMODEL_SET_MSW_INT
#define RVMODEL_CLEAR_MSW_INT
#define RVMODEL_CLEAR_MTIMER_INT
#define RVMODEL_CLEAR_MEXT_INT
"""

# Programs whose signature may differ: what each side does. None does.
ALLOWED_DIFFERENCES: dict[str, str] = {}


def macros_of(source: pathlib.Path) -> list[str]:
    """-D flags from the conditions that the program itself states (RVTEST_CASE, "def NAME=VALUE")."""
    conditions = " ".join(re.findall(r"RVTEST_CASE\((.*?)\)\s*$", source.read_text(), re.MULTILINE))
    names = re.findall(r"def\s+(\w+)\s*=\s*(\w+)", conditions)
    return sorted({f"-D{name}={value}" for name, value in names})


def for_clang(text: str) -> str:
    """The trap handler names CSRs by symbols that `.set` defines for each privilege mode; clang wants
    numbers. There is only machine mode here, whose CSRs are 0x3..."""
    numbers = dict(re.findall(r"\.set\s+(CSR_X\w+),\s*(0x3\w\w)\b", text))
    text = re.sub(r"\.set\s+CSR_X\w+,\s*\w+", "", text)
    return re.sub(r"\bCSR_X\w+\b", lambda match: numbers.get(match[0], match[0]), text)


def first_difference(ours: str, spike: str) -> str:
    our_words, spike_words = ours.split(), spike.split()
    if not spike_words:
        return "Spike left no signature"
    for index, (a, b) in enumerate(zip(our_words, spike_words)):
        if a != b:
            return f"signature word {index} of {len(spike_words)}: ours 0x{a}, Spike 0x{b}"
    if len(our_words) != len(spike_words):
        return f"{len(our_words)} signature words, Spike {len(spike_words)}"
    return ""


def main() -> int:
    parser = suite.parser(__doc__)
    parser.add_argument("--spike", required=True, help="the reference")
    options = parser.parse_args()
    programs = options.suite / "riscv-test-suite"
    if not (programs / "env" / "arch_test.h").exists():
        print(f"{options.suite} is no riscv-arch-test checkout", file=sys.stderr)
        return 2
    with suite.work_folder(options) as folder:
        work = pathlib.Path(folder)
        (work / "model_test.h").write_text(MODEL_HEADER)
        include = [f"-I{programs}/env", f"-I{work}", "-DXLEN=32", "-DFLEN=32"]

        def check(source):
            group = source.relative_to(programs).parts[1]
            name = f"{group}/{source.stem}"
            image = work / f"{group}-{source.stem}"
            complaint = suite.build(source, image, MARCH, include + macros_of(source), "rvtest_entry_point", for_clang)
            if complaint:
                return suite.Outcome(name, "FAIL", f"does not build: {complaint}")
            ours, spike = suite.beside(image, ".ours"), suite.beside(image, ".spike")
            outcome = suite.judge(options.runner, name, image, "--signature", str(ours))
            if outcome.state != "pass":
                return outcome
            code, _, complaint = suite.run(
                [options.spike, f"--isa={MARCH}", f"+signature={spike}", "+signature-granularity=4", str(image)]
            )
            if code != 0:
                return suite.Outcome(name, "FAIL", f"Spike ended with {code}: {complaint.strip()}")
            words = spike.read_text()
            difference = first_difference(ours.read_text(), words)
            image.unlink()
            if difference and name in ALLOWED_DIFFERENCES:
                return suite.Outcome(name, "skip", f"{difference}: {ALLOWED_DIFFERENCES[name]}")
            return suite.Outcome(name, "FAIL" if difference else "pass", difference, len(words.split()))

        everything = []
        for group in GROUPS:
            sources = sorted((programs / "rv32i_m" / group / "src").rglob("*.S"))
            outcomes = suite.run_all([s for s in sources if options.only in s.stem], check, options.jobs)
            everything += outcomes
            if outcomes:
                suite.add_up(group, outcomes)
        passed = suite.add_up("riscv-arch-test", everything)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
