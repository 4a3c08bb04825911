#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Compares the Keras importer with NumPy, layer by layer and over branches.

    python check_import.py --import-model PROGRAM --iree-compile PROGRAM [--iree-compile PROGRAM …]

For each case of keras_cases.py a random model is written as an h5 (in the spelling of Keras 2 and of
Keras 3), imported by the developer program import_model, compiled for this machine and run; the outputs
must agree with keras_numpy.py to 1e-5. With more than one compiler each must accept the text; outputs
are compared with the first. Needs h5py, numpy and iree.runtime.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import zlib

import iree.runtime as ireert
import numpy as np
from keras_cases import CASES, GRAPHS, Graph, random_weights
from keras_h5 import Model, write_h5
from keras_numpy import evaluate, merge

TOLERANCE = 1e-5


def build_chain(case, spelling, generator):
    """A chain as a Model, and its input and output."""
    input_shape, kinds = case
    calls, previous = [], "input_1"
    for index, (kind, config) in enumerate(kinds):
        name = f"{kind.lower()}_{index}"
        calls.append((name, kind, config, [previous]))
        previous = name
    return build_graph(Graph({"input_1": input_shape}, calls, [previous]), spelling, generator)


def build_graph(graph, spelling, generator, inputs=None, weights=None):
    """A Model with random weights, its inputs and its outputs. `weights` are known already."""
    if inputs is None:
        inputs = [generator.normal(0, 1, shape).astype(np.float32) for shape in graph.inputs.values()]
    values = {name: x.astype(np.float64) for name, x in zip(graph.inputs, inputs)}
    weights = {} if weights is None else weights
    times = {}
    for name, kind, config, sources in graph.calls:
        arguments = [s if isinstance(s, float) else values[s] for s in sources]
        if isinstance(kind, Graph):
            inner = weights.setdefault(name, {})
            _, _, (result,) = build_graph(kind, spelling, generator, arguments, inner)
        elif len(arguments) > 1:
            result = merge(kind, config, arguments)
        else:
            if name not in weights:
                made = random_weights(kind, config, arguments[0].shape, spelling, generator)
                weights[name] = [(each, array.astype(np.float32)) for each, array in made]
            layer = {"class_name": kind, "config": config}
            result = evaluate(layer, weights[name], arguments[0], spelling)
        values[f"{name}#{times.get(name, 0)}"] = values[name] = result
        times[name] = times.get(name, 0) + 1
    return Model(graph, weights), inputs, [values[output] for output in graph.outputs]


def compile_for_host(compiler, mlir, module):
    command = [compiler, "--iree-hal-target-backends=llvm-cpu", str(mlir), "-o", str(module)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(f"{compiler}: {result.stderr[:2000]}")


def run(module, inputs):
    config = ireert.Config("local-sync")
    loaded = ireert.load_vm_module(
        ireert.VmModule.copy_buffer(config.vm_instance, module.read_bytes()), config
    )
    outputs = loaded.main(*[x[None] for x in inputs])
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return [np.asarray(output.to_host()) for output in outputs]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--import-model", required=True, help="the developer program import_model")
    parser.add_argument("--iree-compile", action="append", required=True)
    parser.add_argument("--only", default="", help="run the cases whose name contains this")
    arguments = parser.parse_args()
    failures, checks, worst = 0, 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        h5, mlir, module = folder / "m.h5", folder / "m.mlir", folder / "m.vmfb"
        cases = [(name, build_chain, case, (False, True)) for name, case in CASES.items()]
        cases += [(name, build_graph, graph, (True,)) for name, graph in GRAPHS.items()]
        for name, build, case, forms in cases:
            if arguments.only not in name:
                continue
            for spelling, functional in [(s, f) for f in forms for s in (2, 3)]:
                # The same numbers in all spellings.
                generator = np.random.default_rng(zlib.crc32(name.encode()))
                model, inputs, expected = build(case, spelling, generator)
                write_h5(h5, model, spelling, functional)
                label = f"{name}, Keras {spelling}, {'Functional' if functional else 'Sequential'}"
                checks += 1
                try:
                    text = subprocess.run(
                        [arguments.import_model, str(h5)], capture_output=True, check=True
                    ).stdout
                    # All forms give the same text, except where a version changed a function.
                    if mlir.exists() and mlir.read_bytes() == text:
                        continue
                    mlir.write_bytes(text)
                    for compiler in reversed(arguments.iree_compile):
                        compile_for_host(compiler, mlir, module)
                    outputs = run(module, inputs)
                    assert len(outputs) == len(expected), len(outputs)
                    for actual, value in zip(outputs, expected):
                        assert actual.shape == (1, *value.shape), (actual.shape, value.shape)
                        difference = np.abs(actual[0] - value).max() / max(1.0, np.abs(value).max())
                        worst = max(worst, difference)
                        assert difference <= TOLERANCE, difference
                except subprocess.CalledProcessError as error:
                    failures += 1
                    print(f"FAILED {label}: {error.stderr.decode()}")
                except (AssertionError, RuntimeError) as error:
                    failures += 1
                    print(f"FAILED {label}: {error}")
    print(f"largest difference {worst:.2e}")
    print(f"{checks - failures} passed, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
