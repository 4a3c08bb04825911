#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Records what the TFLite reference kernels give for the cases of tflite_cases.py.

    python tflite_reference.py tflite_expected.npz

Needs ai-edge-litert (or tensorflow, or tensorflow-cpu) and numpy, in an environment outside of the
project; the compare step, check_tflite.py, needs only numpy. The file has an array <case>/<k> for each output,
and the CRC-32 of each case's model, so that a case that was changed since is told from a fault.
Recorded with tensorflow-cpu 2.18.1.
"""

import argparse
import pathlib
import zlib

import numpy as np
from tflite_cases import cases

try:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType as Resolver
except ImportError:
    from tensorflow.lite import Interpreter
    from tensorflow.lite.experimental import OpResolverType as Resolver


def interpreter_of(model):
    # A few operators (ELU, CEIL) have one kernel only, which the set of references lacks.
    for kernels in (Resolver.BUILTIN_REF, Resolver.BUILTIN_WITHOUT_DEFAULT_DELEGATES):
        try:
            interpreter = Interpreter(
                model_content=model, experimental_op_resolver_type=kernels
            )
            interpreter.allocate_tensors()
            return interpreter
        except (RuntimeError, ValueError) as error:
            refusal = error
    raise refusal


def reference(model, inputs, is_flat=False):
    """The outputs, in order. `is_flat`: the inputs are lists that get the model's shapes here."""
    interpreter = interpreter_of(model)
    for detail, value in zip(interpreter.get_input_details(), inputs):
        if is_flat:
            value = value.reshape(detail["shape"])
        interpreter.set_tensor(detail["index"], value)
    interpreter.invoke()
    return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--all", action="store_true", help="also what is recorded already of the same model")
    arguments = parser.parse_args()
    known = {} if arguments.all or not arguments.output.exists() else dict(np.load(arguments.output))
    recorded = dict(zip(known.pop("names", []), known.pop("checksums", [])))
    arrays, names, checksums = {}, [], []
    for name, model, inputs in cases():
        if recorded.get(name) == zlib.crc32(model):
            arrays |= {key: array for key, array in known.items() if key.startswith(f"{name}/")}
            names.append(name)
            checksums.append(recorded[name])
            continue
        try:
            outputs = reference(model, inputs)
        except (RuntimeError, ValueError) as error:
            print(f"{name}: the reference refuses it: {error}", flush=True)
            continue
        for index, output in enumerate(outputs):
            arrays[f"{name}/{index}"] = output
        names.append(name)
        checksums.append(zlib.crc32(model))
    arrays |= {"names": np.array(names), "checksums": np.array(checksums, np.uint32)}
    np.savez_compressed(arguments.output, **arrays)
    print(f"{len(names)} cases, {len(recorded.keys() & set(names))} of them as recorded before")


if __name__ == "__main__":
    main()
