# SPDX-License-Identifier: Apache-2.0

"""Person Detection: the synthetic twin to the last byte, the data set's ways into its folder, the real photographs."""

import io
import json
import shutil
import zipfile

import numpy as np
import pytest
import scenario_files
from conftest import ROOT
from file_server import FileServer

SYNTHETIC = "person-detection-synthetic.json"
PICTURES = ROOT / "scenarios/data/person-detection-synthetic"


def run(kenning, folder, scenario, **more):
    path = scenario_files.write(folder, scenario)
    return kenning(
        "optimize", "test", "--json-cfg", path, "--measurements", folder / "results.json",
        "--save-outputs", folder / "outputs", **more,
    )  # fmt: skip


def outputs(folder):
    """One row a sample, in the data set's order."""
    samples = json.loads((folder / "outputs/samples.json").read_text())
    rows = {
        sample["index"]: np.load(folder / f"outputs/sample_{position:05}_output_0.npy").reshape(-1)
        for position, sample in enumerate(samples)
    }
    return np.stack([rows[index] for index in sorted(rows)])


def test_the_synthetic_twin_answers_as_tflite_does(kenning, tmp_path):
    """Each output equals what TFLite's reference kernels gave for that picture, byte for byte."""
    result = run(kenning, tmp_path, scenario_files.load(SYNTHETIC))
    assert result.returncode == 0, result.stdout + result.stderr
    expected = np.load(ROOT / "models/person-detection/expected_outputs.npy")
    actual = outputs(tmp_path)
    assert actual.dtype == expected.dtype
    assert (actual == expected).all(), (actual != expected).any(axis=1).nonzero()
    results = json.loads((tmp_path / "results.json").read_text())
    matrix = results["eval_confusion_matrix"]
    assert results["total"] == len(expected) == 40
    assert matrix[0][0] + matrix[1][1] >= 38
    profile = results["simulator_profile"]
    assert profile["kernel_instructions"] / profile["inferences"] < 1_000_000


def archives():
    """The pictures as the two archives of the COCO site."""
    made = {}
    for path, folder in (
        ("/annotations/annotations_trainval2017.zip", "annotations"),
        ("/zips/val2017.zip", "val2017"),
    ):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for file in sorted((PICTURES / folder).iterdir()):
                archive.write(file, f"{folder}/{file.name}")
        made[path] = buffer.getvalue()
    return made


@pytest.fixture
def server():
    started = FileServer(archives())
    yield started
    started.stop()


def test_the_data_set_is_downloaded_once_and_a_broken_transfer_goes_on(kenning, tmp_path, server):
    scenario = scenario_files.load(SYNTHETIC)
    root = tmp_path / "coco"
    scenario["dataset"]["parameters"].update(dataset_root=str(root), download_dataset=True, split_fraction_test=0.2)
    environment = {"KENNING_COCO_URL": server.url}
    server.break_after["/zips/val2017.zip"] = 20_000
    broken = run(kenning, tmp_path, scenario, env=environment)
    if broken.returncode != 0:  # the tool may also have tried again itself
        assert "where it stopped" in broken.stdout + broken.stderr
        again = run(kenning, tmp_path, scenario, env=environment)
        assert again.returncode == 0, again.stdout + again.stderr
    asked = [(path, wanted) for path, wanted in server.requests if path == "/zips/val2017.zip"]
    assert asked[-1][1] == "bytes=20000-", asked
    assert sorted(p.name for p in root.iterdir()) == ["annotations", "val2017"]
    assert json.loads((tmp_path / "results.json").read_text())["total"] == 8
    server.stop()
    shutil.rmtree(tmp_path / "outputs")
    offline = run(kenning, tmp_path, scenario, env=environment)
    assert offline.returncode == 0, offline.stdout + offline.stderr


def test_without_a_network_it_says_what_to_do(kenning, tmp_path):
    scenario = scenario_files.load(SYNTHETIC)
    root = tmp_path / "coco"
    scenario["dataset"]["parameters"].update(dataset_root=str(root), download_dataset=True)
    refused = run(kenning, tmp_path, scenario, env={"KENNING_COCO_URL": "http://127.0.0.1:1"})
    text = refused.stdout + refused.stderr
    assert refused.returncode == 1, text
    assert "without a network, put annotations_trainval2017.zip" in text
    scenario["dataset"]["parameters"]["download_dataset"] = False
    absent = run(kenning, tmp_path, scenario)
    text = absent.stdout + absent.stderr
    assert absent.returncode == 2, text
    assert "download_dataset is false" in text
    root.mkdir(exist_ok=True)
    for path, content in archives().items():
        (root / path.rsplit("/", 1)[1]).write_bytes(content)
    unpacked = run(kenning, tmp_path, scenario)
    assert unpacked.returncode == 0, unpacked.stdout + unpacked.stderr


def test_real_photographs(kenning, shared, tmp_path):
    """All 128, with the real network: each output, accuracy, and what DESIGN allows for its kernels."""
    scenario = scenario_files.load("person-detection.json")
    scenario["dataset"]["parameters"]["dataset_root"] = str(shared("data/coco128"))
    scenario["model_wrapper"]["parameters"]["model_path"] = str(
        shutil.copy(shared("data/person-detection/person_detect.tflite"), tmp_path)
    )
    result = run(kenning, tmp_path, scenario)
    assert result.returncode == 0, result.stdout + result.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    # What TFLite's reference kernels give for these photographs (models/checks/compare_with_tflite.py).
    expected = np.load(ROOT / "models/checks/person_detect_coco128.npy")
    actual = outputs(tmp_path)
    assert actual.dtype == expected.dtype and actual.shape == expected.shape
    assert (actual == expected).all(), (actual != expected).any(axis=1).nonzero()
    matrix = results["eval_confusion_matrix"]
    profile = results["simulator_profile"]
    print(f"{matrix[0][0] + matrix[1][1]:.0f} of {results['total']} photographs right")
    assert results["total"] == 128
    assert matrix[0][0] + matrix[1][1] == 101  # accuracy 0.789; the reference's, as all outputs are
    assert profile["kernel_instructions"] / profile["inferences"] <= 4_600_000
