#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Runs clang-tidy over the programs' sources (tests and fuzz targets are held to clang-format only).

usage: tests/format/check_tidy.py REPORT.xml [FILE…]

Needs a configured build of the Springbok firmware; the host's compile commands it makes itself. Several sources are checked as one
(tidy_batches.py); those that do not compile together after all are checked alone. Writes JUnit XML with a case for each source, and
one for each header with findings; exit code 0 if there are no findings.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

import junit
import tidy_batches
import tracked

ROOT = tracked.ROOT
# The host's build compiles sources in groups of its own and names only these: here it is configured without.
HOST_COMMANDS = ROOT / "build" / "tidy" / "host"
BUILDS = (HOST_COMMANDS, ROOT / "build" / "firmware" / "springbok")
BATCH_FOLDER = ROOT / "build" / "tidy"
AREAS = ("base/", "wire/", "runtime/", "firmware/", "sim/", "host/", "bench/")
# Enough to include the library's headers seldom, little enough that two processes share the work evenly.
MOST_CHARACTERS = 200_000

FINDING = re.compile(r"^(?P<path>/[^:\n]+):\d+:\d+: (?:error|warning): .*\[(?P<check>[\w.,-]+)\]$", re.MULTILINE)
# What makes a batch unreadable, as opposed to a finding.
NOT_COMPILED = "clang-diagnostic-error"


def sources(names=()):
    """What the builds compile and git knows; the host's command where both compile it."""
    known = set(names or tracked.files("*.cc"))
    found = {}
    for build in BUILDS:
        for entry in json.loads((build / "compile_commands.json").read_text()):
            name = os.path.relpath(entry["file"], ROOT)
            if name in known and name.startswith(AREAS):
                found.setdefault(name, tidy_batches.Source(name, entry["command"], (ROOT / name).read_text()))
    missing = set(names) - set(found)
    if missing:
        raise SystemExit(f"no build compiles {', '.join(sorted(missing))}")
    return [found[name] for name in sorted(found)]


def run_tidy(batch, names):
    """clang-tidy's words on the sources `names`, read as one file. Compiler warnings are the build's business."""
    BATCH_FOLDER.mkdir(parents=True, exist_ok=True)
    file = BATCH_FOLDER / (names[0].replace("/", "-") if len(names) == 1 else f"with-{names[0].replace('/', '-')}")
    file.write_text("".join(f'#include "{ROOT / name}"\n' for name in names))
    result = subprocess.run(
        ["clang-tidy-19", "--quiet", f"--config-file={ROOT / '.clang-tidy'}", file, "--", "-w", *batch.flags,
         *(word for include in batch.includes for word in include)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    if result.returncode != 0 and not FINDING.search(result.stdout):
        return f"{ROOT / names[0]}:1:1: error: clang-tidy ended with {result.returncode}: {result.stderr} [{NOT_COMPILED}]"
    return result.stdout


def findings(output):
    """(name, check, text) of each finding; a header is named by where it lies in the tree."""
    starts = list(FINDING.finditer(output))
    ends = [match.start() for match in starts[1:]] + [len(output)]
    return [
        (os.path.relpath(pathlib.Path(match["path"]).resolve(), ROOT), match["check"], output[match.start() : end].strip())
        for match, end in zip(starts, ends)
    ]


def check(batch, names, run=run_tidy):
    """The findings in the sources `names` of a batch. What does not compile among the others is read alone."""
    found = findings(run(batch, names))
    unreadable = {name for name, kind, _ in found if NOT_COMPILED in kind}
    if not unreadable or len(names) == 1:
        return found
    alone = [name for name in names if name in unreadable] or names
    together = [name for name in names if name not in alone]
    print(f"read alone, since others hide what they mean: {' '.join(alone)}", flush=True)
    again = [check(batch, [name], run) for name in alone] + ([check(batch, together, run)] if together else [])
    return [finding for part in again for finding in part]


def main(report, *names):
    subprocess.run(["cmake", "--preset", "host", "-B", HOST_COMMANDS, "-DKN_UNITY=OFF"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    chosen = sources(names)
    headers = tidy_batches.names_in_headers((ROOT / name).read_text() for name in tracked.files("*.h"))
    made = tidy_batches.batches(chosen, headers, MOST_CHARACTERS)
    problems = {source.name: [] for source in chosen}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(lambda batch: check(batch, batch.names), made):
            for name, _, text in found:
                texts = problems.setdefault(name, [])
                # A header's finding is told by each batch that includes it.
                if text not in texts:
                    texts.append(text)
                    print(text, flush=True)
    print(f"{len(chosen)} sources in {len(made)} batches")
    junit.write(report, [(name, "\n".join(texts)) for name, texts in problems.items()])
    return 0 if chosen and not any(problems.values()) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
