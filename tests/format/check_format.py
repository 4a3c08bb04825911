#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Compares each C++ file of the tree with what clang-format would make of it, and asks each source for its licence.

usage: tests/format/check_format.py REPORT.xml

Writes JUnit XML with a case for each file and check; exit code 0 if all are good.
"""

import subprocess
import sys

import junit
import licence
import tracked


def format_complaint(name):
    """Empty if the file is formatted, else the first place that is not."""
    result = subprocess.run(
        ["clang-format-19", "--dry-run", "-Werror", "--ferror-limit=1", name],
        cwd=tracked.ROOT, capture_output=True, text=True,
    )  # fmt: skip
    return "" if result.returncode == 0 else (result.stderr.splitlines() or ["clang-format failed"])[0]


def main(report):
    formatted = [(name, format_complaint(name)) for name in tracked.files("*.h", "*.cc")]
    licensed = [(f"licence of {name}", licence.complaint(name)) for name in tracked.files() if licence.is_source(name)]
    for _, problem in formatted + licensed:
        if problem:
            print(problem)
    junit.write(report, formatted + licensed)
    good = formatted and licensed and not any(problem for _, problem in formatted + licensed)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
