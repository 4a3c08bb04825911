# SPDX-License-Identifier: Apache-2.0

"""The sensor build: the classes follow the gestures that the accelerometer is fed with."""

import json
import subprocess
import tarfile

import numpy
import pytest
import scenario_files
from conftest import ROOT

WINDOW = 128
CLASSES = ["wing", "ring", "slope", "negative"]
# Written by rows_of() from the synthetic recordings; the model was trained on real ones.
SYNTHETIC_FEED = ROOT / "scenarios" / "data" / "magic-wand-sensor.data"
SYNTHETIC_ORDER = ["wing", "ring", "slope", "ring"]
SIM = ROOT / "build" / "bin" / "springbok-sim"
FIRMWARE = ROOT / "build" / "firmware" / "springbok" / "firmware_sensor.elf"


def gesture_windows(dataset, folder):
    """label -> windows of the test as the loader makes them, whole numbers: n x 128 x 3."""
    dump = ROOT / "build/host/host/dataset/dump_samples"
    subprocess.run([dump, "magic-wand", dataset, folder], check=True, stdout=subprocess.DEVNULL)
    windows = numpy.fromfile(folder / "samples.bin", dtype=numpy.float32).reshape(-1, WINDOW, 3)
    labels = numpy.loadtxt(folder / "labels.txt", dtype=int)
    test = numpy.loadtxt(folder / "test.txt", dtype=int)
    return {label: windows[[i for i in test if labels[i] == label]].round().astype(int) for label in set(labels)}


def write_feed(folder, rows):
    path = folder / "feed.data"
    path.write_text("".join(f"{x} {y} {z}\n" for x, y, z in rows))
    return path


def feed_of_noise(folder):
    return write_feed(folder, [(i % 7 * 100, -i, 1000) for i in range(WINDOW)])


def run(kenning, folder, feed, batches, extra=()):
    scenario = scenario_files.load("magic-wand-sensor.json")
    scenario["platform"]["parameters"]["number_of_batches"] = batches
    path = scenario_files.write(folder, scenario)
    return kenning(
        "optimize", "test", "--json-cfg", path, "--measurements", folder / "results.json",
        "--save-outputs", folder / "outputs", "--sensor-feed", feed, *extra, limit_s=600,
    )  # fmt: skip


def outputs_of(folder, count):
    return [numpy.load(folder / "outputs" / f"sample_{i:05}_output_0.npy").ravel() for i in range(count)]


def expected_outputs(kenning, folder, windows):
    """The same model on the base firmware, fed with the same windows over the UART."""
    outputs = []
    module = folder / "model.vmfb"
    for index, window in enumerate(windows):
        # The register keeps 10 of 12 bits: the value read is the feed's, cut to a multiple of 4.
        values = (numpy.array(window, dtype=numpy.int32) >> 2 << 2).astype(numpy.float32)
        source = folder / f"window{index}.npy"
        numpy.save(source, values.reshape(1, WINDOW, 3, 1))
        result = kenning("run", module, "--input", source, "--output", folder / f"expected{index}")
        assert result.returncode == 0, result.stdout + result.stderr
        outputs.append(numpy.load(folder / f"expected{index}" / "call1_output0.npy").ravel())
    return outputs


def rows_of(dataset, folder, classes):
    """One test window a class, one after the other."""
    windows = gesture_windows(dataset, folder / "windows")
    return numpy.concatenate([windows[CLASSES.index(name)][n] for n, name in enumerate(classes)])


