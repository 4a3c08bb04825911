# SPDX-License-Identifier: Apache-2.0

"""Small TFLite models, one operator (or a few) each, that the importer is checked with.

`cases()` yields (name, model bytes, inputs); the same on every machine. What the TFLite reference
kernels make of them is recorded by tflite_reference.py and compared by check_tflite.py.
"""

import zlib

import numpy as np
from tflite_writer import Model

# Numbers of the schema's BuiltinOperator and BuiltinOptions.
CODES = {
    "ADD": 0, "AVERAGE_POOL_2D": 1, "CONCATENATION": 2, "CONV_2D": 3, "DEPTHWISE_CONV_2D": 4,
    "DEPTH_TO_SPACE": 5, "DEQUANTIZE": 6, "FLOOR": 8, "FULLY_CONNECTED": 9, "LOGISTIC": 14,
    "MAX_POOL_2D": 17, "MUL": 18, "RELU": 19, "RELU_N1_TO_1": 20, "RELU6": 21, "RESHAPE": 22,
    "RESIZE_BILINEAR": 23, "SOFTMAX": 25, "SPACE_TO_DEPTH": 26, "TANH": 28, "PAD": 34,
    "GATHER": 36, "BATCH_TO_SPACE_ND": 37, "SPACE_TO_BATCH_ND": 38, "TRANSPOSE": 39, "MEAN": 40,
    "SUB": 41, "DIV": 42, "SQUEEZE": 43, "STRIDED_SLICE": 45, "EXP": 47, "SPLIT": 49,
    "LOG_SOFTMAX": 50, "CAST": 53, "PRELU": 54, "MAXIMUM": 55, "ARG_MAX": 56, "MINIMUM": 57,
    "NEG": 59, "PADV2": 60, "SLICE": 65, "TRANSPOSE_CONV": 67, "TILE": 69, "EXPAND_DIMS": 70,
    "LOG": 73, "SUM": 74, "SQRT": 75, "RSQRT": 76, "SHAPE": 77, "REDUCE_MAX": 82, "PACK": 83,
    "UNPACK": 88, "REDUCE_MIN": 89, "SQUARE": 92, "RESIZE_NEAREST_NEIGHBOR": 97, "LEAKY_RELU": 98,
    "SQUARED_DIFFERENCE": 99, "MIRROR_PAD": 100, "ABS": 101, "SPLIT_V": 102, "CEIL": 104,
    "REVERSE_V2": 105, "ELU": 111, "QUANTIZE": 114, "HARD_SWISH": 117, "BATCH_MATMUL": 126,
    "BROADCAST_TO": 130, "GELU": 150,
}  # fmt: skip
OPTIONS = {
    "CONV_2D": 1, "DEPTHWISE_CONV_2D": 2, "AVERAGE_POOL_2D": 5, "MAX_POOL_2D": 5,
    "FULLY_CONNECTED": 8, "SOFTMAX": 9, "CONCATENATION": 10, "ADD": 11, "RESIZE_BILINEAR": 15,
    "SPACE_TO_DEPTH": 19, "MUL": 21, "GATHER": 23, "MEAN": 27, "SUM": 27, "REDUCE_MAX": 27,
    "REDUCE_MIN": 27, "SUB": 28, "DIV": 29, "STRIDED_SLICE": 32, "SPLIT": 35,
    "ARG_MAX": 40, "SHAPE": 55, "TRANSPOSE_CONV": 49, "PACK": 59, "UNPACK": 64,
    "RESIZE_NEAREST_NEIGHBOR": 74, "LEAKY_RELU": 75, "MIRROR_PAD": 77, "SPLIT_V": 79,
    "DEPTH_TO_SPACE": 94, "BATCH_MATMUL": 101, "GELU": 116, "CAST": 37,
}  # fmt: skip
# Of the operators, where it is not 2: what knows int8, or the only one there is.
VERSIONS = {"CEIL": 1, "CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 4, "GELU": 1, "FLOOR": 1,
            "RESHAPE": 1, "SQUEEZE": 1, "EXPAND_DIMS": 1, "DEPTH_TO_SPACE": 1,
            "SQUARE": 1, "NEG": 1, "SQRT": 1, "HARD_SWISH": 1, "ELU": 1, "PRELU": 1,
            "RELU_N1_TO_1": 1}  # fmt: skip

