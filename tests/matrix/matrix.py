#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Compiles every model with every IREE compiler release and runs each module on the simulated device.

Compilers are installed from PyPI once, modules and results are kept, all below one folder outside the
tree (KN_MATRIX_CACHE, default ~/.cache/kenning-matrix; delete it at will). A run that is interrupted
goes on where it stopped; a module is run again when it, the firmware, the tool or the expected answers
changed. Exit code: 0 if each module answers right or its release refuses to compile it, else 1.

    tests/matrix/matrix.py                                 everything, writes docs/iree-releases.md
    tests/matrix/matrix.py --releases 3.6.0 --models int64 a part, printed only
"""

import argparse
import concurrent.futures
import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import cases
import numpy as np
import releases
import table

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHARED = pathlib.Path(os.environ.get("KN_SHARED", ROOT.parent / "shared"))
CORPUS_MODELS = SHARED / "spec" / "corpus" / "models"
KENNING = ROOT / "build" / "bin" / "kenning"
FIRMWARE = ROOT / "build" / "firmware" / "springbok" / "firmware.elf"
CACHE = pathlib.Path(os.environ.get("KN_MATRIX_CACHE", pathlib.Path.home() / ".cache" / "kenning-matrix"))
COMPILE_LIMIT_S = 600
RUN_LIMIT_S = 300


@dataclasses.dataclass(frozen=True, eq=False)
class Job:
    release: releases.Release
    model: cases.Model
    variant: releases.Variant

    @property
    def name(self):
        return f"{self.release.name} {self.model.name} {self.variant.name}"

    def flags(self):
        return self.release.target_flags() + self.variant.flags(self.release)


@dataclasses.dataclass(frozen=True)
class Verdict:
    outcome: str  # "passed", "failed" or "compiler" (refuses to compile)
    detail: str = ""
    module_bytes: int = 0


def digest(*parts):
    whole = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        whole.update(len(data).to_bytes(8, "little") + data)
    return whole.hexdigest()[:32]


@contextlib.contextmanager
def replacing(path):
    """A temporary name beside `path` that becomes `path` if all goes well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def install(folder, *requirements):
    """Puts packages from PyPI into a folder of their own; pip's last words as an exception if it cannot be had."""
    if folder.is_dir():
        return
    print(f"installing {' '.join(requirements)}", file=sys.stderr, flush=True)
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "install", "--no-deps", "--no-compile"]
    done = subprocess.run([*command, "--target", part, *requirements], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"matrix: {' '.join(requirements)} cannot be installed: {' '.join(done.stderr.strip().splitlines()[-1:])}")
    part.rename(folder)


def install_compiler(release):
    """The program iree-compile of that release."""
    folder = CACHE / "compilers" / release.name
    install(folder, release.requirement)
    return folder / "iree" / "compiler" / "_mlir_libs" / "iree-compile"


