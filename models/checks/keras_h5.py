# SPDX-License-Identifier: Apache-2.0

"""Writes Keras HDF5 files as model.save does, reduced to what a reader needs, without Keras."""

import dataclasses
import json

import h5py
from keras_cases import Graph


@dataclasses.dataclass
class Model:
    graph: Graph
    weights: dict  # by layer: [(name, array)], or of a model that is a layer a dict like this


POLICY = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}}
# What an operation with a number is in Keras 2: one of TensorFlow's.
OPERATIONS = {"Add": "__operators__.add", "Multiply": "math.multiply"}


def tensor(name, spelling, calls):
    """How a call names what it takes; Keras 2 counts the calls of a model from 1."""
    name, _, index = name.partition("#")
    is_model = any(n == name and isinstance(kind, Graph) for n, kind, _, _ in calls)
    index = int(index or 0) + (1 if is_model and spelling == 2 else 0)
    if spelling == 2:
        return [name, index, 0, {}]
    config = {"shape": [None], "dtype": "float32", "keras_history": [name, index, 0]}
    return {"class_name": "__keras_tensor__", "config": config}


def inbound(sources, spelling, calls):
    tensors = [tensor(s, spelling, calls) for s in sources if isinstance(s, str)]
    numbers = [s for s in sources if not isinstance(s, str)]
    if spelling == 2:
        if numbers:
            return [*tensors[0][:3], {"y": numbers[0], "name": None}]
        return tensors
    arguments = [*tensors, *numbers] if numbers or len(tensors) == 1 else [tensors]
    return {"args": arguments, "kwargs": {}}


def entry(name, kind, config, sources, spelling):
    """One layer, without its calls."""
    config = {"name": name, **config}
    if isinstance(kind, Graph):
        return {"class_name": "Functional", "config": functional(name, kind, spelling)}
    if any(not isinstance(s, str) for s in sources) and spelling == 2:
        kind, config = "TFOpLambda", {**config, "function": OPERATIONS[kind]}
    if spelling == 3:
        config = {**config, "dtype": POLICY, "trainable": True}
    return {"class_name": kind, "config": config}


def input_layer(name, shape, spelling):
    shape_key = "batch_input_shape" if spelling == 2 else "batch_shape"
    return {"class_name": "InputLayer", "config": {"name": name, shape_key: [None, *shape]}}


def functional(name, graph, spelling):
    layers = {n: {**input_layer(n, shape, spelling), "inbound_nodes": []} for n, shape in graph.inputs.items()}
    for layer, kind, config, sources in graph.calls:
        if layer not in layers:
            layers[layer] = {**entry(layer, kind, config, sources, spelling), "inbound_nodes": []}
        layers[layer]["inbound_nodes"].append(inbound(sources, spelling, graph.calls))
    ends = {"input_layers": list(graph.inputs), "output_layers": graph.outputs}
    ends = {key: [[n, 0, 0] for n in names] for key, names in ends.items()}
    if spelling == 3:  # one end is not in a list of its own
        ends = {key: value if len(value) > 1 else value[0] for key, value in ends.items()}
    layers = [{**layer, "name": layer_name} for layer_name, layer in layers.items()]
    return {"name": name, "layers": layers, **ends}


def sequential(graph, spelling):
    layers = [input_layer(n, shape, spelling) for n, shape in graph.inputs.items()]
    return {"name": "m", "layers": layers + [entry(*call, spelling) for call in graph.calls]}


def flat(weights, prefix):
    """[(path, array)] of a layer, or of all layers of a model."""
    if isinstance(weights, dict):
        return [w for name, inner in weights.items() for w in flat(inner, f"{name}/")]
    return [(prefix + name, array) for name, array in weights]


def write_h5(path, model, spelling, is_functional):
    config = functional("m", model.graph, spelling) if is_functional else sequential(model.graph, spelling)
    whole = {"class_name": "Functional" if is_functional else "Sequential", "config": config}
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.15.0" if spelling == 2 else "3.11.3"
        file.attrs["model_config"] = json.dumps(whole)
        group = file.create_group("model_weights")
        names = list(dict.fromkeys([*model.graph.inputs, *(call[0] for call in model.graph.calls)]))
        group.attrs["layer_names"] = [name.encode() for name in names]
        suffix = ":0" if spelling == 2 else ""
        for name in names:
            inner = group.create_group(name)
            stored = [(p + suffix, array) for p, array in flat(model.weights.get(name, []), f"{name}/")]
            inner.attrs["weight_names"] = [p.encode() for p, _ in stored]
            for p, array in stored:
                inner.create_dataset(p, data=array)
