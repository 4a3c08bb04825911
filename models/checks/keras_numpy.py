# SPDX-License-Identifier: Apache-2.0

"""What each Keras layer computes, in NumPy: channels last, without the batch. Independent of the importer."""

import math

import numpy as np


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


def erf(x):
    return np.vectorize(math.erf)(x)


def hard_sigmoid(x, slope=1 / 6):
    return np.clip(slope * x + 0.5, 0, 1)


def activation(name, x, slope=0.0, maximum=None, spelling=3):
    if name in (None, "linear"):
        return x
    if name == "hard_sigmoid":
        return hard_sigmoid(x, 1 / 6 if spelling == 3 else 0.2)
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
        "swish": lambda: x / (1 + np.exp(-x)),
        "softplus": lambda: np.log1p(np.exp(x)),
        "softsign": lambda: x / (1 + np.abs(x)),
        "exponential": lambda: np.exp(x),
        "selu": lambda: 1.05070098 * np.where(x > 0, x, 1.67326324 * np.expm1(np.minimum(x, 0))),
        "gelu": lambda: x / 2 * (1 + erf(x / np.sqrt(2))),
        "hard_silu": lambda: x * hard_sigmoid(x),
    }[name]()


def transposed(x, kernel, strides, dilations, padding):
    """Each element adds its product with the kernel (height x width x out x in) where it lands."""
    size = [(kernel.shape[a] - 1) * dilations[a] + 1 for a in range(2)]
    spread = np.zeros([*size, *kernel.shape[2:]])
    spread[:: dilations[0], :: dilations[1]] = kernel
    sums = np.zeros([(x.shape[a] - 1) * strides[a] + size[a] for a in range(2)] + [kernel.shape[2]])
    for row in range(x.shape[0]):
        for column in range(x.shape[1]):
            at = row * strides[0], column * strides[1]
            sums[at[0] : at[0] + size[0], at[1] : at[1] + size[1]] += spread @ x[row, column]
    out = [x.shape[a] * strides[a] + (padding == "valid") * max(size[a] - strides[a], 0) for a in range(2)]
    low = [max(size[a] - strides[a], 0) // 2 if padding == "same" else 0 for a in range(2)]
    more = [max(low[a] + out[a] - sums.shape[a], 0) for a in range(2)]
    sums = np.pad(sums, [(0, more[0]), (0, more[1]), (0, 0)])
    return sums[low[0] : low[0] + out[0], low[1] : low[1] + out[1]]


def grouped(x, kernel, groups, convolve):
    """Each part of the channels with its part of the filters."""
    parts = zip(np.split(x, groups, -1), np.split(kernel, groups, -1))
    return np.concatenate([convolve(*part) for part in parts], -1)


def stretched(x, times, axis):
    """Linear between the centres of the elements; the edges go on as they are."""
    out = x.shape[axis] * times
    at = np.clip((np.arange(out) + 0.5) / times - 0.5, 0, x.shape[axis] - 1)
    low = np.floor(at).astype(int)
    share = (at - low).reshape([-1 if a == axis else 1 for a in range(x.ndim)])
    high = np.minimum(low + 1, x.shape[axis] - 1)
    return x.take(low, axis) * (1 - share) + x.take(high, axis) * share


def in_two_dimensions(kind, config, weights, x, spelling):
    """A layer over one dimension as the layer over two with a width of 1."""
    keys = "kernel_size", "strides", "dilation_rate", "pool_size", "size"
    config = {k: [pair(v)[0], 1] if k in keys and v is not None else v for k, v in config.items()}
    for key in ("padding", "cropping"):
        if not isinstance(config.get(key, ""), str):
            config[key] = [config[key], [0, 0]]
    if config.get("padding") == "causal":
        before = (config["kernel_size"][0] - 1) * pair(config.get("dilation_rate", 1))[0]
        x = np.pad(x, [(before, 0), (0, 0)])
        config["padding"] = "valid"
    weights = [(n, w if w.ndim == 1 else w[:, None]) for n, w in weights]
    layer = {"class_name": kind.replace("1D", "2D"), "config": config}
    result = evaluate(layer, weights, x[:, None], spelling)
    return result if result.ndim == 1 else result[:, 0]


def evaluate(layer, weights, x, spelling=3):
    kind, c = layer["class_name"], layer["config"]
    if "1D" in kind and "Dropout" not in kind:
        return in_two_dimensions(kind, c, weights, x, spelling)
    w = {name: array.astype(np.float64) for name, array in weights}
    strides, dilations = pair(c.get("strides") or 1), pair(c.get("dilation_rate", 1))
    padding = c.get("padding", "valid")
    if kind == "Conv2D":
        def convolve(part, kernel):
            view = windows(part, pair(c["kernel_size"]), strides, dilations, padding, 0)
            return np.einsum("hwijc,ijco->hwo", view, kernel)

        x = grouped(x, w["kernel"], c.get("groups", 1), convolve) + w.get("bias", 0)
    elif kind == "DepthwiseConv2D":
        kernel = w.get("kernel", w.get("depthwise_kernel"))
        view = windows(x, pair(c["kernel_size"]), strides, dilations, padding, 0)
        x = np.einsum("hwijc,ijcm->hwcm", view, kernel)
        x = x.reshape(*x.shape[:2], -1) + w.get("bias", 0)
    elif kind == "Dense":
        x = x @ w["kernel"] + w.get("bias", 0)
    elif kind == "SeparableConv2D":
        view = windows(x, pair(c["kernel_size"]), strides, dilations, padding, 0)
        x = np.einsum("hwijc,ijcm->hwcm", view, w["depthwise_kernel"])
        x = x.reshape(*x.shape[:2], -1) @ w["pointwise_kernel"][0, 0] + w.get("bias", 0)
    elif kind == "Conv2DTranspose":
        x = transposed(x, w["kernel"], strides, dilations, padding) + w.get("bias", 0)
    elif kind == "MaxPooling2D":
        strides = pair(c.get("strides") or c["pool_size"])
        x = windows(x, pair(c["pool_size"]), strides, [1, 1], padding, -np.inf).max((2, 3))
    elif kind == "AveragePooling2D":
        strides = pair(c.get("strides") or c["pool_size"])
        x = np.nanmean(windows(x, pair(c["pool_size"]), strides, [1, 1], padding, np.nan), (2, 3))
    elif kind == "GlobalAveragePooling2D":
        x = x.mean((0, 1), keepdims=c.get("keepdims", False))
    elif kind == "GlobalMaxPooling2D":
        x = x.max((0, 1), keepdims=c.get("keepdims", False))
    elif kind == "Cropping2D":
        (top, bottom), (left, right) = c["cropping"]
        x = x[top : x.shape[0] - bottom, left : x.shape[1] - right]
    elif kind == "UpSampling2D":
        for axis, times in enumerate(pair(c["size"])):
            bilinear = c.get("interpolation") == "bilinear"
            x = stretched(x, times, axis) if bilinear else x.repeat(times, axis)
    elif kind == "Permute":
        x = x.transpose([d - 1 for d in c["dims"]])
    elif kind == "RepeatVector":
        x = np.tile(x, (c["n"], 1))
    elif kind == "Rescaling":
        x = x * np.array(c["scale"]) + np.array(c["offset"])
    elif kind == "Normalization":
        x = (x - w.get("mean", c.get("mean"))) / np.sqrt(w.get("variance", c.get("variance")))
    elif kind == "PReLU":
        x = np.where(x > 0, x, w["alpha"] * x)
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
        x = activation(c["activation"], x, spelling=spelling)
    elif kind == "ReLU":
        x = activation("relu", x, c.get("negative_slope", 0.0), c.get("max_value"))
    elif kind == "LeakyReLU":
        x = activation("relu", x, c.get("alpha", c.get("negative_slope")))
    elif kind == "ELU":
        x = np.where(x > 0, x, c["alpha"] * np.expm1(np.minimum(x, 0)))
    elif kind == "Softmax":
        x = activation("softmax", x)
    elif "Dropout" not in kind:
        raise ValueError(kind)
    return x if kind == "Activation" else activation(c.get("activation"), x, spelling=spelling)


def merge(kind, config, values):
    """A layer that takes several tensors, or a tensor and a number."""
    if kind == "Concatenate":
        axis = config.get("axis", -1)
        return np.concatenate(values, axis if axis < 0 else axis - 1)
    ranks = max(np.ndim(v) for v in values)
    values = [v if np.ndim(v) in (0, ranks) else v.reshape([1] * (ranks - v.ndim) + list(v.shape)) for v in values]
    total = values[0]
    for value in values[1:]:
        total = {
            "Add": np.add,
            "Average": np.add,
            "Maximum": np.maximum,
            "Minimum": np.minimum,
            "Multiply": np.multiply,
            "Subtract": np.subtract,
        }[kind](total, value)
    return total / len(values) if kind == "Average" else total
