# SPDX-License-Identifier: Apache-2.0

"""The simulator, cross-built for 64-bit Arm and run by qemu-aarch64, passes its tests and runs a model."""

import json
import os
import pathlib
import shutil
import subprocess
import time

import pytest
from conftest import ROOT

BUILD = ROOT / "build" / "portable"
# `qemu-aarch64` looks for the loader and libraries of the target there; the cross compiler brings them.
SYSROOT = pathlib.Path("/usr/aarch64-linux-gnu")
EMULATOR = ["qemu-aarch64", "-L", str(SYSROOT)]
TESTS = ("isa", "fp", "hart", "vector")
# The sweep over every vector instruction takes minutes under emulation: one part in so many.
SHARDS = {"vector": 40}
FIRMWARE = ROOT / "build" / "firmware" / "springbok" / "firmware.elf"


@pytest.fixture(scope="session")
def portable():
    """The folder of the cross build; skips where the tools for it are missing."""
    needed = {
        "qemu-aarch64 (package qemu-user)": shutil.which("qemu-aarch64"),
        "the C++ library for arm64 (package g++-aarch64-linux-gnu)": (SYSROOT / "lib" / "libstdc++.so.6").exists(),
        "GoogleTest's source (package googletest)": pathlib.Path("/usr/src/googletest").exists(),
    }
    missing = [name for name, there in needed.items() if not there]
    if missing:
        pytest.skip("not installed: " + ", ".join(missing))
    targets = [f"sim_{name}_test" for name in TESTS] + ["springbok-sim"]
    for command in (
        ["cmake", "--preset", "portable"],
        ["cmake", "--build", "--preset", "portable", "--target", *targets],
    ):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1500, check=False)
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return BUILD


@pytest.mark.parametrize("name", TESTS)
def test_unit_tests_pass(portable, name):
    environment = {**os.environ, "GTEST_TOTAL_SHARDS": str(SHARDS.get(name, 1)), "GTEST_SHARD_INDEX": "0"}
    environment.pop("GTEST_OUTPUT", None)
    done = subprocess.run(
        [*EMULATOR, str(portable / "sim" / name / f"sim_{name}_test")],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert "[  PASSED  ]" in done.stdout


def test_a_model_answers_right(portable, kenning, shared, tmp_path):
    """One module of the corpus through the real firmware, kenning on this host at the pseudo terminal."""
    corpus = shared("spec/corpus")
    if not FIRMWARE.exists():
        pytest.skip("the firmware is not built (cmake --build --preset springbok)")
    module = corpus / "3.6.0" / "wand_f32.vmfb"
    call = json.loads((corpus / "models" / "manifest.json").read_text())[module.stem][0]
    uart = tmp_path / "uart"
    simulator = subprocess.Popen(
        [*EMULATOR, str(portable / "bin" / "springbok-sim"), str(FIRMWARE), "--uart-pty", str(uart)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not uart.exists():
            assert simulator.poll() is None, simulator.stderr.read().decode()
            assert time.monotonic() < deadline, "the pseudo terminal does not appear"
            time.sleep(0.05)
        arguments = ["--function", call["function"], "--tolerance", call["tol"]]
        for option, values in (("--input", call["inputs"]), ("--expected-output", call["outputs"])):
            for value in values:
                arguments += [option, corpus / "models" / value["npy"] if "npy" in value else value["scalar"]]
        result = kenning("run", module, "--simulator", uart, "--timeout", "120", *arguments)
        assert result.returncode == 0, result.stdout + result.stderr
    finally:
        simulator.terminate()
        simulator.wait(timeout=20)