NONE, RELU, RELU_N1_TO_1, RELU6 = 0, 1, 2, 3
SAME, VALID = 0, 1


class Case:
    """A model under construction whose first tensors are its inputs."""

    def __init__(self, name, dtype):
        self.random = np.random.RandomState(zlib.crc32(name.encode()))
        self.dtype = np.dtype(dtype)
        self.model, self.inputs, self.data, self.outputs = Model(), [], [], []

    def quantisation(self, low=0.01, high=0.08):
        if self.dtype != np.int8:
            return None, None
        scale = np.float32(np.exp(self.random.uniform(np.log(low), np.log(high))))
        return scale, int(self.random.randint(-40, 41))

    def numbers(self, shape, spread=2.0):
        if self.dtype == np.int8:
            return self.random.randint(-128, 128, shape).astype(np.int8)
        if self.dtype in (np.int32, np.int64):
            return self.random.randint(-50, 50, shape).astype(self.dtype)
        return (self.random.standard_normal(shape) * spread).astype(np.float32)

    def input(self, shape, scale=None, zero_point=None, spread=2.0, data=None):
        if scale is None:
            scale, zero_point = self.quantisation()
        tensor = self.model.tensor(shape, self.dtype, scale, zero_point)
        self.inputs.append(tensor)
        self.data.append(self.numbers(shape, spread) if data is None else data)
        self.scale, self.zero_point = scale, zero_point
        return tensor

    def same(self, shape, dtype=None):
        """A tensor with the quantisation of the input made last."""
        return self.model.tensor(shape, dtype or self.dtype, self.scale, self.zero_point)

    def output(self, shape, scale=None, zero_point=None, dtype=None):
        if scale is None and dtype is None:
            scale, zero_point = self.quantisation()
        return self.model.tensor(shape, dtype or self.dtype, scale, zero_point)

    def weights(self, shape, channel_axis=None):
        if self.dtype != np.int8:
            return self.model.constant((self.random.standard_normal(shape) * 0.3).astype(np.float32))
        data = self.random.randint(-127, 128, shape).astype(np.int8)
        count = 1 if channel_axis is None else shape[channel_axis]
        self.weight_scales = self.random.uniform(0.002, 0.02, count).astype(np.float32)
        return self.model.constant(data, self.weight_scales, 0, channel_axis or 0)

    def bias(self, channels):
        if self.dtype != np.int8:
            return self.model.constant(self.random.standard_normal(channels).astype(np.float32))
        data = self.random.randint(-3000, 3000, channels).astype(np.int32)
        return self.model.constant(data, self.weight_scales * self.scale, 0)

    def ints(self, values, dtype=np.int32):
        return self.model.constant(np.array(values, dtype))

    def op(self, name, inputs, outputs, options=None, version=None):
        self.model.operator(
            CODES[name], inputs, outputs, OPTIONS.get(name, 0), options,
            version or VERSIONS.get(name, 2),
        )  # fmt: skip
        self.outputs = outputs

    def build(self, outputs=None):
        return self.model.bytes(self.inputs, outputs or self.outputs), self.data


