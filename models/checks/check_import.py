#!/usr/bin/env python3
"""Compares the Keras importer with NumPy, layer by layer.

    python check_import.py --import-model PROGRAM --iree-compile PROGRAM [--iree-compile PROGRAM …]

For each case a random model is written as an h5 (in the spelling of Keras 2 or Keras 3), imported by
the developer program import_model, compiled for this machine and run; the outputs must agree with a
direct NumPy evaluation to 1e-5. With more than one compiler each must accept the text; outputs are
compared with the first. Needs h5py, numpy and iree.runtime.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import h5py
import iree.runtime as ireert
import numpy as np

TOLERANCE = 1e-5


# --- NumPy reference: channels last, batch 1 ----------------------------------------------------


def same_padding(size, kernel, stride, dilation):
    covered = (kernel - 1) * dilation + 1
    out = -(-size // stride)
    total = max((out - 1) * stride + covered - size, 0)
    return total // 2, total - total // 2


def windows(x, kernel, strides, dilations, padding, fill):
    """(out_h, out_w, kh, kw, c) of all windows."""
    pads = [(0, 0), (0, 0)]
    if padding == "same":
        pads = [
            same_padding(x.shape[a], kernel[a], strides[a], dilations[a]) for a in range(2)
        ]
    x = np.pad(x, [*pads, (0, 0)], constant_values=fill)
    covered = [(kernel[a] - 1) * dilations[a] + 1 for a in range(2)]
    view = np.lib.stride_tricks.sliding_window_view(x, covered, axis=(0, 1))
    view = view[:: strides[0], :: strides[1], :, :: dilations[0], :: dilations[1]]
    return view.transpose(0, 1, 3, 4, 2)


def pair(value):
    return [value, value] if isinstance(value, int) else list(value)


def activation(name, x, slope=0.0, maximum=None):
    if name in (None, "linear"):
        return x
    if name == "softmax":
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)
    if name == "relu":
        x = np.where(x > 0, x, slope * x)
        return x if maximum is None else np.minimum(x, maximum)
    return {
        "relu6": lambda: np.clip(x, 0, 6),
        "leaky_relu": lambda: np.where(x > 0, x, 0.2 * x),
        "elu": lambda: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
        "sigmoid": lambda: 1 / (1 + np.exp(-x)),
        "tanh": lambda: np.tanh(x),
    }[name]()


def evaluate(layer, weights, x):
    kind, c = layer["class_name"], layer["config"]
    strides, dilations = pair(c.get("strides", 1)), pair(c.get("dilation_rate", 1))
    padding = c.get("padding", "valid")
    w = {name.split("/")[-1].split(":")[0]: value.astype(np.float64) for name, value in weights}
    if kind == "Conv2D":
        view = windows(x, pair(c["kernel_size"]), strides, dilations, padding, 0)
        x = np.einsum("hwijc,ijco->hwo", view, w["kernel"]) + w.get("bias", 0)
    elif kind == "DepthwiseConv2D":
        kernel = w.get("kernel", w.get("depthwise_kernel"))
        view = windows(x, pair(c["kernel_size"]), strides, dilations, padding, 0)
        x = np.einsum("hwijc,ijcm->hwcm", view, kernel)
        x = x.reshape(*x.shape[:2], -1) + w.get("bias", 0)
    elif kind == "Dense":
        x = x @ w["kernel"] + w.get("bias", 0)
    elif kind == "MaxPooling2D":
        strides = pair(c.get("strides") or c["pool_size"])
        x = windows(x, pair(c["pool_size"]), strides, [1, 1], padding, -np.inf).max((2, 3))
    elif kind == "AveragePooling2D":
        strides = pair(c.get("strides") or c["pool_size"])
        x = np.nanmean(windows(x, pair(c["pool_size"]), strides, [1, 1], padding, np.nan), (2, 3))
    elif kind == "GlobalAveragePooling2D":
        x = x.mean((0, 1), keepdims=c.get("keepdims", False))
    elif kind == "Flatten":
        x = x.reshape(-1)
    elif kind == "Reshape":
        x = x.reshape(c["target_shape"])
    elif kind == "ZeroPadding2D":
        x = np.pad(x, [*c["padding"], (0, 0)])
    elif kind == "BatchNormalization":
        scale = w.get("gamma", 1.0) / np.sqrt(w["moving_variance"] + c["epsilon"])
        x = (x - w["moving_mean"]) * scale + w.get("beta", 0.0)
    elif kind == "Activation":
        x = activation(c["activation"], x)
    elif kind == "ReLU":
        x = activation("relu", x, c.get("negative_slope", 0.0), c.get("max_value"))
    elif kind == "LeakyReLU":
        x = activation("relu", x, c.get("alpha", c.get("negative_slope")))
    elif kind == "ELU":
        x = np.where(x > 0, x, c["alpha"] * np.expm1(np.minimum(x, 0)))
    elif kind == "Softmax":
        x = activation("softmax", x)
    elif kind != "Dropout":
        raise ValueError(kind)
    return activation(c.get("activation"), x) if kind != "Activation" else x


# --- cases --------------------------------------------------------------------------------------


def conv(filters, kernel, **more):
    return "Conv2D", {"filters": filters, "kernel_size": kernel, **more}


def depthwise(kernel, multiplier=1, **more):
    return "DepthwiseConv2D", {"kernel_size": kernel, "depth_multiplier": multiplier, **more}


def pool(kind, size, **more):
    return kind + "Pooling2D", {"pool_size": size, **more}


NORM = ("BatchNormalization", {"axis": [3], "epsilon": 1e-3, "scale": True, "center": True})
NORM_PLAIN = ("BatchNormalization", {"axis": -1, "epsilon": 1e-3, "scale": False, "center": False})
FLATTEN = ("Flatten", {"data_format": "channels_last"})
ZERO_PADDING = ("ZeroPadding2D", {"padding": [[1, 2], [0, 3]]})

CASES = {
    "magic_wand": (
        (128, 3, 1),
        [
            conv(8, [4, 3], padding="same", activation="relu"),
            pool("Max", [3, 3]),
            ("Dropout", {"rate": 0.1}),
            conv(16, [4, 1], padding="same", activation="relu"),
            pool("Max", [3, 1], padding="same"),
            FLATTEN,
            ("Dense", {"units": 16, "activation": "relu"}),
            ("Dense", {"units": 4, "activation": "softmax"}),
        ],
    ),
    "conv strides": ((17, 13, 3), [conv(5, [3, 5], strides=[2, 3], padding="same")]),
    "conv valid dilated": ((17, 13, 3), [conv(5, [3, 2], dilation_rate=[2, 3])]),
    "conv no bias": ((6, 6, 2), [conv(4, 3, use_bias=False, activation="tanh")]),
    "depthwise": ((9, 8, 6), [depthwise([3, 3], padding="same", strides=[2, 2])]),
    "depthwise multiplier": ((9, 8, 3), [depthwise([3, 2], 4, activation="relu6")]),
    "average pool same": ((7, 5, 3), [pool("Average", [3, 2], padding="same", strides=[2, 2])]),
    "average pool valid": ((8, 6, 2), [pool("Average", 2)]),
    "max pool same": ((7, 5, 3), [pool("Max", [3, 3], padding="same", strides=[2, 2])]),
    "global average": (
        (6, 5, 8),
        [("GlobalAveragePooling2D", {}), ("Dense", {"units": 3, "activation": "sigmoid"})],
    ),
    "global average kept": ((6, 5, 8), [("GlobalAveragePooling2D", {"keepdims": True}), conv(3, 1)]),
    "norm folded": ((8, 8, 3), [conv(6, 3, use_bias=False), NORM, ("ReLU", {"max_value": 6.0})]),
    "norm folded depthwise": ((8, 8, 3), [depthwise([3, 3], 2), NORM]),
    "norm folded dense": ((12,), [("Dense", {"units": 5}), NORM_PLAIN]),
    "norm not folded": ((8, 8, 3), [conv(6, 3, activation="relu"), NORM, conv(2, 3)]),
    "norm first": ((8, 8, 3), [NORM_PLAIN, conv(2, 3)]),
    "padding": ((5, 6, 2), [ZERO_PADDING, conv(3, [2, 2])]),
    "reshape": ((4, 6, 2), [("Reshape", {"target_shape": [8, 3, 2]}), conv(3, [2, 2])]),
    "reshape up": ((48,), [("Reshape", {"target_shape": [4, -1, 3]}), conv(2, [2, 2])]),
    "leaky": ((10,), [("Dense", {"units": 7}), ("LeakyReLU", {"alpha": 0.3})]),
    "relu slope": ((10,), [("Dense", {"units": 7}), ("ReLU", {"negative_slope": 0.1})]),
    "elu": ((10,), [("Dense", {"units": 7}), ("ELU", {"alpha": 0.7})]),
    "activations": (
        (10,),
        [
            ("Dense", {"units": 7, "activation": "elu"}),
            ("Dense", {"units": 7, "activation": "leaky_relu"}),
            ("Activation", {"activation": "tanh"}),
            ("Dense", {"units": 3}),
            ("Softmax", {"axis": -1}),
        ],
    ),
    "softmax of large numbers": ((4,), [("Activation", {"activation": "softmax"})]),
    "one number": ((1,), [("Dense", {"units": 1})]),
}


def random_weights(kind, config, shape, spelling, generator):
    """[(name, array)] as Keras orders them."""
    channels = shape[-1]
    bias = {"Conv2D": config.get("filters"), "Dense": config.get("units")}
    if kind == "Conv2D":
        kernel = ("kernel", (*pair(config["kernel_size"]), channels, config["filters"]))
    elif kind == "DepthwiseConv2D":
        multiplier = config["depth_multiplier"]
        name = "depthwise_kernel" if spelling == 2 else "kernel"
        kernel = (name, (*pair(config["kernel_size"]), channels, multiplier))
        bias[kind] = channels * multiplier
    elif kind == "Dense":
        kernel = ("kernel", (channels, config["units"]))
    elif kind == "BatchNormalization":
        names = ["gamma"] * config["scale"] + ["beta"] * config["center"]
        weights = [(n, generator.normal(0.5, 1, channels)) for n in names + ["moving_mean"]]
        return weights + [("moving_variance", generator.uniform(0.1, 2, channels))]
    else:
        return []
    scale = 1 / np.sqrt(np.prod(kernel[1][:-1]))
    weights = [(kernel[0], generator.normal(0, scale, kernel[1]))]
    if config.get("use_bias", True):
        weights.append(("bias", generator.normal(0, 0.3, bias[kind])))
    return weights


def build(case, spelling, generator):
    """Layers in evaluation order, each with its weights; and the reference output."""
    input_shape, kinds = case
    x = generator.normal(0, 1, input_shape).astype(np.float32)
    if kinds[0][0] == "Activation":
        x *= 1000
    value, layers = x.astype(np.float64), []
    for index, (kind, config) in enumerate(kinds):
        config = {"name": f"{kind.lower()}_{index}", **config}
        if spelling == 3:
            policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}}
            config = {**config, "dtype": policy, "trainable": True}
        layer = {"class_name": kind, "config": config}
        weights = random_weights(kind, config, value.shape, spelling, generator)
        weights = [(name, array.astype(np.float32)) for name, array in weights]
        value = evaluate(layer, weights, value)
        layers.append((layer, weights))
    return x, layers, value


def write_h5(path, input_shape, layers, spelling, functional):
    """What model.save writes, reduced to what a reader needs."""
    shape_key = "batch_input_shape" if spelling == 2 else "batch_shape"
    shape = [None, *input_shape]
    first = {"class_name": "InputLayer", "config": {"name": "input_1", shape_key: shape}}
    entries = [first] + [layer for layer, _ in layers]
    if functional:
        previous = "input_1"
        for entry in entries:
            name = entry["config"]["name"]
            entry["name"] = name
            entry["inbound_nodes"] = []
            if name == "input_1":
                continue
            if spelling == 2:
                entry["inbound_nodes"] = [[[previous, 0, 0, {}]]]
            else:
                history = {"shape": shape, "dtype": "float32", "keras_history": [previous, 0, 0]}
                tensor = {"class_name": "__keras_tensor__", "config": history}
                entry["inbound_nodes"] = [{"args": [tensor], "kwargs": {}}]
            previous = name
        ends = {"input_layers": ["input_1", 0, 0], "output_layers": [previous, 0, 0]}
        if spelling == 2:
            ends = {key: [value] for key, value in ends.items()}
        model = {"class_name": "Functional", "config": {"name": "m", "layers": entries, **ends}}
    else:
        model = {"class_name": "Sequential", "config": {"name": "m", "layers": entries}}
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.15.0" if spelling == 2 else "3.11.3"
        file.attrs["model_config"] = json.dumps(model)
        group = file.create_group("model_weights")
        names = ["input_1"] + [layer["config"]["name"] for layer, _ in layers]
        group.attrs["layer_names"] = [name.encode() for name in names]
        group.create_group("input_1").attrs["weight_names"] = []
        for layer, weights in layers:
            name = layer["config"]["name"]
            inner = group.create_group(name)
            suffix = ":0" if spelling == 2 else ""
            stored = [f"{name}/{weight}{suffix}" for weight, _ in weights]
            inner.attrs["weight_names"] = [s.encode() for s in stored]
            for (_, array), s in zip(weights, stored):
                inner.create_dataset(s, data=array)


# --- running ------------------------------------------------------------------------------------


def compile_for_host(compiler, mlir, module):
    command = [compiler, "--iree-hal-target-backends=llvm-cpu", str(mlir), "-o", str(module)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(f"{compiler}: {result.stderr[:2000]}")


def run(module, x):
    config = ireert.Config("local-sync")
    loaded = ireert.load_vm_module(
        ireert.VmModule.copy_buffer(config.vm_instance, module.read_bytes()), config
    )
    return np.asarray(loaded.main(x).to_host())


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
        for name, case in CASES.items():
            if arguments.only not in name:
                continue
            for spelling, functional in ((2, False), (3, False), (2, True), (3, True)):
                generator = np.random.default_rng(len(name) * 4 + spelling)
                x, layers, expected = build(case, spelling, generator)
                write_h5(h5, case[0], layers, spelling, functional)
                label = f"{name}, Keras {spelling}, {'Functional' if functional else 'Sequential'}"
                checks += 1
                try:
                    text = subprocess.run(
                        [arguments.import_model, str(h5)], capture_output=True, check=True
                    ).stdout
                    # The two forms give the same text, so it is compiled once.
                    if mlir.exists() and mlir.read_bytes() == text:
                        continue
                    mlir.write_bytes(text)
                    for compiler in reversed(arguments.iree_compile):
                        compile_for_host(compiler, mlir, module)
                    actual = run(module, x[None])[0]
                    difference = np.abs(actual - expected).max()
                    worst = max(worst, difference)
                    assert actual.shape == expected.shape, (actual.shape, expected.shape)
                    assert difference <= TOLERANCE * max(1.0, np.abs(expected).max()), difference
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
