"""The real Magic Wand recordings on the device: accuracy on windows the model was not trained on."""

import json
import tarfile

import pytest
import scenario_files


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


def test_accuracy_on_windows_not_trained_on(finished, record_property):
    results = json.loads((finished / "results.json").read_text())
    matrix = results["eval_confusion_matrix"]
    right = sum(matrix[index][index] for index in range(len(matrix)))
    total = sum(map(sum, matrix))
    record_property("accuracy", f"{right} of {total}")
    print(f"real recordings: {right} of {total} test windows right")
    assert total == results["total"] > 100
    assert right / total >= 0.90, matrix
