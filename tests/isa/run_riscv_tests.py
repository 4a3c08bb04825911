#!/usr/bin/env python3
"""Builds the rv32 programs of a riscv-tests checkout with clang and runs them on the simulator.

    run_riscv_tests.py --suite CHECKOUT --runner build/bin/riscv-tests-runner [--work DIR]

CHECKOUT is a clone of riscv-software-src/riscv-tests with its submodule env. Nothing is written
into it, and nothing of it belongs into this project's tree. Prints a line a failed program and the
counts of each group; exit code 1 if one failed.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

GROUPS = ("rv32ui", "rv32um", "rv32uf", "rv32mi")

# Programs that need what the core does not have, with the reason.
SKIPPED = {
    ("rv32mi", "breakpoint"): "needs the debug triggers of tselect/tdata",
    ("rv32mi", "pmpaddr"): "needs physical memory protection and user mode",
}

# Programs that expect misaligned accesses to be performed.
MISALIGNED = {
    ("rv32ui", "ma_data"),
    ("rv32mi", "lh-misaligned"),
    ("rv32mi", "lw-misaligned"),
    ("rv32mi", "sh-misaligned"),
    ("rv32mi", "sw-misaligned"),
}


# The suite's own script uses what lld does not know; the layout is all that counts: entry first,
# tohost in a page of its own.
LINKER_SCRIPT = """
ENTRY(_start)
SECTIONS {
  . = 0x80000000;
  .text.init : { *(.text.init) }
  . = ALIGN(0x1000);
  .tohost : { *(.tohost) }
  . = ALIGN(0x1000);
  .text : { *(.text*) }
  . = ALIGN(0x1000);
  .data : { *(.data*) *(.rodata*) }
  .bss : { *(.bss*) }
  _end = .;
}
"""

TARGET = [
    "clang-19",
    "--target=riscv32-unknown-elf",
    "-march=rv32imaf_zicsr_zifencei",
    "-mabi=ilp32",
    "-mno-relax",
]


def build(suite: pathlib.Path, source: pathlib.Path, image: pathlib.Path) -> str:
    """Returns the tools' complaint, empty if there is none."""
    script = image.with_suffix(".ld")
    script.write_text(LINKER_SCRIPT)
    preprocessed = subprocess.run(
        [*TARGET, "-E", f"-I{suite}/env/p", f"-I{suite}/isa/macros/scalar", str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    if preprocessed.returncode != 0:
        return preprocessed.stderr.strip()
    # The environment declares the handler weak, the program global: only GNU as takes both.
    text = preprocessed.stdout
    for handler in re.findall(r"\.global\s+(\w+_handler)", text):
        text = re.sub(rf"\.weak\s+{handler}\b", "", text)
    assembly = image.with_suffix(".s")
    assembly.write_text(text)
    linked = subprocess.run(
        [
            *TARGET,
            "-nostdlib",
            "-static",
            "-fuse-ld=lld-19",
            f"-Wl,-T,{script},--no-relax",
            "-Wno-unused-command-line-argument",
            str(assembly),
            "-o",
            str(image),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if linked.returncode == 0 else linked.stderr.strip()


def run_group(suite: pathlib.Path, group: str, runner: str, work: pathlib.Path) -> bool:
    passed, failed, skipped = 0, 0, 0
    for source in sorted((suite / "isa" / group).glob("*.S")):
        key = (group, source.stem)
        if key in SKIPPED:
            skipped += 1
            print(f"skip {group}/{source.stem}: {SKIPPED[key]}")
            continue
        image = work / f"{group}-p-{source.stem}"
        complaint = build(suite, source, image)
        if complaint:
            failed += 1
            print(f"FAIL {group}/{source.stem}: does not build: {complaint}")
            continue
        command = [runner] + (["--allow-misaligned"] if key in MISALIGNED else []) + [str(image)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode == 0:
            passed += 1
        else:
            failed += 1
            print(result.stdout.strip() or f"FAIL {image}: runner ended with {result.returncode}")
    print(f"{group}: {passed} passed, {failed} failed, {skipped} skipped")
    return failed == 0 and passed > 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--suite", required=True, type=pathlib.Path)
    parser.add_argument("--runner", required=True)
    parser.add_argument("--work", type=pathlib.Path, help="folder for the images; default temporary")
    options = parser.parse_args()
    if not (options.suite / "env" / "p" / "riscv_test.h").exists():
        print(f"{options.suite} is no riscv-tests checkout with its submodule env", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or pathlib.Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        results = [run_group(options.suite, group, options.runner, work) for group in GROUPS]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
