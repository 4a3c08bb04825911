# SPDX-License-Identifier: Apache-2.0

"""Keras models to be imported: chains of layers, and graphs where they branch and meet."""

import dataclasses

import numpy as np
from keras_numpy import pair


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
    "dense on rows": ((3, 5, 4), [("Dense", {"units": 6, "activation": "relu"})]),
    "smooth activations": (
        (33,),
        [
            ("Activation", {"activation": name})
            for name in ("selu", "gelu", "swish", "softplus", "softsign", "hard_sigmoid", "exponential", "hard_silu")
        ],
    ),
    "prelu": ((4, 3, 5), [("PReLU", {"shared_axes": [1, 2]}), ("PReLU", {"shared_axes": None})]),
    "preprocessing": (
        (4, 3, 2),
        [
            ("Rescaling", {"scale": 0.25, "offset": [1.0, -1.0]}),
            ("Normalization", {"axis": -1, "mean": [0.5, 1.5], "variance": [4.0, 0.25]}),
        ],
    ),
    "normalization learned": ((6,), [("Normalization", {"axis": [-1]}), ("RepeatVector", {"n": 3})]),
    "one dimension": (
        (40, 3),
        [
            ("Conv1D", {"filters": 8, "kernel_size": [5], "strides": [2], "padding": "same", "activation": "relu"}),
            ("Conv1D", {"filters": 6, "kernel_size": 3, "padding": "causal", "dilation_rate": [2]}),
            ("MaxPooling1D", {"pool_size": [2], "strides": None}),
            ("SpatialDropout1D", {"rate": 0.1}),
            ("SeparableConv1D", {"filters": 5, "kernel_size": [3], "depth_multiplier": 2}),
            ("UpSampling1D", {"size": 3}),
            ("ZeroPadding1D", {"padding": [1, 2]}),
            ("Cropping1D", {"cropping": [2, 1]}),
            ("AveragePooling1D", {"pool_size": 3, "padding": "same", "strides": [2]}),
            ("GlobalMaxPooling1D", {}),
        ],
    ),
    "global average of one": ((9, 4), [("GlobalAveragePooling1D", {})]),
    "separable": ((9, 8, 3), [("SeparableConv2D", {"filters": 5, "kernel_size": [3, 3], "padding": "same"})]),
    "transposed same": (
        (5, 4, 3),
        [("Conv2DTranspose", {"filters": 4, "kernel_size": [3, 2], "strides": [2, 3], "padding": "same"})],
    ),
    "transposed valid": (
        (5, 4, 3),
        [("Conv2DTranspose", {"filters": 2, "kernel_size": [4, 2], "strides": [2, 3], "padding": "valid"})],
    ),
    "transposed dilated": (
        (5, 4, 3),
        [("Conv2DTranspose", {"filters": 4, "kernel_size": [3, 2], "strides": [1, 2], "dilation_rate": [2, 3], "padding": "same"})],
    ),
    "transposed dilated valid": (
        (4, 5, 2),
        [("Conv2DTranspose", {"filters": 3, "kernel_size": [2, 3], "strides": [3, 1], "dilation_rate": [2, 2], "padding": "valid"})],
    ),
    "groups": (
        (9, 8, 6),
        [
            conv(12, 3, groups=3, padding="same", activation="relu"),
            NORM,
            conv(24, [3, 2], groups=12, strides=[2, 2]),
            conv(4, 1, groups=2, use_bias=False),
        ],
    ),
    "groups of one dimension": ((12, 4), [("Conv1D", {"filters": 6, "kernel_size": 3, "groups": 2})]),
    "bilinear": ((5, 3, 2), [("UpSampling2D", {"size": [2, 3], "interpolation": "bilinear"})]),
    "moved": (
        (6, 5, 3),
        [
            ("UpSampling2D", {"size": [2, 1]}),
            ("Cropping2D", {"cropping": [[1, 2], [0, 1]]}),
            ("Permute", {"dims": [3, 1, 2]}),
            ("GlobalMaxPooling2D", {"keepdims": True}),
        ],
    ),
}

# A model with branches. Inputs of a call are names of inputs or layers ("d#1": the second call of
# layer d) or numbers; a name that comes again calls the same layer again. The kind may be a Graph.


@dataclasses.dataclass
class Graph:
    inputs: dict
    calls: list  # (layer, kind, config, inputs)
    outputs: list


PLAIN_NORM = {"axis": -1, "epsilon": 1e-3, "scale": True, "center": True}
SAME = {"kernel_size": 3, "padding": "same"}

BLOCK = Graph(
    {"block_in": (6, 5, 3)},
    [
        ("conv", "Conv2D", {"filters": 3, **SAME, "use_bias": False}, ["block_in"]),
        ("norm", "BatchNormalization", PLAIN_NORM, ["conv"]),
        ("sum", "Add", {}, ["norm", "block_in"]),
    ],
    ["sum"],
)

