# SPDX-License-Identifier: Apache-2.0

"""A device behind a pseudo terminal: all three wires as client, found out by asking, and what a sample costs."""

import json
import subprocess
import time

import pytest
import scenario_files
from conftest import ROOT
from quick_device import QuickDevice

BUILD = ROOT / "build"


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    folder = tmp_path_factory.mktemp("board")
    port = folder / "uart"
    process = subprocess.Popen(
        [BUILD / "bin/springbok-sim", BUILD / "firmware/springbok/firmware.elf", "--uart-pty", port, "--log", folder / "log"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 20
    while not port.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    yield port
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture(scope="module")
def compiled(kenning, tmp_path_factory):
    """compiled(port): the synthetic scenario for a device that is there already."""
    folder = tmp_path_factory.mktemp("uart")
    path = scenario_files.write(folder, scenario_files.load("magic-wand-synthetic.json"))
    result = kenning("optimize", "--json-cfg", path)
    assert result.returncode == 0, result.stderr

    def scenario(port):
        text = json.loads(path.read_text())
        scenario_files.attach(text, port)
        attached = folder / "attached.json"
        attached.write_text(json.dumps(text))
        return attached

    return scenario


@pytest.mark.parametrize("wire", ["legacy", "header8", "header12", "auto"])
def test_each_wire(kenning, compiled, board, tmp_path, wire):
    result = kenning("test", "--json-cfg", compiled(board), "--measurements", tmp_path / "r.json", "--wire", wire)
    assert result.returncode == 0, result.stderr
    results = json.loads((tmp_path / "r.json").read_text())
    assert results["total"] == 32 and results["allocation_stats"]


@pytest.mark.parametrize("wire", ["legacy", "header8", "header12"])
def test_the_wire_is_found_out(kenning, compiled, tmp_path, wire):
    device = QuickDevice(wire)
    result = kenning("test", "--json-cfg", compiled(device.port), "--measurements", tmp_path / "r.json", "--wire", "auto", "--timeout", 5)
    assert result.returncode == 0, result.stderr
    assert "The device speaks the wire format" in result.stderr
    assert json.loads((tmp_path / "r.json").read_text())["total"] == 32


def test_what_a_sample_costs(kenning, compiled, tmp_path):
    """Besides the device: data, process, output over a pseudo terminal. The device here is Python, which counts, too."""
    device = QuickDevice("legacy")
    result = kenning("test", "--json-cfg", compiled(device.port), "--measurements", tmp_path / "r.json")
    assert result.returncode == 0, result.stderr
    tags = json.loads((tmp_path / "r.json").read_text())["tags"]
    starts = sorted(tag["start"] for tag in tags if tag["name"] == "preprocessing")
    steps = sorted(b - a for a, b in zip(starts, starts[1:]))
    print(f"per sample: least {steps[0] * 1e3:.3f} ms, median {steps[len(steps) // 2] * 1e3:.3f} ms")
    assert steps[0] < 0.002
