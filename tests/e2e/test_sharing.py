# SPDX-License-Identifier: Apache-2.0

"""One evaluation on several devices and machines; runs that fail in the middle; Ctrl-C."""

import json
import os
import pty
import signal
import struct
import subprocess
import threading
import time

import pytest
import scenario_files
from conftest import KENNING, ROOT

SCENARIO = "magic-wand-synthetic.json"
# Measured on the host's clock, or telling the command line.
WALL_CLOCK = {
    "command", "tags", "input_preprocess_step", "input_preprocess_step_timestamp", "output_postprocess_step",
    "output_postprocess_step_timestamp",
}  # fmt: skip


@pytest.fixture(scope="module")
def compiled(kenning, tmp_path_factory):
    """The scenario, all of whose recordings are tested, with its model compiled; and what one device makes of it."""
    folder = tmp_path_factory.mktemp("sharing")
    scenario = scenario_files.load(SCENARIO)
    scenario["dataset"]["parameters"]["split_fraction_test"] = 0.5
    path = scenario_files.write(folder, scenario)
    for words in ("optimize",), ("test", "--measurements", folder / "one.json"):
        result = kenning(words[0], "--json-cfg", path, *words[1:])
        assert result.returncode == 0, result.stderr
    return path, folder / "one.json"


def same_measurements(first, second):
    one, other = (json.loads(path.read_text()) for path in (first, second))
    assert list(one) == list(other)
    for key in one:
        if key in WALL_CLOCK:
            assert len(one[key]) == len(other[key]) or key == "command", key
        else:
            assert one[key] == other[key], key


def test_several_devices_give_what_one_gives(kenning, compiled, tmp_path):
    scenario, one = compiled
    outputs = tmp_path / "outputs"
    result = kenning(
        "test", "--json-cfg", scenario, "--measurements", tmp_path / "three.json", "--devices", 3, "--save-outputs", outputs
    )
    assert result.returncode == 0, result.stderr
    same_measurements(one, tmp_path / "three.json")
    rows = json.loads((outputs / "samples.json").read_text())
    assert [row["position"] for row in rows] == list(range(80))
    assert len(list(outputs.glob("*.npy"))) == 80


def test_shards_merge_to_what_one_run_gives(kenning, compiled, tmp_path):
    scenario, one = compiled
    parts = [tmp_path / f"part{i}.json" for i in (1, 2, 3)]
    for i, part in enumerate(parts, 1):
        result = kenning("test", "--json-cfg", scenario, "--measurements", part, "--shard", f"{i}/3", "--devices", 2)
        assert result.returncode == 0, result.stderr
    merged = tmp_path / "merged.json"
    result = kenning("merge", *reversed(parts), "--measurements", merged)
    assert result.returncode == 0, result.stderr
    same_measurements(one, merged)
    # Parts that do not make a whole are named.
    result = kenning("merge", parts[0], parts[2], "--measurements", merged)
    assert result.returncode == 2 and "are in none of the parts" in result.stderr
    result = kenning("merge", parts[0], parts[0], parts[1], parts[2], "--measurements", merged)
    assert result.returncode == 2 and "are in another part" in result.stderr
    result = kenning("merge", one, scenario, "--measurements", merged)
    assert result.returncode == 2 and str(one) in result.stderr and str(scenario) in result.stderr
    same_measurements(one, merged)


@pytest.mark.parametrize(
    "words", [("--devices", "0"), ("--devices", "x"), ("--shard", "0/2"), ("--shard", "3/2"), ("--shard", "1")], ids=" ".join
)
def test_wrong_numbers(kenning, compiled, tmp_path, words):
    result = kenning("test", "--json-cfg", compiled[0], "--measurements", tmp_path / "r.json", *words)
    assert result.returncode == 2 and words[0] in result.stderr, result.stderr


def test_several_devices_need_the_simulator(kenning, compiled, tmp_path):
    result = kenning("test", "--json-cfg", compiled[0], "--measurements", tmp_path / "r.json", "--devices", 2, "--simulator", "/dev/null")
    assert result.returncode == 2 and "--devices" in result.stderr, result.stderr


class LegacyDevice:
    """A device on a pseudo terminal that answers as it should until `samples` have run, and then does `end`."""

    def __init__(self, samples, end):
        self.master, slave = pty.openpty()
        self.port = os.ttyname(slave)
        self.slave = slave
        self.left, self.end = samples, end
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def read(self, size):
        data = b""
        while len(data) < size:
            data += os.read(self.master, size - len(data))
        return data

    def answer(self, kind, payload=b""):
        os.write(self.master, struct.pack("<IH", len(payload) + 2, kind) + payload)

    def run(self):
        import tty

        tty.setraw(self.slave)
        try:
            while True:
                size, kind = struct.unpack("<IH", self.read(6))
                self.read(size - 2)
                if kind == 4 and self.left == 0:
                    if self.end == "vanish":
                        os.close(self.slave)
                        os.close(self.master)
                        return
                    if self.end == "lie":
                        os.write(self.master, b"\xff" * 50)
                    if self.end == "fail":
                        self.answer(1)
                    if self.end == "dribble":
                        for _ in range(100):
                            os.write(self.master, b"\x10")
                            time.sleep(0.1)
                    continue
                self.left -= kind == 4
                self.answer(0, struct.pack("<4f", 1, 0, 0, 0) if kind == 5 else b"")
        except OSError:
            pass


@pytest.mark.parametrize("end", ["silence", "vanish", "lie", "fail", "dribble"])
def test_a_device_that_breaks_down_ends_the_run(kenning, compiled, tmp_path, end):
    device = LegacyDevice(5, end)
    good = tmp_path / "results.json"
    good.write_text('{"from": "an earlier run"}')
    start = time.monotonic()
    result = kenning(
        "test", "--json-cfg", compiled[0], "--measurements", good, "--simulator", device.port, "--wire", "legacy", "--timeout", 2
    )
    assert time.monotonic() - start < 20
    assert result.returncode == 1, result.stderr
    assert "test sample 6 of 80" in result.stderr, result.stderr
    assert good.read_text() == '{"from": "an earlier run"}'
    partial = json.loads((tmp_path / "results.partial.json").read_text())
    assert partial["total"] == 5 and len(partial["protocol_inference_step"]) == 5
    assert partial["partial"]["measured"] == 5 and partial["partial"]["of"] == 80
    assert "test sample 6 of 80" in partial["partial"]["reason"]


def test_control_c_keeps_what_was_measured(compiled, tmp_path):
    device = LegacyDevice(3, "silence")
    process = subprocess.Popen(
        [KENNING, "test", "--json-cfg", compiled[0], "--measurements", tmp_path / "r.json", "--simulator", device.port, "--wire", "legacy"],
        cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, text = process.communicate(timeout=20)
    assert process.returncode == 1 and "stopped by the user" in text, text
    assert not (tmp_path / "r.json").exists()
    assert json.loads((tmp_path / "r.partial.json").read_text())["total"] == 3


def test_a_good_run_removes_what_a_failed_one_left(kenning, compiled, tmp_path):
    (tmp_path / "r.partial.json").write_text("{}")
    result = kenning("test", "--json-cfg", compiled[0], "--measurements", tmp_path / "r.json")
    assert result.returncode == 0 and not (tmp_path / "r.partial.json").exists(), result.stderr