GRAPHS = {
    "residual": Graph(
        {"in": (7, 6, 4)},
        [
            ("c1", "Conv2D", {"filters": 6, **SAME, "use_bias": False}, ["in"]),
            ("n1", "BatchNormalization", PLAIN_NORM, ["c1"]),
            ("r1", "ReLU", {}, ["n1"]),
            ("c2", "Conv2D", {"filters": 6, **SAME}, ["r1"]),
            ("n2", "BatchNormalization", PLAIN_NORM, ["c2"]),
            ("sum", "Add", {}, ["r1", "n2"]),
            ("join", "Concatenate", {"axis": -1}, ["sum", "in"]),
            ("mean", "GlobalAveragePooling2D", {}, ["join"]),
            ("out", "Dense", {"units": 3, "activation": "softmax"}, ["mean"]),
        ],
        ["out"],
    ),
    "norm of a kernel that others use": Graph(
        {"in": (5,)},
        [
            ("d", "Dense", {"units": 4}, ["in"]),
            ("drop", "Dropout", {"rate": 0.5}, ["d"]),
            ("n", "BatchNormalization", PLAIN_NORM, ["drop"]),
            ("sum", "Subtract", {}, ["n", "d"]),
        ],
        ["sum"],
    ),
    "all merges": Graph(
        {"a": (5,), "b": (5,)},
        [(k.lower(), k, {}, ["a", "b"]) for k in ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")]
        + [
            ("three", "Add", {}, ["a", "b", "add"]),
            ("join", "Concatenate", {}, ["three", "average", "maximum", "minimum", "multiply", "subtract"]),
        ],
        ["join", "multiply"],
    ),
    "repeated extents": Graph(
        {"in": (4, 3, 5)},
        [
            ("mean", "GlobalAveragePooling2D", {"keepdims": True}, ["in"]),
            ("scale", "Conv2D", {"filters": 5, "kernel_size": 1, "activation": "hard_sigmoid"}, ["mean"]),
            ("excite", "Multiply", {}, ["in", "scale"]),
            ("flat", "GlobalMaxPooling2D", {}, ["in"]),
            ("sum", "Add", {}, ["flat", "excite"]),
        ],
        ["sum"],
    ),
    "shared layer": Graph(
        {"a": (7,), "b": (7,)},
        [
            ("d", "Dense", {"units": 4, "activation": "tanh"}, ["a"]),
            ("d", "Dense", {"units": 4, "activation": "tanh"}, ["b"]),
            ("less", "Subtract", {}, ["d#0", "d#1"]),
        ],
        ["less"],
    ),
    "model as a layer": Graph(
        {"in": (6, 5, 3)},
        [
            ("block", BLOCK, {}, ["in"]),
            ("block", BLOCK, {}, ["block#0"]),
            ("conv", "Conv2D", {"filters": 2, "kernel_size": 2}, ["block#1"]),
        ],
        ["conv"],
    ),
    "numbers": Graph(
        {"in": (9,)},
        [
            ("plus", "Add", {}, ["in", 3.0]),
            ("clip", "ReLU", {"max_value": 6.0}, ["plus"]),
            ("times", "Multiply", {}, ["clip", 1 / 6]),
            ("swish", "Multiply", {}, ["in", "times"]),
        ],
        ["swish"],
    ),
}


def random_weights(kind, config, shape, spelling, generator):
    """[(name, array)] as Keras orders them."""
    channels = shape[-1]
    bias = {"Dense": config.get("units")}
    if kind == "Conv2D":
        kernel = ("kernel", (*pair(config["kernel_size"]), channels // config.get("groups", 1), config["filters"]))
    elif kind == "DepthwiseConv2D":
        multiplier = config["depth_multiplier"]
        name = "depthwise_kernel" if spelling == 2 else "kernel"
        kernel = (name, (*pair(config["kernel_size"]), channels, multiplier))
        bias[kind] = channels * multiplier
    elif kind == "Dense":
        kernel = ("kernel", (channels, config["units"]))
    elif kind == "Conv1D":
        kernel = ("kernel", (pair(config["kernel_size"])[0], channels // config.get("groups", 1), config["filters"]))
    elif kind == "Conv2DTranspose":
        kernel = ("kernel", (*pair(config["kernel_size"]), config["filters"], channels))
    elif kind.startswith("SeparableConv"):
        size = pair(config["kernel_size"])[: 1 if "1D" in kind else 2]
        between = channels * config.get("depth_multiplier", 1)
        depthwise = (*size, channels, between // channels)
        point = (*[1 for _ in size], between, config["filters"])
        return [
            ("depthwise_kernel", generator.normal(0, 0.5, depthwise)),
            ("pointwise_kernel", generator.normal(0, 0.5, point)),
            ("bias", generator.normal(0, 0.3, config["filters"])),
        ]
    elif kind == "PReLU":
        alpha = [1 if a + 1 in (config["shared_axes"] or []) else n for a, n in enumerate(shape)]
        return [("alpha", generator.uniform(0, 0.5, alpha))]
    elif kind == "Normalization" and "mean" not in config:
        variance = generator.uniform(0.1, 2, channels)
        return [("mean", generator.normal(0, 1, channels)), ("variance", variance), ("count", np.array(7))]
    elif kind == "BatchNormalization":
        names = ["gamma"] * config["scale"] + ["beta"] * config["center"]
        weights = [(n, generator.normal(0.5, 1, channels)) for n in names + ["moving_mean"]]
        return weights + [("moving_variance", generator.uniform(0.1, 2, channels))]
    else:
        return []
    scale = 1 / np.sqrt(np.prod(kernel[1][:-1]))
    weights = [(kernel[0], generator.normal(0, scale, kernel[1]))]
    if config.get("use_bias", True):
        weights.append(("bias", generator.normal(0, 0.3, bias.get(kind, config.get("filters")))))
    return weights
