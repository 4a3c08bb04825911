#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Runs every test suite and says honestly what came of it.

Each suite is a command that leaves JUnit XML files in its folder below build/test-results/. What is
counted are the test cases in those files; a suite that ends badly without a failed case, leaves no
case at all, or runs out of time counts as a failure of its own. Skipped cases are listed with their
reasons. The last line is `N passed, N failed, N skipped`; the exit code is 0 only if nothing failed.

    tests/run_all.py            all suites
    tests/run_all.py unit e2e   these only
"""

import concurrent.futures
import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build" / "test-results"
PYTHON = str(ROOT / "build" / "venv" / "bin" / "python")
RUNNING = []  # the processes of suites, each the head of its own group; ended ones too


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    outcome: str  # "passed", "failed" or "skipped"
    detail: str = ""


@dataclasses.dataclass(frozen=True)
class Suite:
    name: str
    what: str
    command: list
    time_limit_s: int
    environment: dict = dataclasses.field(default_factory=dict)
    # It keeps every core busy, or builds what others use. Neighbours that are not alone run side by side.
    alone: bool = False


def pytest(name, what, time_limit_s, alone=False, workers=0):
    """With `workers`, that many processes share the files of tests."""
    return Suite(
        name,
        what,
        [
            PYTHON, "-m", "pytest", "-p", "no:cacheprovider", "-o", "python_files=test_*.py", "-q", f"tests/{name}",
            "-n", str(workers), "--dist", "loadfile", f"--junit-xml={RESULTS}/{name}/pytest.xml",
        ],  # fmt: skip
        time_limit_s,
        alone=alone,
    )


SUITES = [
    Suite(
        "format",
        "clang-format leaves every source file as it is, and each says its licence",
        [PYTHON, "tests/format/check_format.py", f"{RESULTS}/format/format.xml"],
        300,
    ),
    Suite(
        "unit",
        "unit tests of host, firmware and simulator modules under AddressSanitizer and UBSan",
        ["cmake", "--workflow", "--preset", "check"],
        3600,
        # ctest starts the programs, so each leaves its own cases by this variable.
        {"GTEST_OUTPUT": f"xml:{RESULTS}/unit/"},
        alone=True,
    ),
    Suite(
        "coverage",
        "the unit tests reach enough of runtime, wire and firmware",
        [PYTHON, "tests/coverage/run_coverage.py", f"{RESULTS}/coverage/coverage.xml"],
        1200,
        alone=True,
    ),
    Suite(
        "tidy",
        "clang-tidy has nothing to say of the programs' sources",
        [PYTHON, "tests/format/check_tidy.py", f"{RESULTS}/tidy/tidy.xml"],
        900,
        alone=True,
    ),
    pytest("portable", "the simulator without x86: cross-built for 64-bit Arm, run by qemu-aarch64", 1800, alone=True),
    pytest("package", "the Debian package is complete, reproducible, and runs without a clone", 900, alone=True),
    # Most of its time is waiting for limits to pass, so more processes than cores share it.
    pytest("e2e", "the command line: scenarios, bad input, real recordings, the page in a browser", 1800, alone=True, workers=4),
    # The longest first: what runs side by side then ends together.
    pytest("corpus", "each module of the corpus answers right on the simulated core", 1200),
    pytest("line", "sessions over a line that spoils bytes end right or with an error", 900),
    pytest("matrix", "modules of nine more compiler releases answer right on the simulated core", 900),
    pytest("budget", "the firmware's size, instructions, memory and stack stay within their budgets", 300),
    pytest("runner", "this runner counts what it should", 60),
    pytest("container", "the Containerfile is what its runner runs", 60),
    pytest("docs", "the pages build without a warning and their commands run", 900),
    Suite(
        "robot",
        "kenning and springbok-sim as two processes joined by a pseudo terminal",
        [PYTHON, "-m", "robot", "--outputdir", f"{RESULTS}/robot/log", "--xunit", f"{RESULTS}/robot/xunit.xml", "tests/robot"],
        1200,
    ),
]


def cases_of(xml_file, suite_name):
    """The test cases of one JUnit file; an unreadable file is a failed case, not an exception."""
    try:
        tree = ElementTree.parse(xml_file)
    except (ElementTree.ParseError, OSError) as error:
        return [Case(f"{suite_name}: {xml_file.name}", "failed", f"the result file cannot be read: {error}")]
    cases = []
    for element in tree.iter("testcase"):
        name = ".".join(part for part in (element.get("classname"), element.get("name")) if part)
        bad = element.find("failure")
        if bad is None:
            bad = element.find("error")
        skipped = element.find("skipped")
        if bad is not None:
            cases.append(Case(name, "failed", (bad.get("message") or bad.text or "").strip()))
        elif skipped is not None:
            cases.append(Case(name, "skipped", (skipped.get("message") or skipped.text or "").strip()))
        elif element.get("status") in ("notrun", "disabled"):
            cases.append(Case(name, "skipped", "disabled in the source"))
        else:
            cases.append(Case(name, "passed"))
    return cases


def unit_cases(ctest_xml, folder):
    """The cases of each GoogleTest program that ctest ran. A program that left no file of its own, or
    that ctest saw fail although all of its cases passed (a leak at exit, say), counts as ctest says."""
    cases = []
    for program in cases_of(ctest_xml, "unit"):
        own_file = folder / f"{program.name.split('.')[-1]}.xml"
        own = cases_of(own_file, "unit") if own_file.exists() else []
        cases += own
        if not own or (program.outcome == "failed" and not any(case.outcome == "failed" for case in own)):
            cases.append(program)
    return cases


def run(suite):
    """Runs one suite; its cases and what to say of them. Never raises for what the suite does."""
    start = time.monotonic()
    folder = RESULTS / suite.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ctest_xml = ROOT / "build" / "sanitize" / "ctest.xml"
    if suite.name == "unit":
        ctest_xml.unlink(missing_ok=True)
    log = folder / "output.log"
    with log.open("wb") as stream:
        try:
            process = subprocess.Popen(
                suite.command,
                cwd=ROOT,
                env={**os.environ, **suite.environment},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            RUNNING.append(process)
            exit_code = process.wait(timeout=suite.time_limit_s)
            ending = f"exit code {exit_code}"
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            exit_code, ending = None, f"stopped after {suite.time_limit_s} s"
        except OSError as error:
            exit_code, ending = None, str(error)
    if suite.name == "unit":
        cases = unit_cases(ctest_xml, folder) if ctest_xml.exists() else []
    else:
        cases = [case for file in sorted(folder.glob("*.xml")) for case in cases_of(file, suite.name)]
    if not cases:
        cases = [Case(suite.name, "failed", f"no test ran ({ending}), see {log.relative_to(ROOT)}")]
    elif exit_code != 0 and not any(case.outcome == "failed" for case in cases):
        cases.append(Case(suite.name, "failed", f"{ending} although no test failed, see {log.relative_to(ROOT)}"))
    said = [f"{suite.name}: {suite.what}"]
    if any(case.outcome == "failed" for case in cases):
        said += [f"  | {line}" for line in log.read_text(errors="replace").splitlines()[-60:]]
    said.append(f"  {totals(cases)} ({time.monotonic() - start:.0f} s)")
    said += [f"  FAILED {case.name}: {' '.join(case.detail.split())[:400]}" for case in cases if case.outcome == "failed"]
    return cases, "\n".join(said + skips(cases))


def end_suites():
    for process in RUNNING:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def groups(suites):
    """The suites in order, in lists of those that run side by side."""
    together = []
    for suite in suites:
        if together and (suite.alone or together[-1][-1].alone):
            together.append([suite])
        elif together:
            together[-1].append(suite)
        else:
            together = [[suite]]
    return together


def count(cases, outcome):
    return sum(case.outcome == outcome for case in cases)


def totals(cases):
    line = f"{count(cases, 'passed')} passed, {count(cases, 'failed')} failed"
    skipped = count(cases, "skipped")
    return line + (f", {skipped} skipped" if skipped else "")


def skips(cases):
    """A line for each reason of skips, so that one absent folder is one line and not a hundred."""
    lines = []
    reasons = {}
    for case in cases:
        if case.outcome == "skipped":
            reasons.setdefault(case.detail or "no reason given", []).append(case.name)
    for reason, names in sorted(reasons.items(), key=lambda item: -len(item[1])):
        shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        lines.append(f"  skipped {len(names)}: {' '.join(reason.split())}: {shown}")
    return lines


def main(names):
    unknown = set(names) - {suite.name for suite in SUITES}
    if unknown:
        print(f"no such suite: {', '.join(sorted(unknown))}; there are {', '.join(suite.name for suite in SUITES)}", file=sys.stderr)
        return 2
    everything = []
    for group in groups([suite for suite in SUITES if not names or suite.name in names]):
        print(f"running {', '.join(suite.name for suite in group)}", flush=True)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            futures = [pool.submit(run, suite) for suite in group]
            try:
                for future in concurrent.futures.as_completed(futures):
                    cases, said = future.result()
                    everything += cases
                    print(said, flush=True)
            except KeyboardInterrupt:
                pool.shutdown(wait=False, cancel_futures=True)
                # Again and again: one may be about to start its process.
                while not all(future.done() for future in futures):
                    end_suites()
                    time.sleep(0.05)
                print("interrupted", file=sys.stderr)
                return 130
    print()
    print(totals(everything))
    return 0 if everything and count(everything, "failed") == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
