#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Compares each output that a device gave in a run with the same MLIR compiled for this machine.

    kenning test --json-cfg S.json --measurements M.json --save-outputs OUTPUTS
    python compare_with_host.py --mlir build/magic_wand.vmfb.mlir --outputs OUTPUTS \\
        --dataset DATASET_ROOT --dump-samples PROGRAM --iree-compile PROGRAM

Every test window must have an output; each must give the same class, and no number may differ by
more than 1e-4. Prints both accuracies. Needs numpy and iree.runtime. Exit code 1 on a difference.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import iree.runtime as ireert
import numpy as np

TOLERANCE = 1e-4


def host_model(compiler, mlir, folder):
    module = folder / "host.vmfb"
    subprocess.run(
        [compiler, "--iree-hal-target-backends=llvm-cpu", str(mlir), "-o", str(module)],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    config = ireert.Config("local-sync")
    loaded = ireert.load_vm_module(
        ireert.VmModule.copy_buffer(config.vm_instance, module.read_bytes()), config
    )
    return lambda x: np.asarray(loaded.main(x).to_host())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mlir", type=pathlib.Path, required=True)
    parser.add_argument("--outputs", type=pathlib.Path, required=True)
    parser.add_argument("--dataset", type=pathlib.Path, required=True)
    parser.add_argument("--dump-samples", required=True)
    parser.add_argument("--iree-compile", required=True)
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        subprocess.run([arguments.dump_samples, "magic-wand", arguments.dataset, folder], check=True)
        windows = np.fromfile(folder / "samples.bin", np.float32).reshape(-1, 1, 128, 3, 1)
        labels = np.loadtxt(folder / "labels.txt", dtype=int)
        order = np.loadtxt(folder / "test.txt", dtype=int, ndmin=1)
        model = host_model(arguments.iree_compile, arguments.mlir, folder)
        expected = np.concatenate([model(windows[index]) for index in order])

    samples = json.loads((arguments.outputs / "samples.json").read_text())
    if [sample["index"] for sample in samples] != order.tolist():
        print(f"FAILED the run tested {len(samples)} samples, not the {len(order)} of the split, "
              "or in another order")
        return 1
    actual = np.concatenate(
        [
            np.load(arguments.outputs / f"sample_{position:05}_output_0.npy").reshape(1, -1)
            for position in range(len(order))
        ]
    )
    differences = np.abs(actual - expected).max(axis=1)
    # Written so that a NaN is a failure.
    wrong = ~(differences <= TOLERANCE) | (actual.argmax(1) != expected.argmax(1))
    for position in np.flatnonzero(wrong):
        print(f"FAILED sample {position}: device {actual[position]}, host {expected[position]}")
    truth = labels[order]
    print(f"largest difference {differences.max():.2e}")
    print(f"accuracy: device {np.mean(actual.argmax(1) == truth):.4f}, "
          f"host {np.mean(expected.argmax(1) == truth):.4f}")
    print(f"{len(order) - wrong.sum()} passed, {wrong.sum()} failed")
    return 1 if wrong.any() else 0


if __name__ == "__main__":
    sys.exit(main())
