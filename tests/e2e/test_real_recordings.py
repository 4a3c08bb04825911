# SPDX-License-Identifier: Apache-2.0

"""The real Magic Wand recordings on the device: accuracy on windows the model was not trained on."""

import json
import subprocess
import sys
import tarfile

import pytest
import scenario_files
from conftest import ROOT


@pytest.fixture(scope="module")
def finished(kenning, shared, tmp_path_factory):
    archive = shared("data/magic-wand/data.tar.gz")
    folder = tmp_path_factory.mktemp("real")
    with tarfile.open(archive) as tar:
        tar.extractall(folder / "recordings")
    scenario = scenario_files.load("magic-wand.json")
    scenario["dataset"]["parameters"].update(dataset_root=str(folder / "recordings"), download_dataset=False)
    path = scenario_files.write(folder, scenario)
    result = kenning(
        "optimize", "test", "--json-cfg", path, "--measurements", folder / "results.json", "--save-outputs", folder / "outputs",
        limit_s=900,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


def test_accuracy_on_windows_not_trained_on(finished):
    results = json.loads((finished / "results.json").read_text())
    matrix = results["eval_confusion_matrix"]
    right = round(sum(matrix[index][index] for index in range(len(matrix))))
    total = round(sum(map(sum, matrix)))
    print(f"real recordings: {right} of {total} test windows right")
    assert total == results["total"] > 100
    assert right / total >= 0.90, matrix


def test_every_output_agrees_with_the_same_model_on_this_machine(finished):
    """Each device output against the same MLIR compiled for the host: same class, |difference| <= 1e-4."""
    check = subprocess.run(
        [
            sys.executable, ROOT / "models/checks/compare_with_host.py", "--mlir", finished / "model.vmfb.mlir",
            "--outputs", finished / "outputs", "--dataset", finished / "recordings",
            "--dump-samples", ROOT / "build/host/host/dataset/dump_samples",
            "--iree-compile", ROOT / "build/venv/bin/iree-compile",
        ],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    print(check.stdout[-500:])
    assert check.returncode == 0, check.stdout[-3000:] + check.stderr[-3000:]
