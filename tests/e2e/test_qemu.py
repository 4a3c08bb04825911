# SPDX-License-Identifier: Apache-2.0

"""The firmware of board/qemu-virt in QEMU, an independent judge: the same answers, bit for bit."""

import io
import json
import os
import shutil
import signal
import subprocess
import time

import numpy
import pytest
import scenario_files
from conftest import ROOT

SCRIPT = ROOT / "platforms" / "qemu-virt.sh"
SAMPLES = 4  # of 32: QEMU takes its bytes sixteen at a time, which is slow on a busy machine

pytestmark = pytest.mark.skipif(
    shutil.which("qemu-system-riscv32") is None, reason="QEMU's system emulator is not installed (package qemu-system-misc)"
)


@pytest.fixture(scope="module")
def firmware():
    """board -> its image, built now; it is no part of the build that `make build` makes."""

    def build(board):
        result = subprocess.run(
            ["cmake", "--workflow", "--preset", board], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600
        )
        assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
        return ROOT / "build" / "firmware" / board / "firmware.elf"

    return build


def run(kenning, folder, simulator, change=lambda scenario: None, steps=("optimize", "test"), samples=SAMPLES):
    scenario = scenario_files.load("magic-wand-synthetic.json")
    scenario["inference_loop"] = {"type": "RemoteSequentialInferenceLoop", "parameters": {"inference_limit": samples}}
    change(scenario)
    path = scenario_files.write(folder, scenario)
    outputs = folder / f"outputs-{simulator}"
    result = kenning(
        *steps, "--json-cfg", path, "--measurements", folder / f"{simulator}.json", "--simulator", simulator,
        "--save-outputs", outputs, limit_s=900, env={"TMPDIR": str(folder)},
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    assert not list(folder.glob("kenning-*")), "temporary files are left"
    return {file.name: file.read_bytes() for file in outputs.iterdir()}, result


def test_the_scenario_gives_the_same_bits_on_qemu_and_on_our_simulator(kenning, firmware, tmp_path):
    firmware("qemu-virt")
    ours, _ = run(kenning, tmp_path, "builtin")
    theirs, result = run(kenning, tmp_path, "qemu", steps=("test",))
    assert theirs == ours
    assert len(ours) == SAMPLES + 1
    first, second = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("builtin", "qemu"))
    assert first["eval_confusion_matrix"] == second["eval_confusion_matrix"]
    # QEMU counts nothing, and the tool says so.
    assert "opcode_counters" not in second
    assert "keeps its counters to itself" in result.stdout + result.stderr


@pytest.mark.skipif(shutil.which("qemu-system-riscv64") is None, reason="QEMU's system emulator for RV64 is not installed")
def test_an_rv64_model_on_the_rv64_image(kenning, firmware, board, tmp_path):
    """The same sources for RV64 and the same network compiled for it; sums may be ordered otherwise, so not bit for bit."""
    firmware("qemu-virt-rv64")
    (tmp_path / "rv32").mkdir()
    ours, _ = run(kenning, tmp_path / "rv32", "builtin", samples=2)

    def for_rv64(scenario):
        scenario["optimizers"][0]["parameters"]["compiler_args"] = [
            "iree-vm-bytecode-module-strip-source-map=true",
            "iree-llvmcpu-target-triple=riscv64-unknown-elf",
            "iree-llvmcpu-target-cpu=generic-rv64",
            "iree-llvmcpu-target-cpu-features=+m,+f,+d,+v,+zvl128b",
            "iree-llvmcpu-target-abi=lp64d",
        ]

    theirs, _ = run(kenning, tmp_path, "qemu-rv64", for_rv64, samples=2)
    assert set(theirs) == set(ours)
    for name in ours:
        if name.endswith(".npy"):
            first, second = (numpy.load(io.BytesIO(outputs[name])) for outputs in (ours, theirs))
            assert numpy.abs(first - second).max() < 1e-5

    # The module alone: what it is for is read from it, and only a place with that core takes it.
    module, sample = tmp_path / "model.vmfb", tmp_path / "sample.npy"
    numpy.save(sample, numpy.zeros((1, 128, 3, 1), numpy.float32))
    info = kenning("info", module)
    assert info.returncode == 0 and "--simulator qemu-rv64" in info.stdout, info.stdout
    assert json.loads(kenning("info", module, "--json").stdout)["architecture"] == "riscv64"
    refused = kenning("run", module, "--input", sample)
    assert refused.returncode == 2
    assert "kernels are for riscv64, the firmware runs riscv32" in refused.stderr and "--simulator qemu-rv64" in refused.stderr
    # Nobody knows which core is behind a UART, so there the module is sent.
    board("--rv64")
    for place in ("qemu-rv64", tmp_path / "uart"):
        ran = kenning("run", module, "--input", sample, "--simulator", place, limit_s=300)
        assert ran.returncode == 0, ran.stderr
        assert "1x4xf32" in ran.stdout


@pytest.fixture
def board(tmp_path):
    """board(args…): qemu-virt.sh in the background, ended and cleaned up after the test."""
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [SCRIPT, "--uart", tmp_path / "uart", "--log", tmp_path / "device.log", *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=(tmp_path / "qemu.err").open("w"), start_new_session=True,
        )  # fmt: skip
        started.append(process)
        wait_for("Runtime started", tmp_path)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(text, folder, limit_s=60):
    deadline = time.monotonic() + limit_s
    log = folder / "device.log"
    while not (log.exists() and text in log.read_text() and (folder / "uart").is_symlink()):
        assert time.monotonic() < deadline, f"no '{text}': {(folder / 'qemu.err').read_text()}"
        time.sleep(0.05)


def test_the_script_starts_serves_and_cleans_up(kenning, firmware, board, tmp_path):
    firmware("qemu-virt")
    process = board()
    module = ROOT / "tests" / "e2e"  # no module
    refused = kenning("run", module, "--simulator", tmp_path / "uart")
    assert refused.returncode == 2
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    assert not (tmp_path / "uart").is_symlink()


@pytest.mark.parametrize(
    "arguments, part",
    [
        ([], "--uart PATH is missing"),
        (["--uart"], "--uart needs a value"),
        (["--uart", "/tmp/x", "--vlen", "100"], "--vlen is"),
        (["--uart", "/tmp/x", "--firmware", "/no/such.elf"], "/no/such.elf is not there"),
        (["--speed"], "unknown argument --speed"),
    ],
)
def test_wrong_use_of_the_script(arguments, part):
    result = subprocess.run([SCRIPT, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    assert result.returncode == 2
    assert part in result.stderr


def test_a_qemu_that_is_not_there(firmware, kenning, tmp_path):
    firmware("qemu-virt")
    scenario = scenario_files.write(tmp_path, scenario_files.load("magic-wand-synthetic.json"))
    result = kenning(
        "optimize", "test", "--json-cfg", scenario, "--measurements", tmp_path / "r.json", "--simulator", "qemu",
        env={"QEMU_RISCV32": "/no/such/qemu"},
    )  # fmt: skip
    assert result.returncode == 1
    assert "/no/such/qemu is not there" in result.stdout + result.stderr
