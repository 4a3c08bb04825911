# SPDX-License-Identifier: Apache-2.0

"""Modules of the corpus leave the same counters and outputs behind whichever engine runs them, and agree on the way: every
61 instructions on the hart and the accesses to memory, at each answer also on memory and the whole profile.

Every eighth module; KN_ALL_ENGINES=1 takes all.
"""

import json
import os
import pathlib
import subprocess

import numpy
import pytest
from test_corpus import CORPUS, PERSON_DETECT, model_arguments, modules

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAIR = ROOT / "build" / "bin" / "engine-pair-session"
FIRMWARE = ROOT / "build" / "firmware" / "springbok" / "firmware.elf"
TENSOR_TYPES = {"float32": "f32", "int8": "i8"}

STEP = 1 if os.environ.get("KN_ALL_ENGINES") else 8
ENGINES = {
    "translator": {},
    "translator, AVX2": {"KN_HOST_SIMD": "avx2"},
    "translator, baseline": {"KN_HOST_SIMD": "baseline"},
    "interpreter": {"KN_ENGINE": "interpreter"},
}


def traces(kenning, tmp_path, *arguments):
    """What each engine leaves: its exit code, and its files by name."""
    found = {}
    for number, (name, environment) in enumerate(ENGINES.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        result = kenning("run", *arguments, "--counters", folder / "counters.json", "--output", folder, env=environment)
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        assert "counters.json" in files, result.stderr
        found[name] = (result.returncode, files)
    return found


def assert_all_equal(found):
    code, files = found["interpreter"]
    for name, (other_code, others) in found.items():
        assert other_code == code, name
        assert others.keys() == files.keys(), name
        for file, content in files.items():
            assert others[file] == content, f"{file} of the {name}"


@pytest.mark.parametrize(("release", "model"), modules()[::STEP])
def test_engines_agree(shared, kenning, tmp_path, release, model):
    corpus = shared("spec/corpus")
    assert_all_equal(traces(kenning, tmp_path, corpus / release / f"{model}.vmfb", *model_arguments(model, corpus / "models")))


def test_engines_agree_on_person_detection(shared, kenning, tmp_path):
    shared("spec/corpus")
    module = PERSON_DETECT / "person_detect.tosa218.3.1.0.rv32.vmfb"
    assert_all_equal(traces(kenning, tmp_path, module, "--input", CORPUS / "person_detect" / "pd_person_raw.npy"))


def tensor_of(array):
    return "x".join([*map(str, array.shape), TENSOR_TYPES[str(array.dtype)]])


def pairs():
    """(release, model) for the modules that the session can talk to: one input, one output, called main."""
    if not CORPUS.exists():
        return [("no release", "no module")]
    manifest = json.loads((CORPUS / "models" / "manifest.json").read_text())
    calls = {model: calls[0] for model, calls in manifest.items()}
    plain = [model for model, call in calls.items() if call["function"] == "main" and len(call["inputs"]) == len(call["outputs"]) == 1]
    found = [(release, model) for release, model in modules() if model in plain]
    return found[:: 1 if STEP == 1 else 3]


def assert_pair_agrees(tmp_path, module, array, output):
    raw = tmp_path / "input.raw"
    raw.write_bytes(array.tobytes())
    result = subprocess.run(
        [PAIR, FIRMWARE, module, raw, tensor_of(array), output], capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, result.stderr
    assert int(result.stdout.split()[0]) > 1000


@pytest.mark.parametrize(("release", "model"), pairs())
def test_engines_agree_on_the_way(shared, tmp_path, release, model):
    corpus = shared("spec/corpus")
    call = json.loads((corpus / "models" / "manifest.json").read_text())[model][0]
    arrays = [numpy.load(corpus / "models" / call[side][0]["npy"]) for side in ("inputs", "outputs")]
    assert_pair_agrees(tmp_path, corpus / release / f"{model}.vmfb", arrays[0], tensor_of(arrays[1]))


def test_engines_agree_on_the_way_of_person_detection(shared, tmp_path):
    shared("spec/corpus")
    module = PERSON_DETECT / "person_detect.tosa218.20240621.931.rv32.vmfb"
    assert_pair_agrees(tmp_path, module, numpy.load(CORPUS / "person_detect" / "pd_person_raw.npy"), "1x2xi8")
