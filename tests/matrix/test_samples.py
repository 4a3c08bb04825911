# SPDX-License-Identifier: Apache-2.0

"""The committed part of the matrix: modules of nine releases answer right on the simulated device."""

import cases
import matrix
import pytest

SAMPLES = matrix.ROOT / "tests" / "matrix" / "samples"
MODELS = {model.name: model for model in cases.own_models()}


def samples():
    return sorted((path.parent.name, path.stem) for path in SAMPLES.glob("*/*.vmfb"))


def test_there_are_enough_samples():
    assert len({release for release, _ in samples()}) >= 8
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*.vmfb")) < 1_500_000


@pytest.mark.parametrize(("release", "model"), samples())
def test_sample(release, model):
    programs = matrix.Programs(matrix.KENNING, matrix.FIRMWARE)
    failure = matrix.run_on_device(SAMPLES / release / f"{model}.vmfb", MODELS[model].calls, programs)
    assert failure is None, failure


def test_a_wrong_answer_is_noticed():
    model = MODELS["dense_i8"]
    wrong = model.calls[0].outputs[0].copy()
    wrong.flat[7] += 1
    call = cases.Call("main", model.calls[0].inputs, [wrong])
    failure = matrix.run_on_device(SAMPLES / "3.5.0" / "dense_i8.vmfb", [call], matrix.Programs(matrix.KENNING, matrix.FIRMWARE))
    assert "[7]" in failure or "1,7" in failure or "differs" in failure, failure
