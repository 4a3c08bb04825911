#!/usr/bin/env python3
"""Compares each C++ file of the tree with what clang-format would make of it; JUnit XML to argv[1]."""

import pathlib
import subprocess
import sys
import xml.sax.saxutils as saxutils

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def sources():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", "*.h", "*.cc"], cwd=ROOT, check=True, capture_output=True
    ).stdout
    return [name for name in listed.decode().split("\0") if name and (ROOT / name).exists()]


def complaint(name):
    """Empty if the file is formatted, else the first place that is not."""
    result = subprocess.run(
        ["clang-format-19", "--dry-run", "-Werror", "--ferror-limit=1", name], cwd=ROOT, capture_output=True, text=True
    )
    return "" if result.returncode == 0 else (result.stderr.splitlines() or ["clang-format failed"])[0]


def main(report):
    rows, failed = [], False
    for name in sources():
        problem = complaint(name)
        failed |= bool(problem)
        body = f"<failure message={saxutils.quoteattr(problem)}/>" if problem else ""
        rows.append(f"<testcase name={saxutils.quoteattr(name)}>{body}</testcase>")
        if problem:
            print(problem)
    pathlib.Path(report).write_text("<testsuite>" + "".join(rows) + "</testsuite>\n")
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
