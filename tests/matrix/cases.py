# SPDX-License-Identifier: Apache-2.0

"""The models of the matrix and what they must answer: MLIR from models/, inputs and answers from NumPy.

The answers here are computed independently of any compiler; `matrix.py` compares them with IREE's own
runtime on this machine first, then with the device. Random numbers have fixed seeds.
"""

import dataclasses
import json
import math
import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent / "models"


@dataclasses.dataclass(frozen=True)
class Call:
    function: str
    inputs: list  # arrays, or numpy scalars for scalar arguments
    outputs: list
    tolerance: float = 0.0


@dataclasses.dataclass(frozen=True, eq=False)
class Model:
    name: str
    what: str
    mlir: object  # () -> text
    calls: list


def hexadecimal(array):
    return "0x" + array.tobytes().hex().upper()


def source(name, **constants):
    """The text of models/NAME.mlir with the constants put in where they are named."""

    def text():
        mlir = (FOLDER / f"{name}.mlir").read_text()
        for place, array in constants.items():
            assert f'"0x{place}"' in mlir, place
            mlir = mlir.replace(f"0x{place}", hexadecimal(array))
        return mlir

    return text


def random(seed):
    return np.random.default_rng(seed)


def floats(generator, *shape):
    """Multiples of 1/64, so that products and short sums are exact in f32."""
    return (generator.integers(-128, 128, shape) / 64).astype(np.float32)


def dense_i8():
    generator = random(1)
    w = generator.integers(-128, 128, (24, 12)).astype(np.int8)
    x = generator.integers(-128, 128, (5, 24)).astype(np.int8)
    sums = (x.astype(np.int64) + 7) @ w.astype(np.int64)
    y = np.clip((sums * 1342177 + (1 << 27)) >> 28, -128, 127).astype(np.int8)
    return Model("dense_i8", "i8 matrix product, requantised", source("dense_i8", WEIGHTS=w), [Call("main", [x], [y])])


def dynamic_shapes():
    generator = random(2)
    calls = []
    for rows in (1, 7, 130):
        a, b = floats(generator, rows, 3), floats(generator, rows, 3)
        calls.append(Call("main", [a, b], [a * b + a], 1e-6))
    for shape in ((4, 9), (33, 2)):
        a = floats(generator, *shape)
        calls.append(Call("columns", [a], [a.sum(0)], 1e-4))
    return Model("dynamic_shapes", "extents known only at the call", source("dynamic_shapes"), calls)


