#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Generates the programs of a riscv-vector-tests checkout for RV32 and one VLEN, runs each on the
suite's patched Spike and on the simulator, and compares the registers at every point that the suite
marks (its stage 1: after each instruction under test a custom-0 word names the registers; a test
point of the suite has several).

    run_riscv_vector_tests.py --suite CHECKOUT --generator G --pspike P [--vlen 512] [--every 1]

CHECKOUT is a clone of chipsalliance/riscv-vector-tests with its submodule env/riscv-test-env. G is
`go build` of it, P its pspike/pspike.cc linked with a built riscv-software-src/riscv-isa-sim (needs
the package device-tree-compiler). Prints a line a program that differs, and the totals: programs,
test points, and comparisons of the registers. Exit code 1 if one differs.
"""

import pathlib
import re
import sys

import suite

MARCH = "rv32imf_zicsr_zifencei_zve32f_zvl{vlen}b"

# Heads each test point: one vl, LMUL, SEW and mask, for several operands.
POINT = "# Generating tests for VL"

# Programs whose registers may differ: what each side does. None does.
ALLOWED_DIFFERENCES: dict[str, str] = {}


def main() -> int:
    parser = suite.parser(__doc__)
    parser.add_argument("--generator", required=True)
    parser.add_argument("--pspike", required=True)
    parser.add_argument("--vlen", type=int, default=512)
    parser.add_argument("--pattern", default=".*", help="instructions to generate for, a regular expression")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every N-th program")
    parser.add_argument("--first", type=int, default=0, metavar="K", help="... from the K-th on")
    parser.add_argument("--float-level", type=int, default=2, help="testfloat level, 1 or 2; default %(default)s")
    options = parser.parse_args()
    environment = options.suite / "env" / "riscv-test-env" / "p"
    if not (environment / "riscv_test.h").exists():
        print(f"{options.suite} is no riscv-vector-tests checkout with env/riscv-test-env", file=sys.stderr)
        return 2
    march = MARCH.format(vlen=options.vlen)
    include = [f"-I{environment}", f"-I{options.suite}/macros/general"]
    with suite.work_folder(options) as folder:
        work = pathlib.Path(folder).resolve()
        programs = work / f"programs-v{options.vlen}"
        programs.mkdir(exist_ok=True)
        if not any(programs.iterdir()):
            code, output, complaint = suite.run(
                [
                    pathlib.Path(options.generator).resolve(), "-VLEN", str(options.vlen), "-XLEN", "32", "-split=10000", "-integer=0",
                    f"-pattern={options.pattern}", f"-testfloat3level={options.float_level}", "-repeat=1",
                    "-stage1output", f"{programs}/", "-configs", f"{pathlib.Path(options.suite).resolve()}/configs/", "-march", march,
                ],
                3600,
                work,  # it leaves a file where it is run
            )  # fmt: skip
            if code != 0:
                print(f"the generator ended with {code}: {output}{complaint}", file=sys.stderr)
                return 2

        def check(source):
            image = work / source.stem
            complaint = suite.build(source, image, march, include)
            if complaint:
                return suite.Outcome(source.stem, "FAIL", f"does not build: {complaint}")
            markers = suite.beside(image, ".markers")
            code, output, complaint = suite.run([options.pspike, f"--isa={march}", str(image)])
            if code != 0:
                return suite.Outcome(source.stem, "FAIL", f"Spike ended with {code}: {complaint.strip()}")
            markers.write_text(output)
            arguments = [options.runner, "--vlen", str(options.vlen), "--markers", str(markers), str(image)]
            code, output, complaint = suite.run(arguments)
            if code == 0:
                markers.unlink()
                image.unlink()
            else:
                state = "skip" if source.stem in ALLOWED_DIFFERENCES else "FAIL"
                reason = ALLOWED_DIFFERENCES.get(source.stem, "")
                return suite.Outcome(source.stem, state, f"{reason} {output}{complaint}".strip())
            # Programs of vset{i}vl{i} have no markers; they check themselves.
            text = source.read_text()
            comparisons = int(re.search(r" (\d+) markers", output)[1]) or text.count("TEST_CASE(")
            state = "pass" if comparisons else "FAIL"
            return suite.Outcome(source.stem, state, "nothing was compared", text.count(POINT), comparisons)

        sources = sorted(path for path in programs.glob("*.S") if options.only in path.stem)
        outcomes = suite.run_all(sources[options.first :: options.every], check, options.jobs)
        passed = suite.add_up(f"riscv-vector-tests, VLEN {options.vlen}", outcomes)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