def places(size, kernel, stride, dilation, padding):
    reach = (kernel - 1) * dilation + 1
    return -(-size // stride) if padding == SAME else (size - reach) // stride + 1


def window(c, name, shape, kernel, stride=(1, 1), dilation=(1, 1), padding=SAME, act=NONE, *,
           outputs=None, multiplier=None, per_channel=True, groups=1):  # fmt: skip
    """CONV_2D (with `outputs`), DEPTHWISE_CONV_2D (with `multiplier`) or a pooling."""
    n, h, w, ch = shape
    x = c.input(shape)
    size = [places(s, kernel[i], stride[i], dilation[i], padding) for i, s in enumerate((h, w))]
    strides = {1: ("i32", stride[1]), 2: ("i32", stride[0])}
    if name.endswith("POOL_2D"):
        y = c.same((n, *size, ch))
        options = {0: ("i8", padding), **strides, 3: ("i32", kernel[1]), 4: ("i32", kernel[0])}
        c.op(name, [x], [y], {**options, 5: ("i8", act)})
    elif multiplier is None:
        wt = c.weights((outputs, *kernel, ch // groups), 0 if per_channel else None)
        y = c.output((n, *size, outputs))
        options = {0: ("i8", padding), **strides, 3: ("i8", act)}
        options |= {4: ("i32", dilation[1]), 5: ("i32", dilation[0])}
        c.op(name, [x, wt, c.bias(outputs)], [y], options)
    else:
        wt = c.weights((1, *kernel, ch * multiplier), 3 if per_channel else None)
        y = c.output((n, *size, ch * multiplier))
        options = {0: ("i8", padding), **strides, 3: ("i32", multiplier), 4: ("i8", act)}
        options |= {5: ("i32", dilation[1]), 6: ("i32", dilation[0])}
        c.op(name, [x, wt, c.bias(ch * multiplier)], [y], options)
    return c.build()


def transpose_conv(c, shape, out, kernel, stride, padding, bias=True):
    """`shape` and `out` are batch x height x width x channels."""
    sizes = c.ints(out)
    x = c.input(shape)
    wt = c.weights((out[3], *kernel, shape[3]), 0)
    y = c.output(out)
    inputs = [sizes, wt, x] + ([c.bias(out[3])] if bias else [])
    options = {0: ("i8", padding), 1: ("i32", stride[1]), 2: ("i32", stride[0])}
    c.op("TRANSPOSE_CONV", inputs, [y], options, version=3 if bias else 1)
    return c.build()


def fully_connected(c, shape, outputs, out_shape=None, act=NONE, per_channel=False, bias=True):
    x = c.input(shape)
    wt = c.weights((outputs, shape[-1]), 0 if per_channel else None)
    y = c.output(out_shape or (shape[0], outputs))
    c.op("FULLY_CONNECTED", [x, wt, c.bias(outputs) if bias else -1], [y],
         {0: ("i8", act), 2: ("i8", int(out_shape is not None))}, version=5)  # fmt: skip
    return c.build()


def binary(c, name, a, b, act=NONE, constant=False, same=False):
    x = c.input(a)
    scale = (c.scale, c.zero_point) if same else c.quantisation()
    if constant:
        data = c.numbers(b)
        if name == "DIV":
            data = np.abs(data) + 0.5
        z = c.model.constant(data, *scale)
    else:
        z = c.input(b, *scale)
        if name == "DIV":
            c.data[1] = np.abs(c.data[1]) + np.float32(0.5)
    out = np.broadcast_shapes(a, b)
    y = c.same(out) if same else c.output(out)
    c.op(name, [x, z], [y], {0: ("i8", act)} if name in OPTIONS else None)
    return c.build()


def unary(c, name, options=None, spread=2.0, scale=None, out_scale=None, positive=False):
    """All 256 numbers of int8, or a spread of floats."""
    data = np.arange(-128, 128, dtype=np.int8).reshape(1, 16, 16)
    if c.dtype != np.int8:
        data = c.numbers((1, 16, 16), spread)
        data = np.abs(data) + np.float32(0.01) if positive else data
    x = c.input((1, 16, 16), *(scale or c.quantisation()), data=data)
    y = c.output((1, 16, 16), *(out_scale or (None, None)))
    c.op(name, [x], [y], options)
    return c.build()


def shape_op(c, name, shape, out, params=(), options=None, inputs_first=True, outputs=1):
    """An operator that moves elements; `params` are constants, before or after the input."""
    x = c.input(shape)
    constants = [p if isinstance(p, int) else c.ints(*p) for p in params]
    results = [c.same(o) for o in (out if outputs > 1 else [out])]
    c.op(name, [x, *constants] if inputs_first else [*constants, x], results, options)
    return c.build()


def concatenation(c, shapes, axis):
    first = c.input(shapes[0])
    scale = (c.scale, c.zero_point)
    rest = [c.input(s, *scale) for s in shapes[1:]]
    out = list(shapes[0])
    out[axis] = sum(s[axis] for s in shapes)
    c.op("CONCATENATION", [first, *rest], [c.same(out)], {0: ("i32", axis)})
    return c.build()


def pack(c, shape, count, axis):
    first = c.input(shape)
    rest = [c.input(shape, c.scale, c.zero_point) for _ in range(count - 1)]
    out = list(shape)
    out.insert(axis if axis >= 0 else axis + len(out) + 1, count)
    c.op("PACK", [first, *rest], [c.same(out)], {0: ("i32", count), 1: ("i32", axis)})
    return c.build()


def padv2(c, shape, margins):
    x = c.input(shape)
    value = c.model.constant(c.numbers((1,)), c.scale, c.zero_point)
    out = [s + a + b for s, (a, b) in zip(shape, margins)]
    c.op("PADV2", [x, c.ints(margins), value], [c.same(out)])
    return c.build()


def reduction(c, name, shape, axes, keep, same=False):
    x = c.input(shape)
    out = [1 if i in axes else s for i, s in enumerate(shape) if keep or i not in axes]
    y = c.same(out) if same or name.startswith("REDUCE") else c.output(out)
    c.op(name, [x, c.ints(axes)], [y], {0: ("i8", int(keep))})
    return c.build()


def arg_max(c, shape, axis, dtype):
    x = c.input(shape)
    out = [s for i, s in enumerate(shape) if i != axis % len(shape)]
    code = 2 if dtype == np.int32 else 4
    c.op("ARG_MAX", [x, c.ints([axis])], [c.output(out, dtype=dtype)], {0: ("i8", code)})
    return c.build()


def softmax(c, shape, beta=1.0):
    x = c.input(shape, *((0.1, 3) if c.dtype == np.int8 else (None, None)))
    y = c.output(shape, 1 / 256, -128) if c.dtype == np.int8 else c.output(shape)
    c.op("SOFTMAX", [x], [y], {0: ("f32", beta)})
    return c.build()


def convert(c, name, from_type, to_type, from_scale, to_scale):
    """QUANTIZE, DEQUANTIZE, CAST; a scale is None or (scale, zero point)."""
    c.dtype = np.dtype(from_type)
    if from_type == np.uint8:
        data = np.arange(256, dtype=np.uint8).reshape(1, 256)
    elif from_type == np.int8:
        data = np.arange(-128, 128).astype(np.int8).reshape(1, 256)
    else:
        data = c.numbers((1, 256), 2.0)
        data[0, :4] = [0.5 * 0.04, 1.5 * 0.04, -0.5 * 0.04, 1e4] if from_type == np.float32 else 0
    x = c.input((1, 256), *(from_scale or (None, None)), data=data)
    y = c.output((1, 256), *(to_scale or (None, None)), dtype=to_type)
    c.op(name, [x], [y])
    return c.build()


def resize(c, name, shape, size, align=False, half=False):
    x = c.input(shape)
    first = 2 if name == "RESIZE_BILINEAR" else 0
    y = c.same((shape[0], *size, shape[3]))
    options = {first: ("i8", int(align)), first + 1: ("i8", int(half))}
    c.op(name, [x, c.ints(size)], [y], options, version=3)
    return c.build()


def batch_matmul(c, a, b, out, adj_x=False, adj_y=False):
    x, y = c.input(a), c.input(b)
    z = c.output(out, *((2.0, 5) if c.dtype == np.int8 else (None, None)))
    options = {0: ("i8", int(adj_x)), 1: ("i8", int(adj_y))}
    c.op("BATCH_MATMUL", [x, y], [z], options, version=2 if c.dtype == np.int8 else 1)
    return c.build()


def boundary(c):
    """uint8 outside, int8 inside, as the converter makes it for inference_input_type=uint8."""
    c.dtype = np.dtype(np.uint8)
    data = c.random.randint(0, 256, (1, 6, 6, 3)).astype(np.uint8)
    x = c.input((1, 6, 6, 3), 0.02, 128, data=data)
    c.dtype = np.dtype(np.int8)
    inner = c.model.tensor((1, 6, 6, 3), np.int8, 0.02, 0)
    c.op("QUANTIZE", [x], [inner])
    c.scale = np.float32(0.02)
    wt = c.weights((4, 3, 3, 3), 0)
    middle = c.model.tensor((1, 4, 4, 4), np.int8, 0.05, -10)
    c.op("CONV_2D", [inner, wt, c.bias(4)], [middle],
         {0: ("i8", VALID), 1: ("i32", 1), 2: ("i32", 1), 3: ("i8", RELU)})  # fmt: skip
    out = c.model.tensor((1, 4, 4, 4), np.uint8, 0.05, 118)
    c.op("QUANTIZE", [middle], [out])
    return c.build()


def half_weights(c):
    """float16 weights that a DEQUANTIZE turns to float32."""
    x = c.input((1, 8))
    wt = c.model.constant((c.random.standard_normal((5, 8)) * 0.3).astype(np.float16))
    wide = c.model.tensor((5, 8), np.float32)
    c.op("DEQUANTIZE", [wt], [wide])
    y = c.output((1, 5))
    c.op("FULLY_CONNECTED", [x, wide, -1], [y], {0: ("i8", NONE)}, version=1)
    return c.build()


def dynamic_flatten(c):
    """Flatten as the converter writes it for an unknown batch: the shape is computed."""
    x = c.model.tensor((1, 3, 4, 2), c.dtype, *c.quantisation(), signature=(-1, 3, 4, 2))
    c.inputs, c.data = [x], [c.numbers((1, 3, 4, 2))]
    shape = c.model.tensor((4,), np.int32)
    c.op("SHAPE", [x], [shape], {0: ("i8", 2)}, version=1)
    batch = c.model.tensor((), np.int32)
    c.op("STRIDED_SLICE", [shape, c.ints([0]), c.ints([1]), c.ints([1])], [batch],
         {4: ("i32", 1)}, version=1)  # fmt: skip
    target = c.model.tensor((2,), np.int32)
    rest = c.model.constant(np.int32(24))
    c.op("PACK", [batch, rest], [target], {0: ("i32", 2), 1: ("i32", 0)}, version=1)
    y = c.model.tensor((1, 24), c.dtype, *c.quantisation(), signature=(-1, 24))
    c.op("RESHAPE", [x, target], [y], version=1)
    return c.build()


I8, F32 = np.int8, np.float32
LOGISTIC_OUT = (1 / 256, -128)


def table():
    """(name, dtype, function, arguments)."""
    rows = []

    def add(name, function, *args, types=(I8, F32), **kwargs):
        for dtype in types:
            rows.append((f"{name}_{np.dtype(dtype).name}", dtype, function, args, kwargs))

    picture = (1, 9, 7, 6)
    for padding, word in ((SAME, "same"), (VALID, "valid")):
        for act in (NONE, RELU, RELU6, RELU_N1_TO_1):
            add(f"conv_{word}_act{act}", window, "CONV_2D", picture, (3, 3), (1, 1), (1, 1), padding,
                act, outputs=5)  # fmt: skip
        for stride in ((2, 2), (2, 3)):
            add(f"conv_{word}_stride{stride[0]}{stride[1]}", window, "CONV_2D", picture, (3, 2),
                stride, (1, 1), padding, outputs=5)  # fmt: skip
            add(f"depthwise_{word}_stride{stride[0]}{stride[1]}", window, "DEPTHWISE_CONV_2D",
                picture, (3, 2), stride, (1, 1), padding, RELU, multiplier=1)  # fmt: skip
        add(f"conv_{word}_dilated", window, "CONV_2D", picture, (3, 2), (1, 1), (2, 3), padding,
            outputs=5)  # fmt: skip
        add(f"depthwise_{word}_dilated", window, "DEPTHWISE_CONV_2D", picture, (3, 3), (1, 1),
            (2, 2), padding, multiplier=1)  # fmt: skip
        add(f"depthwise_{word}_multiplier", window, "DEPTHWISE_CONV_2D", picture, (3, 3), (2, 2),
            (1, 1), padding, RELU6, multiplier=3)  # fmt: skip
        for kind in ("AVERAGE", "MAX"):
            for stride in ((1, 1), (2, 3)):
                add(f"{kind.lower()}_pool_{word}_stride{stride[0]}{stride[1]}", window,
                    f"{kind}_POOL_2D", picture, (3, 2), stride, (1, 1), padding)  # fmt: skip
    add("conv_pointwise", window, "CONV_2D", picture, (1, 1), outputs=8, act=RELU6)
    add("conv_pointwise_stride", window, "CONV_2D", picture, (1, 1), (2, 2), outputs=8)
    add("conv_pointwise_batch", window, "CONV_2D", (2, 5, 4, 6), (1, 1), outputs=8)
    add("conv_batch", window, "CONV_2D", (2, 5, 4, 3), (3, 3), outputs=4)
    add("conv_per_tensor", window, "CONV_2D", picture, (3, 3), outputs=5, per_channel=False)
    add("conv_groups", window, "CONV_2D", picture, (3, 3), outputs=9, groups=3)
    add("conv_one_output", window, "CONV_2D", picture, (9, 7), padding=VALID, outputs=1)
    add("depthwise_first_layer", window, "DEPTHWISE_CONV_2D", (1, 12, 12, 1), (3, 3), (2, 2),
        multiplier=8)  # fmt: skip
    add("depthwise_per_tensor", window, "DEPTHWISE_CONV_2D", picture, (3, 3), multiplier=1,
        per_channel=False)  # fmt: skip
    add("average_pool_act", window, "AVERAGE_POOL_2D", picture, (3, 3), act=RELU6)
    add("max_pool_act", window, "MAX_POOL_2D", picture, (3, 3), act=RELU)
    add("average_pool_all", window, "AVERAGE_POOL_2D", picture, (9, 7), padding=VALID)
    add("transpose_conv_same", transpose_conv, (1, 4, 5, 3), (1, 8, 10, 4), (3, 3), (2, 2), SAME)
    add("transpose_conv_valid", transpose_conv, (1, 4, 5, 3), (1, 9, 11, 4), (3, 3), (2, 2), VALID)
    add("transpose_conv_odd", transpose_conv, (1, 4, 5, 3), (1, 7, 15, 2), (2, 4), (2, 3), SAME)
    add("transpose_conv_no_bias", transpose_conv, (1, 3, 3, 2), (1, 3, 3, 3), (3, 3), (1, 1), SAME,
        bias=False)  # fmt: skip

    for act in (NONE, RELU, RELU6):
        add(f"fully_connected_act{act}", fully_connected, (1, 37), 11, act=act)
    add("fully_connected_rows", fully_connected, (5, 16), 7)
    add("fully_connected_kept", fully_connected, (2, 3, 8), 4, out_shape=(2, 3, 4))
    add("fully_connected_no_bias", fully_connected, (1, 20), 6, bias=False)
    add("fully_connected_one", fully_connected, (1, 20), 1)
    add("fully_connected_per_channel", fully_connected, (1, 20), 6, per_channel=True)
    add("batch_matmul", batch_matmul, (2, 3, 5), (2, 5, 4), (2, 3, 4))
    add("batch_matmul_adjoint", batch_matmul, (3, 5), (4, 5), (3, 4), adj_y=True)
    add("batch_matmul_broadcast", batch_matmul, (2, 3, 5), (1, 5, 4), (2, 3, 4))

    for name in ("ADD", "SUB", "MUL"):
        low = name.lower()
        add(low, binary, name, (1, 6, 5, 4), (1, 6, 5, 4))
        add(f"{low}_relu", binary, name, (1, 6, 5, 4), (1, 6, 5, 4), act=RELU)
        add(f"{low}_channels", binary, name, (1, 6, 5, 4), (4,), constant=True)
        add(f"{low}_scalar", binary, name, (1, 6, 5, 4), (1,), constant=True)
        add(f"{low}_both", binary, name, (1, 6, 1, 4), (1, 1, 5, 4))
        add(f"{low}_int32", binary, name, (1, 12), (1, 12), types=(np.int32,))
    add("add_relu6", binary, "ADD", (1, 6, 5, 4), (1, 6, 5, 4), act=RELU6)
    add("add_same_input_scale", binary, "ADD", (1, 6, 5, 4), (1, 6, 5, 4), same=True)
    add("div", binary, "DIV", (1, 6, 5, 4), (1, 6, 5, 4), types=(F32,))
    add("squared_difference", binary, "SQUARED_DIFFERENCE", (1, 6, 5), (5,), types=(F32,))
    for name in ("MAXIMUM", "MINIMUM"):
        add(name.lower(), binary, name, (1, 6, 5), (1, 6, 5), same=True)
        add(f"{name.lower()}_scalar", binary, name, (1, 6, 5), (1,), same=True, constant=True)
    add("prelu", binary, "PRELU", (1, 6, 5, 4), (1, 1, 4), constant=True)

    for name in ("RELU", "RELU6", "RELU_N1_TO_1", "TANH", "HARD_SWISH", "ELU", "EXP"):
        add(name.lower(), unary, name)
        add(f"{name.lower()}_again", unary, name, spread=0.7)
    add("relu_same_scale", unary, "RELU", scale=(0.05, 4), out_scale=(0.05, 4), types=(I8,))
    add("logistic", unary, "LOGISTIC", out_scale=LOGISTIC_OUT, types=(I8,))
    add("logistic", unary, "LOGISTIC", types=(F32,))
    add("tanh_usual", unary, "TANH", scale=(0.03, 0), out_scale=(1 / 128, 0), types=(I8,))
    add("hard_swish_coarse", unary, "HARD_SWISH", scale=(0.25, -5), out_scale=(0.3, 9), types=(I8,))
    for alpha in (0.1, 0.3, 1.5):
        add(f"leaky_relu_{alpha}", unary, "LEAKY_RELU", {0: ("f32", alpha)})
    add("gelu_tanh", unary, "GELU", {0: ("i8", 1)})
    add("gelu", unary, "GELU", {0: ("i8", 0)})
    for name in ("LOG", "SQRT", "RSQRT"):
        add(name.lower(), unary, name, positive=True, types=(F32,))
    for name in ("SQUARE", "NEG", "ABS", "FLOOR", "CEIL"):
        add(name.lower(), unary, name, types=(F32,))

    add("quantize", convert, "QUANTIZE", F32, I8, None, (0.04, -7), types=(I8,))
    add("quantize_uint8", convert, "QUANTIZE", F32, np.uint8, None, (0.04, 121), types=(I8,))
    add("requantize_finer", convert, "QUANTIZE", I8, I8, (0.05, 3), (0.02, -9), types=(I8,))
    add("requantize_coarser", convert, "QUANTIZE", I8, I8, (0.05, 3), (0.13, 20), types=(I8,))
    add("requantize_from_uint8", convert, "QUANTIZE", np.uint8, I8, (0.05, 131), (0.05, 3), types=(I8,))
    add("requantize_to_uint8", convert, "QUANTIZE", I8, np.uint8, (0.05, 3), (0.04, 99), types=(I8,))
    add("dequantize", convert, "DEQUANTIZE", I8, F32, (0.037, -7), None, types=(I8,))
    add("dequantize_uint8", convert, "DEQUANTIZE", np.uint8, F32, (0.037, 120), None, types=(I8,))
    add("cast_int32", convert, "CAST", F32, np.int32, None, None, types=(F32,))
    add("boundary_uint8", boundary, types=(I8,))
    add("half_weights", half_weights, types=(F32,))
    add("dynamic_flatten", dynamic_flatten)

    add("softmax", softmax, (1, 10))
    add("softmax_rows", softmax, (3, 7))
    add("softmax_beta", softmax, (1, 6), 0.5)
    add("softmax_picture", softmax, (1, 3, 4, 5))
    add("softmax_two", softmax, (1, 2))
    add("log_softmax", unary, "LOG_SOFTMAX", types=(F32,))
    for keep in (True, False):
        word = "kept" if keep else "gone"
        add(f"mean_{word}", reduction, "MEAN", picture, [1, 2], keep)
        add(f"mean_same_scale_{word}", reduction, "MEAN", picture, [1, 2], keep, same=True)
        add(f"mean_large_{word}", reduction, "MEAN", (1, 13, 11, 40), [1, 2], keep)
        add(f"mean_last_{word}", reduction, "MEAN", (4, 6, 5), [2], keep)
        add(f"mean_all_{word}", reduction, "MEAN", (1, 6, 7), [0, 1, 2], keep)
        add(f"sum_{word}", reduction, "SUM", picture, [1, 2], keep, types=(F32,))
        add(f"reduce_max_{word}", reduction, "REDUCE_MAX", picture, [1, 2], keep)
        add(f"reduce_min_{word}", reduction, "REDUCE_MIN", picture, [3], keep)
    add("arg_max", arg_max, (1, 12), 1, np.int32)
    add("arg_max_last", arg_max, (2, 3, 5), -1, np.int64)

    moves = (I8, F32, np.int32)
    add("reshape", shape_op, "RESHAPE", (1, 4, 6), (1, 2, 3, 4), [([1, 2, 3, 4],)], types=moves)
    add("reshape_regroup", shape_op, "RESHAPE", (1, 4, 6), (8, 3), [([8, 3],)])
    add("squeeze", shape_op, "SQUEEZE", (1, 1, 6, 1), (6,))
    add("expand_dims", shape_op, "EXPAND_DIMS", (2, 6), (2, 1, 6), [([1],)])
    add("transpose", shape_op, "TRANSPOSE", (1, 2, 3, 4), (1, 4, 2, 3), [([0, 3, 1, 2],)], types=moves)
    add("transpose_two", shape_op, "TRANSPOSE", (3, 5), (5, 3), [([1, 0],)])
    margins = [[0, 0], [1, 2], [0, 3], [0, 0]]
    add("pad", shape_op, "PAD", (1, 4, 3, 2), (1, 7, 6, 2), [(margins,)])
    add("pad_rank_two", shape_op, "PAD", (2, 3), (4, 6), [([[1, 1], [0, 3]],)])
    add("padv2", padv2, (1, 4, 3, 2), margins)
    for mode, word in ((0, "reflect"), (1, "symmetric")):
        add(f"mirror_pad_{word}", shape_op, "MIRROR_PAD", (1, 4, 4, 2), (1, 7, 7, 2),
            [([[0, 0], [1, 2], [0, 3], [0, 0]],)], {0: ("i8", mode)})  # fmt: skip
    add("concatenation", concatenation, [(1, 4, 3, 2), (1, 4, 3, 5)], 3, types=moves)
    add("concatenation_three", concatenation, [(1, 2, 3), (1, 4, 3), (1, 1, 3)], 1)
    add("pack", pack, (2, 3), 3, 1, types=moves)
    add("pack_last", pack, (2, 3), 2, -1)
    add("unpack", shape_op, "UNPACK", (2, 3, 4), [(2, 4)] * 3, options={0: ("i32", 3), 1: ("i32", 1)}, outputs=3)
    add("split", shape_op, "SPLIT", (1, 4, 6), [(1, 4, 2)] * 3, [([2],)], {0: ("i32", 3)}, inputs_first=False, outputs=3)
    add("split_v", shape_op, "SPLIT_V", (1, 4, 6), [(1, 4, 1), (1, 4, 5)], [([1, 5],), ([2],)], {0: ("i32", 2)}, outputs=2)
    add("slice", shape_op, "SLICE", (2, 5, 6), (1, 3, 6), [([1, 2, 0],), ([1, 3, -1],)], types=moves)
    add("strided_slice", shape_op, "STRIDED_SLICE", (1, 8, 6), (1, 3, 3), [([0, 1, 0],), ([1, 7, 6],), ([1, 2, 2],)], {}, types=moves)
    add("strided_slice_masks", shape_op, "STRIDED_SLICE", (2, 8, 6), (8, 4), [([1, 3, 1],), ([2, 4, -1],), ([1, 1, 1],)], {0: ("i32", 2), 1: ("i32", 2), 4: ("i32", 1)})
    add("strided_slice_back", shape_op, "STRIDED_SLICE", (1, 8, 6), (1, 8, 3), [([0, -1, 5],), ([1, 0, 0],), ([1, -1, -2],)], {1: ("i32", 2)})
    add("reverse", shape_op, "REVERSE_V2", (2, 3, 4), (2, 3, 4), [([1],)], types=(F32, np.int32))
    add("tile", shape_op, "TILE", (2, 3), (4, 9), [([2, 3],)], types=(F32, np.int32))
    add("broadcast_to", shape_op, "BROADCAST_TO", (1, 3, 1), (2, 3, 4), [([2, 3, 4],)])
    add("gather", shape_op, "GATHER", (2, 5, 3), (2, 4, 3), [([4, 0, 0, 2],)], {0: ("i32", 1)})
    add("space_to_depth", shape_op, "SPACE_TO_DEPTH", (1, 4, 6, 3), (1, 2, 3, 12), options={0: ("i32", 2)})
    add("depth_to_space", shape_op, "DEPTH_TO_SPACE", (1, 2, 3, 12), (1, 4, 6, 3), options={0: ("i32", 2)})
    add("space_to_batch", shape_op, "SPACE_TO_BATCH_ND", (1, 5, 6, 3), (6, 3, 2, 3), [([2, 3],), ([[1, 0], [0, 0]],)])
    add("batch_to_space", shape_op, "BATCH_TO_SPACE_ND", (6, 3, 2, 3), (1, 5, 6, 3), [([2, 3],), ([[1, 0], [0, 0]],)])
    for align, half in ((False, False), (True, False), (False, True)):
        word = "aligned" if align else "half" if half else "plain"
        for size, direction in (((7, 9), "up"), ((2, 3), "down")):
            add(f"resize_bilinear_{word}_{direction}", resize, "RESIZE_BILINEAR", (1, 4, 5, 3), size, align, half)
            add(f"resize_nearest_{word}_{direction}", resize, "RESIZE_NEAREST_NEIGHBOR", (1, 4, 5, 3), size, align, half)
    return rows


def cases(only=""):
    for name, dtype, function, args, kwargs in table():
        if only in name:
            model, inputs = function(Case(name, dtype), *args, **kwargs)
            yield name, model, inputs
