#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Runs the models' calls with IREE's own runtime on this machine; a line of JSON says what differs.

Started by matrix.py with the runtime of the newest release on the Python path: older ones pass mixed
i32 and i64 arguments wrongly (shared spec iree-formats.md, section 2.1).

    host_check.py MODULES_FOLDER CORPUS_FOLDER MODEL…     MODULES_FOLDER/MODEL.vmfb, compiled for this machine
"""

import json
import pathlib
import sys

import cases
import iree.runtime
import numpy as np


def invoke(context, device, function, inputs):
    arguments = iree.runtime.VmVariantList(len(inputs))
    for value in inputs:
        if isinstance(value, np.ndarray):
            arguments.push_ref(iree.runtime.asdevicearray(device, value)._buffer_view)
        elif value.dtype.kind == "f":
            arguments.push_float(value.item())
        else:
            arguments.push_int(value.item())
    results = iree.runtime.VmVariantList(16)
    context.vm_context.invoke(function, arguments, results)
    answers = []
    for i in range(len(results)):
        value = results.get_variant(i)
        if isinstance(value, (int, float)):
            answers.append(np.asarray(value))
        else:
            view = results.get_as_object(i, iree.runtime.HalBufferView)
            answers.append(iree.runtime.DeviceArray(device, view, implicit_host_transfer=True).to_host())
    return answers


def difference_of(model, module_file):
    config = iree.runtime.Config("local-sync")
    module = iree.runtime.VmModule.mmap(config.vm_instance, str(module_file))
    context = iree.runtime.SystemContext(vm_modules=[module], config=config)
    for number, call in enumerate(model.calls):
        answers = invoke(context, config.device, module.lookup_function(call.function), call.inputs)
        if len(answers) != len(call.outputs):
            return f"call {number} of {call.function}: {len(answers)} results"
        for i, (got, wanted) in enumerate(zip(answers, call.outputs)):
            difference = np.abs(got.astype(np.float64) - np.asarray(wanted).astype(np.float64)).max(initial=0)
            if got.shape != np.shape(wanted) or not difference <= call.tolerance:
                return f"call {number} of {call.function}, output {i}: {difference:g} apart, shapes {got.shape} and {np.shape(wanted)}"
    return None


def main():
    modules, corpus, *names = sys.argv[1:]
    models = cases.own_models()
    if pathlib.Path(corpus).is_dir():
        models += cases.corpus_models(pathlib.Path(corpus))
    complaints = {}
    for model in models:
        if model.name in names:
            try:
                complaints[model.name] = difference_of(model, pathlib.Path(modules) / f"{model.name}.vmfb")
            except RuntimeError as error:
                complaints[model.name] = str(error).splitlines()[0]
    print(json.dumps({name: complaint for name, complaint in complaints.items() if complaint}))


if __name__ == "__main__":
    main()
