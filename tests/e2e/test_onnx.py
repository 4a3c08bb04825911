# SPDX-License-Identifier: Apache-2.0

"""ONNX models by the compiler's own importer. What it needs comes from the network, so the run itself is opt-in."""

import json
import os
import struct

import numpy as np
import pytest
import scenario_files


def field(number, payload):
    """One field of a protocol buffer: a number, or bytes with their length."""

    def varint(value):
        out = bytearray()
        while value > 127:
            out.append(value & 127 | 128)
            value >>= 7
        out.append(value)
        return bytes(out)

    if isinstance(payload, int):
        return varint(number << 3) + varint(payload)
    payload = payload.encode() if isinstance(payload, str) else payload
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def value_info(name, shape):
    dims = b"".join(field(1, field(1, extent)) for extent in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def node(kind, inputs, outputs):
    return b"".join(field(1, i) for i in inputs) + b"".join(field(2, o) for o in outputs) + field(4, kind)


def depthwise_convolution():
    """Of operator set 6: two channels, each times its weight, and a bias; then the larger of two rows."""
    group = field(1, "group") + field(3, 2) + field(20, 2)
    size = field(1, "kernel_shape") + field(8, 1) + field(8, 1) + field(20, 7)
    rows = field(1, "kernel_shape") + field(8, 2) + field(8, 1) + field(20, 7)
    weights = b"".join(field(1, n) for n in (2, 1, 1, 1)) + field(2, 1) + field(8, "w") + field(9, struct.pack("<2f", 3, -2))
    bias = field(1, 2) + field(2, 1) + field(8, "b") + field(9, struct.pack("<2f", 10, 20))
    graph = field(1, node("Conv", ["x", "w", "b"], ["c"]) + field(5, group) + field(5, size))
    graph += field(1, node("MaxPool", ["c"], ["y"]) + field(5, rows)) + field(2, "g") + field(5, weights) + field(5, bias)
    for name, shape in (("x", [1, 2, 2, 3]), ("w", [2, 1, 1, 1]), ("b", [2])):
        graph += field(11, value_info(name, shape))
    graph += field(12, value_info("y", [1, 2, 1, 3]))
    return field(1, 3) + field(7, graph) + field(8, field(2, 6))


def small_classifier():
    """Flatten, MatMul, Softmax over a window of 128 x 3."""
    weights = struct.pack("<1536f", *(((7 * i) % 23 - 11) / 500 for i in range(1536)))
    tensor = field(1, 384) + field(1, 4) + field(2, 1) + field(8, "d") + field(9, weights)
    graph = b"".join(
        field(1, n)
        for n in (node("Flatten", ["x"], ["f"]), node("MatMul", ["f", "d"], ["m"]), node("Softmax", ["m"], ["y"]))
    )
    graph += field(2, "wand") + field(5, tensor) + field(11, value_info("x", [1, 128, 3, 1]))
    graph += field(12, value_info("y", [1, 4]))
    return field(1, 8) + field(7, graph) + field(8, field(2, 17))


@pytest.fixture
def scenario(tmp_path):
    text = scenario_files.load("magic-wand-synthetic.json")
    model = tmp_path / "wand.onnx"
    model.write_bytes(small_classifier())
    text["model_wrapper"]["parameters"]["model_path"] = str(model)
    return scenario_files.write(tmp_path, text)


def test_without_the_importer_and_a_network_it_says_what_is_missing(kenning, scenario, tmp_path):
    result = kenning(
        "optimize", "--json-cfg", scenario, env={"KENNING_CACHE_DIR": str(tmp_path / "cache"), "KENNING_OFFLINE": "1"}
    )
    text = result.stdout + result.stderr
    assert result.returncode == 1, text
    assert "onnx==" in text and "KENNING_OFFLINE" in text


def test_an_onnx_model_runs(kenning, scenario, tmp_path):
    if os.environ.get("KN_ONNX") == "0":
        pytest.skip("KN_ONNX=0: the importer's 35 MB of Python packages shall not be downloaded")
    environment = {"KENNING_CACHE_DIR": str(tmp_path / "cache")}
    result = kenning(
        "optimize", "test", "--json-cfg", scenario, "--measurements", tmp_path / "results.json",
        limit_s=600, env=environment,
    )  # fmt: skip
    if "is there a network?" in result.stderr:
        pytest.skip("the ONNX importer's Python packages cannot be downloaded here")
    assert result.returncode == 0, result.stdout + result.stderr
    assert json.loads((tmp_path / "results.json").read_text())["total"] == 32
    older_operators_and_a_bias(kenning, scenario, tmp_path, environment)
    (tmp_path / "wand.onnx").write_bytes(b"not a model")
    broken = kenning("optimize", "--json-cfg", scenario, env={**environment, "KENNING_OFFLINE": "1"})
    assert broken.returncode == 2, broken.stdout + broken.stderr
    assert "wand.onnx: the ONNX importer" in broken.stdout + broken.stderr


def older_operators_and_a_bias(kenning, scenario, folder, environment):
    """The importer of 3.0.0 knows no operators of set 6, and loses the bias of a convolution in groups."""
    (folder / "older.onnx").write_bytes(depthwise_convolution())
    text = json.loads(scenario.read_text())
    text["model_wrapper"]["parameters"]["model_path"] = str(folder / "older.onnx")
    (folder / "older.json").write_text(json.dumps(text))
    compiled = kenning("optimize", "--json-cfg", folder / "older.json", env=environment)
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
    x = np.arange(-6, 6, dtype=np.float32).reshape(1, 2, 2, 3)
    c = x * np.array([3, -2], np.float32).reshape(1, 2, 1, 1) + np.array([10, 20], np.float32).reshape(1, 2, 1, 1)
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", c.max(2, keepdims=True))
    module = text["optimizers"][0]["parameters"]["compiled_model_path"]
    result = kenning("run", module, "--input", folder / "x.npy", "--expected-output", folder / "y.npy", "--tolerance", "1e-6")
    assert result.returncode == 0, result.stdout + result.stderr
