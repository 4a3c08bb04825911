# SPDX-License-Identifier: Apache-2.0

"""What the drivers of the public suites share: building a program with clang, running programs side
by side, adding up. A suite is a checkout outside the tree; nothing is written into it."""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile

# The suites' own scripts use what lld does not know; the layout is all that counts: entry first,
# tohost in a page of its own between code and data.
LINKER_SCRIPT = """
ENTRY({entry})
SECTIONS {{
  . = 0x80000000;
  .text.init : {{ *(.text.init) }}
  .text : {{ *(.text*) }}
  . = ALIGN(0x1000);
  .tohost : {{ *(.tohost) }}
  . = ALIGN(0x1000);
  .data : {{ *(.data*) *(.rodata*) }}
  .bss : {{ *(.bss*) }}
  _end = .;
}}
"""


@dataclasses.dataclass(frozen=True)
class Outcome:
    name: str
    state: str  # "pass", "FAIL" or "skip"
    detail: str = ""
    points: int = 0  # what the suite calls a test point
    comparisons: int = 0  # of all registers, several for a point


def parser(description: str) -> argparse.ArgumentParser:
    """Options of every driver."""
    result = argparse.ArgumentParser(description=description.splitlines()[0])
    result.add_argument("--suite", required=True, type=pathlib.Path, help="checkout of the suite")
    result.add_argument("--runner", default="build/bin/isa-suite-runner", help="default %(default)s")
    result.add_argument("--work", type=pathlib.Path, help="folder for what is built; default temporary")
    result.add_argument("--only", default="", help="programs whose name contains this")
    result.add_argument("--jobs", type=int, default=os.cpu_count(), help="programs at a time; default %(default)s")
    return result


def work_folder(options):
    """A context manager that yields the folder to build in."""
    if options.work is None:
        return tempfile.TemporaryDirectory()
    options.work.mkdir(parents=True, exist_ok=True)
    import contextlib

    return contextlib.nullcontext(str(options.work))


def run(command, limit_s=300, folder=None):
    """(exit code, output, complaints) of a command run in `folder`; exit code -1 if it ran out of time."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False, errors="replace", cwd=folder)
        return done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        return -1, "", f"ran out of its {limit_s} s"


def beside(image: pathlib.Path, suffix: str) -> pathlib.Path:
    """A file next to the image; names of programs hold dots of their own."""
    return image.with_name(image.name + suffix)


def build(source, image, march, flags=(), entry="_start", edit=None) -> str:
    """Assembles and links one program; returns the tools' complaint, empty if there is none. `edit`
    changes the preprocessed text."""
    target = ["clang-19", "--target=riscv32-unknown-elf", f"-march={march}", "-mabi=ilp32", "-mno-relax"]
    script, assembly = beside(image, ".ld"), beside(image, ".s")
    script.write_text(LINKER_SCRIPT.format(entry=entry))
    code, text, complaint = run([*target, "-E", "-P", *flags, str(source)])
    if code != 0:
        return complaint.strip()
    assembly.write_text(edit(text) if edit else text)
    command = [*target, "-nostdlib", "-static", "-fuse-ld=lld-19", f"-Wl,-T,{script},--no-relax"]
    code, _, complaint = run([*command, "-Wno-unused-command-line-argument", str(assembly), "-o", str(image)])
    assembly.unlink()
    script.unlink()
    return "" if code == 0 else complaint.strip()


def judge(runner, name, image, *arguments) -> Outcome:
    """Runs the image on the simulator."""
    code, output, complaint = run([runner, *arguments, str(image)])
    if code == 0:
        return Outcome(name, "pass")
    lines = (output + complaint).strip() or f"the runner ended with {code}"
    return Outcome(name, "FAIL", lines.removeprefix("FAIL "))


def run_all(jobs, function, workers):
    """function(job) for every job, side by side; prints what does not pass as it comes, and how far it
    is when someone watches. Returns the outcomes in the order of the jobs."""
    outcomes = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=workers) as pool:
        for outcome in pool.map(function, jobs):
            outcomes.append(outcome)
            if sys.stderr.isatty():
                print(f"\r{len(outcomes)}/{len(jobs)}\x1b[K", end="", file=sys.stderr, flush=True)
            if outcome.state != "pass":
                print(f"{outcome.state} {outcome.name}: {outcome.detail}", flush=True)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    return outcomes


def add_up(title, outcomes) -> bool:
    """Prints the totals; true if something passed and nothing failed."""
    count = {state: sum(outcome.state == state for outcome in outcomes) for state in ("pass", "FAIL", "skip")}
    points, comparisons = (
        sum(getattr(outcome, name) for outcome in outcomes if outcome.state == "pass") for name in ("points", "comparisons")
    )
    text = f"{title}: {count['pass']} passed, {count['FAIL']} failed, {count['skip']} skipped"
    print(text + (f"; {points} test points, {comparisons} comparisons" if comparisons else ""), flush=True)
    return count["pass"] > 0 and count["FAIL"] == 0