def compiler_error(text):
    """The line of a compiler's output that says what is wrong, without the paths of this machine."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "error:" in line or "Assertion" in line or "undefined symbol" in line]
    line = (telling or lines or ["no message"])[0]
    return line[line.find("error:") :] if "error:" in line else line


def compile_module(job):
    """(module bytes, None) or (None, the compiler's error). Both are kept."""
    mlir, flags = job.model.mlir(), job.flags()
    module = CACHE / "modules" / job.release.name / f"{job.model.name}.{job.variant.name}.{digest(mlir, flags)}.vmfb"
    refusal = module.with_suffix(".error")
    if module.exists():
        return module, None
    if refusal.exists():
        return None, refusal.read_text()
    tool = install_compiler(job.release)
    module.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, replacing(module) as part:
        source = pathlib.Path(folder) / f"{job.model.name}.mlir"
        source.write_text(mlir)
        try:
            done = subprocess.run(
                [tool, *flags, source, "-o", part], capture_output=True, text=True, errors="replace", timeout=COMPILE_LIMIT_S, check=False
            )
            output, code = done.stderr + done.stdout, done.returncode
        except subprocess.TimeoutExpired:
            output, code = f"error: the compiler takes longer than {COMPILE_LIMIT_S} s", 1
        if code == 0:
            return_value = module, None
        else:
            reason = compiler_error(output) + (f" (ended by signal {-code})" if code < 0 else "")
            refusal.write_text(reason)
            part.touch()
            return_value = None, reason
    if return_value[0] is None:
        module.unlink()
    return return_value


def value_arguments(flag, values, folder, stem):
    """Arrays go through .npy files; a numpy scalar as an input is a scalar argument."""
    arguments = []
    for i, value in enumerate(values):
        if isinstance(value, np.ndarray) or flag != "--input":
            path = folder / f"{stem}{i}.npy"
            np.save(path, np.asarray(value))
            arguments += [flag, str(path)]
        else:
            kind = {"i": "i", "u": "u", "f": "f"}[value.dtype.kind]
            arguments += [flag, f"{value}:{kind}{value.dtype.itemsize * 8}"]
    return arguments


def call_arguments(calls, folder):
    arguments = []
    for number, call in enumerate(calls):
        arguments += ["--call"] if number > 0 else []
        arguments += ["--function", call.function]
        arguments += value_arguments("--input", call.inputs, folder, f"{number}.in")
        arguments += value_arguments("--expected-output", call.outputs, folder, f"{number}.out")
        arguments += ["--tolerance", str(call.tolerance)]
    return arguments


@dataclasses.dataclass(frozen=True)
class Programs:
    kenning: pathlib.Path
    firmware: pathlib.Path

    def digest(self):
        return digest(self.kenning.read_bytes(), self.firmware.read_bytes())


def run_on_device(module, calls, programs):
    """None, or why not."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = call_arguments(calls, pathlib.Path(folder))
        command = [programs.kenning, "run", module, *arguments, "--firmware", programs.firmware, "--verbosity", "WARNING"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=RUN_LIMIT_S, check=False)
        except subprocess.TimeoutExpired:
            return f"no end within {RUN_LIMIT_S} s"
    if done.returncode == 0:
        return None
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return f"exit code {done.returncode}: " + " / ".join(lines[-6:])


def answers_digest(calls):
    parts = []
    for call in calls:
        parts += [call.function, call.tolerance]
        for value in [*call.inputs, "answers", *call.outputs]:
            parts.append(value if isinstance(value, str) else str(value.dtype) + str(value.shape) + value.tobytes().hex())
    return digest(*parts)


def judge(job, programs, programs_digest):
    module, refused = compile_module(job)
    if module is None:
        return Verdict("compiler", refused)
    key = digest(module.read_bytes(), programs_digest, answers_digest(job.model.calls))
    kept = CACHE / "results" / f"{key}.json"
    if kept.exists():
        return Verdict(**json.loads(kept.read_text()))
    failure = run_on_device(module, job.model.calls, programs)
    verdict = Verdict("failed", failure, module.stat().st_size) if failure else Verdict("passed", "", module.stat().st_size)
    if verdict.outcome == "passed":  # what failed is tried again
        with replacing(kept) as part:
            part.write_text(json.dumps(dataclasses.asdict(verdict)))
    return verdict


def check_on_host(models):
    """{model: complaint} by IREE's own runtime on this machine: the answers that the device is held to are not ours alone."""
    newest = releases.RELEASES[-1]
    runtime = CACHE / "runtime" / newest.name
    install(runtime, f"iree-base-runtime=={newest.name}", "ml_dtypes==0.5.4")
    tool = install_compiler(newest)
    folder = CACHE / "host-modules" / newest.name
    folder.mkdir(parents=True, exist_ok=True)
    for model in models:
        module, source = folder / f"{model.name}.vmfb", folder / f"{model.name}.mlir"
        if module.exists() and source.read_text() == model.mlir():
            continue
        source.write_text(model.mlir())
        flags = ["--iree-hal-target-backends=llvm-cpu", "--iree-llvmcpu-target-cpu=generic"]
        with replacing(module) as part:
            subprocess.run([tool, *flags, source, "-o", part], check=True, capture_output=True)
    script = pathlib.Path(__file__).with_name("host_check.py")
    done = subprocess.run(
        [sys.executable, script, folder, CORPUS_MODELS, *(model.name for model in models)],
        env={**os.environ, "PYTHONPATH": str(runtime)}, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def jobs_of(chosen_releases, models, variants):
    jobs = []
    for release in chosen_releases:
        for variant in variants:
            if variant.knows(release):
                jobs += [Job(release, model, variant) for model in models if not variant.models or model.name in variant.models]
    return jobs


class Progress:
    """One line that is rewritten on a terminal, one line per release elsewhere; failures always stay."""

    def __init__(self, total):
        self.total, self.done, self.start = total, 0, time.monotonic()
        self.counts = {"passed": 0, "failed": 0, "compiler": 0}
        self.terminal = sys.stderr.isatty()

    def note(self, job, verdict):
        self.done += 1
        self.counts[verdict.outcome] += 1
        left = (time.monotonic() - self.start) / self.done * (self.total - self.done)
        line = f"{self.done}/{self.total} {job.name}: {self.counts['passed']} right, {self.counts['failed']} wrong, {self.counts['compiler']} not compiled, {left:.0f} s left"
        if verdict.outcome == "failed":
            print(f"\r\033[KFAILED {job.name}: {verdict.detail}" if self.terminal else f"FAILED {job.name}: {verdict.detail}", file=sys.stderr)
        if self.terminal:
            print(f"\r\033[K{line[:150]}", end="\n" if self.done == self.total else "", file=sys.stderr, flush=True)
        elif self.done % 50 == 0 or self.done == self.total:
            print(line, file=sys.stderr, flush=True)


def chosen(names, available, what):
    unknown = [name for name in names or [] if name not in available]
    if unknown:
        sys.exit(f"matrix: no such {what}: {', '.join(unknown)}; there are {', '.join(available)}")
    return [available[name] for name in names] if names else list(available.values())


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", nargs="+", metavar="RELEASE", help="only these (default: all 31)")
    parser.add_argument("--models", nargs="+", metavar="MODEL", help="only these (default: all)")
    parser.add_argument("--variants", nargs="+", metavar="VARIANT", help="only these ways to compile (default: all)")
    parser.add_argument("--jobs", type=int, default=2, help="so many at once (default 2)")
    parser.add_argument("--kenning", type=pathlib.Path, default=KENNING, help="the tool (default: the one built here)")
    parser.add_argument("--firmware", type=pathlib.Path, default=FIRMWARE, help="the firmware (default: the one built here)")
    parser.add_argument("--no-host-check", action="store_true", help="do not ask IREE's own runtime first")
    parser.add_argument("--output", type=pathlib.Path, help="write the table there (default: docs/iree-releases.md if everything is run)")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    programs = Programs(arguments.kenning, arguments.firmware)
    for program in (programs.kenning, programs.firmware):
        if not program.exists():
            sys.exit(f"matrix: {program} is missing; 'make build' makes it")
    models = cases.own_models()
    if CORPUS_MODELS.is_dir():
        models = cases.corpus_models(CORPUS_MODELS) + models
    else:
        print("matrix: the shared corpus is absent, only the models of this folder are run", file=sys.stderr)
    models = chosen(arguments.models, {m.name: m for m in models}, "model")
    wanted_releases = chosen(arguments.releases, {r.name: r for r in releases.RELEASES}, "release")
    variants = chosen(arguments.variants, {v.name: v for v in releases.VARIANTS}, "variant")
    complaints = {} if arguments.no_host_check else check_on_host(models)
    for name, complaint in complaints.items():
        print(f"FAILED {name} on the host, with IREE's own runtime: {complaint}", file=sys.stderr)
    jobs = jobs_of(wanted_releases, models, variants)
    for release in dict.fromkeys(job.release for job in jobs):
        install_compiler(release)
    programs_digest = programs.digest()
    progress, verdicts = Progress(len(jobs)), {}
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        pending = {pool.submit(judge, job, programs, programs_digest): job for job in jobs}
        try:
            for future in concurrent.futures.as_completed(pending):
                job = pending[future]
                verdicts[job] = future.result()
                progress.note(job, verdicts[job])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    whole = not (arguments.releases or arguments.models or arguments.variants)
    output = arguments.output or (ROOT / "docs" / "iree-releases.md" if whole else None)
    if output:
        in_order = {job: verdicts[job] for job in jobs}
        with replacing(output) as part:
            part.write_text(table.page(in_order, releases.RELEASES, releases.VARIANTS))
        print(f"matrix: wrote {output}", file=sys.stderr)
    failed = sum(v.outcome == "failed" for v in verdicts.values())
    print(f"{progress.counts['passed']} passed, {failed + len(complaints)} failed, {progress.counts['compiler']} not compiled")
    return 1 if failed or complaints else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nmatrix: stopped; what was done is kept", file=sys.stderr)
        sys.exit(130)
