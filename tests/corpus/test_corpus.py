# SPDX-License-Identifier: Apache-2.0

"""Each module of the corpus, run by `kenning run` on the simulated device, answers as its manifest says."""

import json
import os

import numpy
import pytest
from conftest import SHARED

CORPUS = SHARED / "spec" / "corpus"
PERSON_DETECT = CORPUS / "person_detect"

# What TensorFlow Lite answers for the two pictures; the ONNX importer rounds differently.
PERSON_ANSWERS = {"person": [-113, 113], "no_person": [57, -57]}
PERSON_TOLERANCE = {"tosa218": 0, "tosa23": 0, "onnx": 3}
# The ONNX importer names the function after the graph.
PERSON_FUNCTION = {"tosa218": "main", "tosa23": "main", "onnx": "tf2onnx"}


def modules():
    """(release, model) for each module on disk; one row that skips where the corpus is absent."""
    found = sorted((path.parent.name, path.stem) for path in CORPUS.glob("*/*.vmfb") if path.parent != PERSON_DETECT)
    return found or [("no release", "no module")]


def person_modules():
    return sorted(path.name for path in PERSON_DETECT.glob("*.vmfb")) or ["no module"]


def call_arguments(call, folder):
    arguments = ["--function", call["function"]]
    for value in call["inputs"]:
        arguments += ["--input", folder / value["npy"] if "npy" in value else value["scalar"]]
    for value in call["outputs"]:
        arguments += ["--expected-output", folder / value["npy"] if "npy" in value else value["scalar"]]
    return arguments + ["--tolerance", call["tol"]]


def model_arguments(model, folder):
    calls = json.loads((folder / "manifest.json").read_text())[model]
    arguments = call_arguments(calls[0], folder)
    for call in calls[1:]:
        arguments += ["--call", *call_arguments(call, folder)]
    return arguments


@pytest.mark.parametrize(("release", "model"), modules())
def test_module_answers_as_the_manifest_says(shared, kenning, release, model):
    corpus = shared("spec/corpus")
    result = kenning("run", corpus / release / f"{model}.vmfb", *model_arguments(model, corpus / "models"))
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("module", person_modules())
@pytest.mark.parametrize("picture", PERSON_ANSWERS)
def test_person_detection(shared, kenning, tmp_path, module, picture):
    folder = shared("spec/corpus/person_detect")
    route = module.split(".")[1]
    numpy.save(tmp_path / "expected.npy", numpy.array([PERSON_ANSWERS[picture]], dtype=numpy.int8))
    result = kenning(
        "run", folder / module, "--function", PERSON_FUNCTION[route], "--input", folder / f"pd_{picture}_raw.npy",
        "--expected-output", tmp_path / "expected.npy", "--tolerance", PERSON_TOLERANCE[route],
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_wrong_answer_is_noticed(shared, kenning, tmp_path):
    """The comparison itself: one element of the expected output is moved, so the run must fail and name it."""
    corpus = shared("spec/corpus")
    right = numpy.load(corpus / "models" / "add_f32.0.out0.npy")
    wrong = right.copy()
    wrong.flat[41] += 0.5
    numpy.save(tmp_path / "wrong.npy", wrong)
    release = sorted(os.path.basename(path.parent) for path in corpus.glob("*/add_f32.vmfb"))[0]
    result = kenning(
        "run", corpus / release / "add_f32.vmfb", "--function", "main",
        "--input", corpus / "models" / "add_f32.0.in0.npy", "--input", corpus / "models" / "add_f32.0.in1.npy",
        "--expected-output", tmp_path / "wrong.npy", "--tolerance", 1e-5,
    )  # fmt: skip
    text = result.stdout + result.stderr
    assert result.returncode == 1, text
    assert "41" in text and "output 0" in text, text