def int64():
    generator = random(3)
    x = generator.integers(-(2**40), 2**40, 9)
    y = generator.integers(-(2**40), 2**40, 9)
    product = x * y
    y_answer = np.where(x.astype(np.uint64) < y.astype(np.uint64), (product >> 3) - y, product)
    a, b, c, d = np.int32(-77), np.int64(-(2**33) - 5), np.int32(1000), np.int64(12345678)
    numerator = int(b) * int(d) + int(a)
    quotient = math.trunc(numerator / int(c)) if abs(numerator) < 2**50 else -(-numerator // int(c))
    mix = [np.int64(quotient), np.int32(int(d) % int(c)), np.int64(int(b) ^ int(d))]
    return Model("int64", "i64 tensors and scalars", source("int64"), [Call("main", [x, y], [y_answer]), Call("mix", [a, b, c, d], mix)])


def branches():
    def steps(n):
        count, top = 0, n
        while n != 1:
            n = 3 * n + 1 if n & 1 else n >> 1
            count, top = count + 1, max(top, n)
        return [np.int32(count), np.int32(top)]

    calls = [Call("main", [np.int32(n)], steps(n)) for n in (1, 27, 703)]
    calls += [Call("newton", [np.float32(x)], [np.float32(math.sqrt(x))], 1e-3) for x in (2.0, 1000.0)]
    return Model("branches", "scalar loops, nested conditions, internal calls", source("branches"), calls)


def variables():
    generator = random(5)
    table = np.array([0.5, -1, 2, 4, -8, 16], np.float32)
    total = np.zeros(6, np.float32)
    calls = [Call("calls_made", [], [np.int64(40)]), Call("last_scale", [], [np.float32(0.25)])]
    for scale in (0.5, 2.0, -1.0):
        x = floats(generator, 6)
        total = total + x * table * np.float32(scale)
        calls.append(Call("main", [x, np.float32(scale)], [total], 1e-5))
    calls += [Call("calls_made", [], [np.int64(43)]), Call("last_scale", [], [np.float32(-1)]), Call("reset", [], [])]
    x = floats(generator, 6)
    calls.append(Call("main", [x, np.float32(1)], [x * table], 1e-5))
    return Model("variables", "globals of four types, four functions", source("variables"), calls)


def two_entries():
    generator = random(6)
    w, x, z = floats(generator, 8, 4), floats(generator, 2, 8), floats(generator, 2, 4)
    calls = [Call("encode", [x], [x @ w], 1e-4), Call("decode", [z], [z @ w.T], 1e-4), Call("encode", [x], [x @ w], 1e-4)]
    return Model("two_entries", "two functions over the same weights", source("two_entries", WEIGHTS=w), calls)


def math_f32():
    x = np.array([-4, -3.3, -2.5, -2, -1.5, -1, -0.5, -0.3, -1e-3, 0, 1e-3, 0.1, 0.5, 1, 1.5, 2.25, 2.5, 3.7, 4.4], np.float32)
    wide = x.astype(np.float64)
    erf = np.array([math.erf(v) for v in wide])
    answers = [np.exp(wide), np.log(wide * wide + 1), np.sin(wide), np.cos(wide), np.tanh(wide), erf, np.sqrt(wide * wide + 1)]
    away = np.copysign(np.floor(np.abs(wide) + 0.5), wide)
    rounded = [np.floor(wide), np.ceil(wide), np.abs(wide), away, wide / (np.abs(wide) + 1)]
    single = lambda arrays: [array.astype(np.float32) for array in arrays]  # noqa: E731
    calls = [Call("main", [x], single(answers), 5e-4), Call("rounding", [x], single(rounded), 1e-5)]
    return Model("math_f32", "transcendental functions and rounding", source("math_f32"), calls)


def large_weights():
    generator = random(8)
    w, x = floats(generator, 512, 1024), floats(generator, 1, 512)
    return Model("large_weights", "2 MB of weights", source("large_weights", WEIGHTS=w), [Call("main", [x], [x @ w], 2e-3)])


def element_types():
    generator = random(9)
    b = generator.integers(0, 2, 11).astype(bool)
    c = generator.integers(-100, 100, 11).astype(np.int8)
    s = generator.integers(-30000, 30000, 11).astype(np.int16)
    h = floats(generator, 11).astype(np.float16)
    answers = [b ^ (c > 0), c.astype(np.int16) + s, h * np.float16(1.5), np.where(b, s.view(np.uint16).astype(np.int32), np.int32(-1))]
    return Model("element_types", "i1, i8, i16, i32 and f16 tensors", source("element_types"), [Call("main", [b, c, s, h], answers, 1e-3)])


def ranks():
    generator = random(10)
    a, c = np.array(1.5, np.float32), floats(generator, 1, 2, 1, 3, 1, 2)
    b = np.array(-4, np.int32)
    calls = [Call("main", [a, b, c], [np.array(-2.5, np.float32), c * a], 1e-6)]
    for rows in (3, 0):
        t = generator.integers(-50, 50, (rows, 4)).astype(np.int32)
        calls.append(Call("rows", [t], [t + 1, t.sum(0, dtype=np.int32)]))
    return Model("ranks", "rank 0, rank 6, no elements", source("ranks"), calls)


def scalars():
    generator = random(11)
    t, u = generator.integers(-99, 99, (2, 5)).astype(np.int32)
    main = Call("main", [np.int32(-3), np.float32(1.25), np.int64(2**40), np.int32(9)], [np.float32(-3.75), np.int64(2**40 - 9), np.int32(9)])
    answers = [t * 7 + u * -2, np.int32(t[2]), (u * np.float32(0.5)).astype(np.float32)]
    between = Call("between", [np.int32(7), t, np.int64(-2), u, np.float32(0.5)], answers)
    return Model("scalars", "scalars of every width, between tensors", source("scalars"), [main, between])


def gather():
    generator = random(12)
    t = floats(generator, 7, 4)
    i = np.array([6, 0, 3, 3, 5], np.int32)
    padded = np.pad(t, ((1, 1), (0, 2)), constant_values=-1)
    return Model("gather", "rows by index, transpose, padding", source("gather"), [Call("main", [t, i], [t[i], t.T.copy(), padded])])


def network_f32():
    generator = random(13)
    k, w, x = floats(generator, 3, 3, 2, 6), floats(generator, 96, 5) / np.float32(16), floats(generator, 1, 10, 10, 2)
    bias = np.array([0.1, -0.2, 0.3, -0.4, 0.5, -0.6], np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(x[0], (3, 3), axis=(0, 1))  # [8][8][channel][3][3]
    convolved = np.maximum(np.einsum("hwcij,ijcf->hwf", windows, k) + bias, 0)
    pooled = convolved.reshape(4, 2, 4, 2, 6).max((1, 3)).reshape(96)
    scores = np.exp(pooled @ w - (pooled @ w).max())
    y = (scores / scores.sum()).reshape(1, 5).astype(np.float32)
    return Model("network_f32", "convolution, pooling, dense layer, softmax", source("network_f32", KERNEL=k, WEIGHTS=w), [Call("main", [x], [y], 1e-4)])


def many_dispatches():
    """Matrix products and row sums in turn: nothing of it can be fused into one kernel."""
    generator = random(14)
    layers = [floats(generator, 6, 6) / np.float32(4) for _ in range(24)]
    x = floats(generator, 6, 6)

    def text():
        lines = ["func.func @main(%x0: tensor<6x6xf32>) -> tensor<6x6xf32> {"]
        lines += ["  %zero = arith.constant 0.0 : f32", "  %e = tensor.empty() : tensor<6x6xf32>", "  %ev = tensor.empty() : tensor<6xf32>"]
        for i, w in enumerate(layers):
            lines += [
                f'  %w{i} = arith.constant dense<"{hexadecimal(w)}"> : tensor<6x6xf32>',
                f"  %z{i} = linalg.fill ins(%zero : f32) outs(%e : tensor<6x6xf32>) -> tensor<6x6xf32>",
                f"  %m{i} = linalg.matmul ins(%x{i}, %w{i} : tensor<6x6xf32>, tensor<6x6xf32>) outs(%z{i} : tensor<6x6xf32>) -> tensor<6x6xf32>",
                f"  %y{i} = linalg.fill ins(%zero : f32) outs(%ev : tensor<6xf32>) -> tensor<6xf32>",
                f"  %s{i} = linalg.generic {{indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r)>],"
                f' iterator_types = ["parallel", "reduction"]}} ins(%m{i} : tensor<6x6xf32>) outs(%y{i} : tensor<6xf32>) {{',
                "  ^bb0(%v: f32, %o: f32):",
                "    %n = arith.negf %v : f32",
                "    %p = arith.cmpf ogt, %v, %n : f32",
                "    %a = arith.select %p, %v, %n : f32",
                "    %r = arith.addf %o, %a : f32",
                "    linalg.yield %r : f32",
                "  } -> tensor<6xf32>",
                f"  %x{i + 1} = linalg.generic {{indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r)>, affine_map<(r, c) -> (r, c)>],"
                f' iterator_types = ["parallel", "parallel"]}} ins(%m{i}, %s{i} : tensor<6x6xf32>, tensor<6xf32>) outs(%e : tensor<6x6xf32>) {{',
                "  ^bb0(%v: f32, %t: f32, %o: f32):",
                "    %one = arith.constant 1.0 : f32",
                "    %d = arith.addf %t, %one : f32",
                "    %r = arith.divf %v, %d : f32",
                "    linalg.yield %r : f32",
                "  } -> tensor<6x6xf32>",
            ]
        lines += [f"  return %x{len(layers)} : tensor<6x6xf32>", "}"]
        return "\n".join(lines) + "\n"

    y = x
    for w in layers:
        product = y @ w
        y = product / (np.abs(product).sum(1, keepdims=True) + 1)
    return Model("many_dispatches", "48 and more dispatches in a row", text, [Call("main", [x], [y.astype(np.float32)], 1e-4)])


def own_models():
    return [
        dense_i8(), dynamic_shapes(), int64(), branches(), variables(), two_entries(), math_f32(), large_weights(),
        element_types(), ranks(), scalars(), gather(), network_f32(), many_dispatches(),
    ]  # fmt: skip


def corpus_models(folder):
    """The models of the shared corpus, whose manifest holds inputs and answers as files."""

    def value(entry):
        return np.load(folder / entry["npy"]) if "npy" in entry else np.int32(entry["scalar"])

    models = []
    for name, calls in json.loads((folder / "manifest.json").read_text()).items():
        path = folder / f"{name}.mlir"
        models.append(
            Model(
                name,
                "of the shared corpus",
                path.read_text,
                [Call(c["function"], [value(v) for v in c["inputs"]], [value(v) for v in c["outputs"]], c["tol"]) for c in calls],
            )
        )
    return models