def follow(kenning, folder, feed):
    """The classes at the moments when a gesture is whole; the windows between hold the end of one and the
    beginning of the next."""
    names = CLASSES
    rows = numpy.loadtxt(feed, dtype=int)
    batches = len(rows) - WINDOW + 1
    result = run(kenning, folder, feed, batches)
    assert result.returncode == 0, result.stdout + result.stderr
    results = json.loads((folder / "results.json").read_text())
    assert results["class_names"] == names
    assert sum(results["predictions"]) == batches
    assert "eval_confusion_matrix" not in results
    outputs = outputs_of(folder, batches)
    # One inference a sample: inference n looked at samples n .. n+127, every byte of them.
    picked = list(range(0, batches, WINDOW)) + [1, 63, batches // 2]
    expected = expected_outputs(kenning, folder, [rows[n : n + WINDOW] for n in picked])
    for n, wanted in zip(picked, expected):
        assert (outputs[n] == wanted).all(), f"window {n}"
    return [names[int(outputs[n].argmax())] for n in range(0, batches, WINDOW)]


def test_classes_follow_the_synthetic_gestures(kenning, tmp_path):
    rows = rows_of(ROOT / "scenarios/data/magic-wand-synthetic", tmp_path, SYNTHETIC_ORDER)
    assert write_feed(tmp_path, rows).read_text() == SYNTHETIC_FEED.read_text()
    assert follow(kenning, tmp_path, SYNTHETIC_FEED) == SYNTHETIC_ORDER


def test_classes_follow_the_real_gestures(kenning, shared, tmp_path):
    with tarfile.open(shared("data/magic-wand/data.tar.gz")) as tar:
        tar.extractall(tmp_path / "recordings")
    order = ["wing", "slope", "ring", "negative", "wing", "ring"]
    feed = write_feed(tmp_path, rows_of(tmp_path / "recordings", tmp_path, order))
    assert follow(kenning, tmp_path, feed) == order


def test_a_scenario_alone_feeds_its_own_data(kenning, tmp_path):
    scenario = scenario_files.load("magic-wand-sensor.json")
    scenario["platform"]["parameters"]["number_of_batches"] = 2
    result = kenning(
        "optimize", "test", "report", "--json-cfg", scenario_files.write(tmp_path, scenario),
        "--measurements", tmp_path / "results.json", "--report-path", tmp_path / "report.md",
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    assert sum(json.loads((tmp_path / "results.json").read_text())["predictions"]) == 2
    assert "no truth was known" in (tmp_path / "report.md").read_text()


@pytest.mark.parametrize(
    "content, parts",
    [
        ("1 2\n", ["feed.data:1", "three values"]),
        ("1 2 3\n1 2 99999\n", ["feed.data:2", "three integers"]),
        ("", ["feed.data:1", "no samples"]),
    ],
)
def test_a_feed_that_is_none(kenning, tmp_path, content, parts):
    feed = tmp_path / "feed.data"
    feed.write_text(content)
    result = run(kenning, tmp_path, feed, 1)
    assert result.returncode == 2, result.stdout + result.stderr
    for part in parts:
        assert part in result.stdout + result.stderr


def test_the_base_firmware_has_no_sensor(kenning, tmp_path):
    feed = feed_of_noise(tmp_path)
    base = ROOT / "build" / "firmware" / "springbok" / "firmware.elf"
    result = run(kenning, tmp_path, feed, 1, ("--firmware", base))
    assert result.returncode == 1
    assert "PROCESS" in result.stdout + result.stderr


def simulate(tmp_path, *arguments):
    return subprocess.run(
        [SIM, FIRMWARE, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, cwd=tmp_path
    )


def test_without_the_sensor_platform_the_firmware_says_so_and_ends(tmp_path):
    """Registers of devices that are not there read 0: not the sensor's identity."""
    result = simulate(tmp_path)
    assert result.returncode == 1, result.stderr
    assert "accelerometer cannot be set up: status 0x00000806" in result.stderr
    assert "main returned" in result.stderr


def test_a_feed_that_runs_out_is_an_error_not_a_hang(kenning, tmp_path):
    """springbok-sim gives the feed once; the device answers ERROR when nothing new comes."""
    feed = feed_of_noise(tmp_path)
    uart = tmp_path / "uart"
    with (tmp_path / "device.log").open("w") as log:
        board = subprocess.Popen(
            [SIM, FIRMWARE, "--sensor-feed", feed, "--uart-pty", uart], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        scenario = scenario_files.load("magic-wand-sensor.json")
        scenario["platform"]["parameters"].update(simulated=False, uart_port=str(uart), number_of_batches=5)
        path = scenario_files.write(tmp_path, scenario)
        result = kenning("optimize", "test", "--json-cfg", path, "--measurements", tmp_path / "results.json")
        assert result.returncode == 1, result.stdout + result.stderr
        assert "inference 2 of 5 on the sensor's samples failed" in result.stdout + result.stderr
        assert "0x00000882" in (tmp_path / "device.log").read_text()  # SensorNoData
    finally:
        board.terminate()
        board.wait(timeout=10)
