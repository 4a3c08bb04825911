#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Runs the Containerfile's steps in chroots made by debootstrap, then the README's command in the last one.

usage: tests/container/run_containerfile.py FOLDER

FOLDER (new, several GB) gets one root a stage. What is copied is the last commit of this checkout, as a build context
without .git would be, plus .git itself, since the build asks git for the commit. How this machine reaches its
package registries (resolver, certificates, apt and pip configuration) is lent to each root. Prints the time of each step and the
size of the final root; exit code 0 only if the command ended well and the root is at most 1 GB. Needs root.
"""

import glob
import os
import pathlib
import shutil
import subprocess
import sys
import time

import containerfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZE_LIMIT_BYTES = 10**9
LENT = ["/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf", "/etc/apt/apt.conf.d/*proxy*",
        "/etc/apt/apt.conf.d/*registry*"]  # fmt: skip
COMMAND = """
kenning optimize test report --json-cfg /usr/lib/springbok-iree/scenarios/magic-wand-synthetic.json \
  --measurements results.json --report-types performance classification renode_stats \
  --report-path springbok-magic-wand/ --to-html
test -s springbok-magic-wand/report/report.html
"""


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, **options)


def lend(root):
    for pattern in LENT:
        for path in glob.glob(pattern):
            target = root / path[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def in_root(root, script, environment, folder):
    """A shell script inside the root, with /proc and /dev in a mount namespace of its own."""
    (root / folder[1:]).mkdir(parents=True, exist_ok=True)
    outer = (
        'mount -t proc proc "$0/proc" 2>/dev/null || mount --bind /proc "$0/proc"; mount --rbind /dev "$0/dev"; '
        'exec chroot "$0" /bin/sh -c "cd $1 && $2"'
    )
    variables = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", **environment}
    run(
        "unshare", "--mount", "--propagation", "private", "sh", "-c", outer, root, folder, script,
        env=variables, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def copy(step, folder, root, roots, context):
    source, paths = containerfile.copy_arguments(step.text)
    origin = roots[source] if source is not None else context
    *wanted, target = paths
    goal = root / os.path.join(folder, target)[1:]
    for name in wanted:
        path = origin / name.lstrip("/")
        if path.is_dir():
            shutil.copytree(path, goal, symlinks=True, dirs_exist_ok=True)
        else:
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, goal / path.name if target.endswith("/") else goal)


def build(stage, root, roots, context):
    if not (root / "bin" / "sh").exists():
        suite = stage.base.split(":")[1].removesuffix("-slim")
        run("debootstrap", "--variant=minbase", suite, root, stdout=subprocess.DEVNULL)
    environment, folder = {}, "/"
    for step in stage.steps:
        start = time.monotonic()
        if step.instruction == "ENV":
            key, _, value = step.text.partition("=")
            environment[key] = value
        elif step.instruction == "WORKDIR":
            folder = step.text
        elif step.instruction == "COPY":
            copy(step, folder, root, roots, context)
        elif step.instruction == "RUN":
            # Each time: a step that installs ca-certificates writes its own list of authorities.
            lend(root)
            in_root(root, step.text, environment, folder)
        print(f"{stage.name}: line {step.line}: {step.instruction} took {time.monotonic() - start:.0f} s", flush=True)
    return environment, folder


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    folder = pathlib.Path(arguments[0]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    context = folder / "context"
    shutil.rmtree(context, ignore_errors=True)
    run("git", "clone", "--quiet", "--no-local", ROOT, context)
    stages = containerfile.parse((context / "Containerfile").read_text())
    roots = {}
    for stage in stages:
        roots[stage.name] = folder / f"root-{stage.name}"
        environment, directory = build(stage, roots[stage.name], roots, context)
    final = roots[stages[-1].name]
    in_root(final, f"set -e; {COMMAND}".replace("\n", " \n"), environment, directory)
    shutil.rmtree(final / directory[1:] / "springbok-magic-wand")
    size = int(run("du", "-sxB1", final, capture_output=True, text=True).stdout.split()[0])
    print(f"the final root holds {size / 1e6:.0f} MB")
    return 0 if size <= SIZE_LIMIT_BYTES else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
