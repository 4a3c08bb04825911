#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Coverage of runtime/, wire/ and firmware/ by their unit tests, counted by the sanitized build.

usage: tests/coverage/run_coverage.py REPORT.xml

Takes the counts that the unit suite left in build/sanitize/profile; a test program without, or newer than them, is built and
run. Writes build/coverage/html (pages by file) and JUnit XML with a case for lines and one for branches. Exit code 0 if both
reach the least that is accepted and no test failed.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import xml.sax.saxutils as saxutils

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "sanitize"
PROFILES = BUILD / "profile"
PAGES = ROOT / "build" / "coverage" / "html"
FOLDERS = ("runtime/", "wire/", "firmware/")
LEAST_PERCENT = {"lines": 90.0, "branches": 80.0}
# Test programs, and what only serves tests.
LEFT_OUT = r"(_test\.cc$|/testing/|/testing_[a-z_]+\.|_test_[a-z_]+\.(cc|h)$)"


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, cwd=ROOT, **options)


def test_programs():
    """Programs of the tests below FOLDERS, by the kn_test lines there."""
    programs = []
    for folder in FOLDERS:
        for lists in sorted((ROOT / folder).rglob("CMakeLists.txt")):
            names = re.findall(r"^\s*kn_test\(\s*(\w+)", lists.read_text(), re.MULTILINE)
            programs += [BUILD / lists.parent.relative_to(ROOT) / name for name in names]
    return programs


def profile_of(program):
    return PROFILES / f"{program.name}.profraw"


def is_counted(program):
    return profile_of(program).exists() and profile_of(program).stat().st_mtime >= program.stat().st_mtime


def count(programs):
    """Brings each program's counts up to date; returns the names of those that failed."""
    run("cmake", "--preset", "sanitize", stdout=subprocess.DEVNULL)
    run("cmake", "--build", BUILD, "--target", *(program.name for program in programs), stdout=subprocess.DEVNULL)
    failed = []
    for program in programs:
        if is_counted(program):
            continue
        # ctest, since it knows each test's surroundings and where its counts go.
        name = program.name
        if subprocess.run(["ctest", "--test-dir", BUILD, "-R", f"^{name}$"], stdout=subprocess.DEVNULL).returncode != 0:
            failed.append(name)
    return failed


def measure():
    programs = test_programs()
    failed = count(programs)
    merged = PROFILES / "all.profdata"
    run("llvm-profdata-19", "merge", "-sparse", *map(profile_of, programs), "-o", merged)
    objects = [word for program in programs[1:] for word in ("-object", program)]
    selection = [programs[0], *objects, f"-instr-profile={merged}", f"-ignore-filename-regex={LEFT_OUT}"]
    # A header is known by the link through which it was included (cmake/kn_targets.cmake).
    links = sorted(link for link in (BUILD / "include").iterdir() if f"{link.name.partition('_')[0]}/" in FOLDERS)
    selection += ["-sources", *(ROOT / folder for folder in FOLDERS), *links]
    run("llvm-cov-19", "show", *selection, "-format=html", f"-output-dir={PAGES}", stdout=subprocess.DEVNULL)
    exported = run("llvm-cov-19", "export", *selection, "-summary-only", capture_output=True, text=True).stdout
    return json.loads(exported)["data"][0], failed


def main(report):
    data, failed = measure()
    totals = data["totals"]
    rows, good = [], not failed
    for kind, least in LEAST_PERCENT.items():
        percent = totals[kind]["percent"]
        text = f"{kind}: {percent:.1f} % of {totals[kind]['count']}, at least {least:.0f} % is accepted"
        print(text)
        good &= percent >= least
        body = f"<failure message={saxutils.quoteattr(text)}/>" if percent < least else ""
        rows.append(f'<testcase name="{kind} of runtime, wire and firmware">{body}</testcase>')
    for name in failed:
        rows.append(f'<testcase name="{name}"><failure message="a test failed"/></testcase>')
    worst = sorted(data["files"], key=lambda file: file["summary"]["lines"]["percent"])[:8]
    for file in worst:
        name = os.path.relpath(os.path.realpath(file["filename"]), ROOT)
        print(f"  {file['summary']['lines']['percent']:5.1f} %  {name}")
    pathlib.Path(report).write_text("<testsuite>" + "".join(rows) + "</testsuite>\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
