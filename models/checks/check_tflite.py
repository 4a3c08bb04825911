#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Compares the TFLite importer with TFLite's reference kernels, operator by operator.

    python check_tflite.py --import-model PROGRAM --kenning PROGRAM \\
        --iree-compile PROGRAM [--iree-compile PROGRAM …]

The models are those of tflite_cases.py; what TFLite makes of them stands in tflite_expected.npz,
which tflite_reference.py recorded. Each model is imported by the developer program import_model,
compiled for the device and run there (kenning run, on the built-in simulator): int8 and other
integers must be equal in every bit, float32 within a tolerance. With more than one compiler each
must accept the text, and each module is run. Needs numpy, no TensorFlow.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import time
import zlib

import numpy as np
from tflite_cases import cases

TOLERANCE = 2e-5
CASES_OF_A_MODULE = 12
DEVICE_FLAGS = [
    "--iree-hal-target-backends=llvm-cpu",
    "--iree-vm-bytecode-module-strip-source-map=true",
    "--iree-vm-emit-polyglot-zip=false",
]
# The names of the options before and since April 2023.
LLVM_FLAGS = [
    "target-triple=riscv32-pc-linux-elf",
    "target-cpu=generic-rv32",
    "target-cpu-features=+m,+f,+zvl512b,+zve32x,+zve32f",
    "target-abi=ilp32",
]


def compile_for_device(compiler, mlir, module):
    for prefix in ("--iree-llvmcpu-", "--iree-llvm-"):
        flags = DEVICE_FLAGS + [prefix + flag for flag in LLVM_FLAGS]
        result = subprocess.run(
            [compiler, *flags, mlir, "-o", module], capture_output=True, text=True
        )
        if "Unknown command line argument" not in result.stderr:
            break
    if result.returncode:
        raise RuntimeError(f"{compiler}: {result.stderr[:1500]}")


def import_text(program, model):
    imported = subprocess.run([program, model], capture_output=True)
    if imported.returncode:
        raise RuntimeError(imported.stderr.decode()[:500])
    return imported.stdout.decode()


def call(function, inputs, outputs, folder):
    """The options of `kenning run` for one call, its files written to the folder."""
    options, tolerance = ["--function", function], 0.0
    for option, arrays in (("--input", inputs), ("--expected-output", outputs)):
        options.append(option)
        for index, array in enumerate(arrays):
            if array.dtype == np.uint8:
                array = array.view(np.int8)  # the device has bytes without a sign of their own
            if array.dtype == np.float32 and option == "--expected-output":
                tolerance = TOLERANCE * max(1.0, float(np.abs(array).max()))
            path = folder / f"{function}{option}_{index}.npy"
            np.save(path, array)
            options.append(path)
    return [*options, "--tolerance", f"{tolerance:.3g}"]


def check(arguments, batch, folder):
    """Yields the faults of these cases, which share a module so that it is compiled once."""
    texts, calls = [], {}
    for index, (name, model, inputs, outputs) in enumerate(batch):
        (folder / "m.tflite").write_bytes(model)
        try:
            text = import_text(arguments.import_model, folder / "m.tflite")
        except RuntimeError as error:
            yield name, str(error)
            continue
        function = f"case_{index}"
        texts.append(text.replace("func.func @main(", f"func.func @{function}("))
        calls[name] = call(function, inputs, outputs, folder)
    mlir, module = folder / "m.mlir", folder / "m.vmfb"
    mlir.write_text("".join(texts))
    for compiler in arguments.iree_compile:
        try:
            compile_for_device(compiler, mlir, module)
        except RuntimeError as error:
            if len(batch) == 1:
                yield batch[0][0], str(error)
            else:
                for case in batch:
                    yield from check(arguments, [case], folder)
            return
        for name, options in calls.items():
            run = subprocess.run(
                [arguments.kenning, "run", module, *options],
                capture_output=True, text=True, timeout=300,
            )  # fmt: skip
            if run.returncode:
                yield name, f"{compiler}: {(run.stdout + run.stderr)[-700:]}"


def recorded_cases(only):
    """(name, model, inputs, outputs) of all that tflite_expected.npz knows."""
    expected = np.load(pathlib.Path(__file__).with_name("tflite_expected.npz"))
    checksums = dict(zip(expected["names"].tolist(), expected["checksums"].tolist()))
    for name, model, inputs in cases(only):
        if checksums.get(name) != zlib.crc32(model):
            raise SystemExit(f"{name} is not as recorded: run tflite_reference.py again")
        keys = sorted(key for key in expected.files if key.startswith(f"{name}/"))
        yield name, model, inputs, [expected[key] for key in keys]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--import-model", required=True, help="the developer program import_model")
    parser.add_argument("--kenning", required=True)
    parser.add_argument("--iree-compile", action="append", required=True)
    parser.add_argument("--only", default="", help="the cases whose name contains this")
    parser.add_argument("--every", type=int, default=1, help="only every Nth case")
    arguments = parser.parse_args()
    start = time.monotonic()
    chosen = list(recorded_cases(arguments.only))[:: arguments.every]
    failed = set()
    for first in range(0, len(chosen), CASES_OF_A_MODULE):
        with tempfile.TemporaryDirectory() as folder:
            batch = chosen[first : first + CASES_OF_A_MODULE]
            for name, fault in check(arguments, batch, pathlib.Path(folder)):
                failed.add(name)
                print(f"FAILED {name}: {fault}", flush=True)
    print(
        f"{len(chosen) - len(failed)} passed, {len(failed)} failed "
        f"in {time.monotonic() - start:.0f} s"
    )
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
