#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Compares each output that a device gave in a run with TFLite's reference kernels.

    kenning test --json-cfg S.json --measurements M.json --save-outputs OUTPUTS
    python compare_with_tflite.py --model M.tflite --outputs OUTPUTS --kind visual-wake-words \\
        --dataset DATASET_ROOT --dump-samples PROGRAM

Every byte must be equal. Needs ai-edge-litert (or tensorflow, or tensorflow-cpu), in an environment
outside of the project. Exit code 1 on a difference.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import flatbuffers
import numpy as np
from tflite_reference import reference

try:
    from ai_edge_litert import schema_py_generated as schema
except ImportError:
    from tensorflow.lite.python import schema_py_generated as schema


def mended(model):
    """The biases of person_detect.tflite say that their scales lie along dimension 3, which they
    have not: TFLM does not look, TFLite refuses the file. The dimension is set to 0 here."""
    content = schema.ModelT.InitFromPackedBuf(model, 0)
    for tensor in content.subgraphs[0].tensors:
        quantization = tensor.quantization
        if quantization is not None and len(tensor.shape) == 1:
            quantization.quantizedDimension = 0
    builder = flatbuffers.Builder(len(model))
    builder.Finish(content.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--outputs", type=pathlib.Path, required=True)
    parser.add_argument("--kind", required=True, help="of data set, for dump_samples")
    parser.add_argument("--dataset", type=pathlib.Path, required=True)
    parser.add_argument("--dump-samples", required=True)
    parser.add_argument("--record", type=pathlib.Path, help="write the reference's outputs in the data set's order, .npy")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        subprocess.run(
            [arguments.dump_samples, arguments.kind, arguments.dataset, folder], check=True
        )
        labels = np.loadtxt(folder / "labels.txt", dtype=int)
        samples = np.fromfile(folder / "samples.bin", np.int8).reshape(len(labels), -1)
    model = mended(arguments.model.read_bytes())
    records = json.loads((arguments.outputs / "samples.json").read_text())
    different = right = right_reference = 0
    expectations = {}
    for position, record in enumerate(records):
        index = record["index"]
        actual = np.load(arguments.outputs / f"sample_{position:05}_output_0.npy").reshape(-1)
        expected = reference(model, [samples[index]], is_flat=True)[0].reshape(-1)
        expectations[index] = expected
        if actual.dtype != expected.dtype or (actual != expected).any():
            different += 1
            print(f"FAILED sample {index}: device {actual}, reference {expected}")
        right += int(actual.argmax() == labels[index])
        right_reference += int(expected.argmax() == labels[index])
    total = len(records)
    if arguments.record:
        np.save(arguments.record, np.stack([expectations[i] for i in sorted(expectations)]))
    print(f"accuracy: device {right}/{total} = {right / total:.4f}, "
          f"reference {right_reference}/{total} = {right_reference / total:.4f}")  # fmt: skip
    print(f"{total - different} equal, {different} different")
    return 1 if different or not total else 0


if __name__ == "__main__":
    sys.exit(main())
