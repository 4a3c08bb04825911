# SPDX-License-Identifier: Apache-2.0

"""QEMU and our simulator count the same instructions, to the last one, between the same two markers.

Both run one image (tests/isa/instruction_count): the firmware's device on a session that lies in memory. The markers
are two readings of instret by the guest. QEMU's instret is its instruction count under -icount shift=0.
"""

import os
import re
import shutil
import struct
import subprocess
import sys

import numpy
import pytest
import scenario_files
from conftest import ROOT

sys.path.append(str(ROOT / "tests" / "matrix"))
import cases  # noqa: E402

QEMU = "qemu-system-riscv32"
CPU = "rv32,v=true,vlen=512,elen=32,vext_spec=v1.0"
OURS = ROOT / "build" / "bin" / "instruction-count"
IMAGE = ROOT / "build" / "firmware" / "qemu-virt" / "counted_session.elf"
RECORDING_BASE, RECORDING_MAGIC = 0x83000000, 0x31434552  # tests/isa/instruction_count/recording.h
RAM_END = 0x84000000
SAMPLES = ROOT / "tests" / "matrix" / "samples" / "3.12.0"

DATA, MODEL, PROCESS, OUTPUT, IO_SPEC = 2, 3, 4, 5, 7
TYPES = {"float32": b"f32", "int8": b"i8"}

pytestmark = pytest.mark.skipif(shutil.which(QEMU) is None, reason="QEMU's system emulator is not installed (package qemu-system-misc)")


def message(kind, payload=b""):
    """The legacy wire: u32 size of what follows, u16 type."""
    return struct.pack("<IH", 2 + len(payload), kind) + payload


def io_spec(inputs, output):
    """The legacy wire's 160 bytes (docs/wire.md) for up to two inputs and one output."""
    pad = [0] * (2 - len(inputs))
    shapes = [list(array.shape) + [0] * (4 - array.ndim) for array in inputs] + [[0] * 4] * len(pad)
    return struct.pack(
        "<I2I8I2I2II12II4s20s20s", len(inputs), *[array.ndim for array in inputs], *pad, *[n for shape in shapes for n in shape],
        *[array.size for array in inputs], *pad, *[array.itemsize for array in inputs], *pad, 1, output.size, *[0] * 11,
        output.itemsize, TYPES[str(inputs[0].dtype)], b"module.main", b"module",
    )  # fmt: skip


def session(module, inputs, output, inferences):
    data = b"".join(array.tobytes() for array in inputs)
    once = message(DATA, data) + message(PROCESS) + message(OUTPUT)
    return message(IO_SPEC, io_spec(inputs, output)) + message(MODEL, module) + once * inferences


@pytest.fixture(scope="module")
def image():
    built = subprocess.run(
        ["cmake", "--workflow", "--preset", "qemu-virt"], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600
    )
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    return IMAGE


def lines(text):
    found = dict(re.findall(r"^([a-z ]+) 0x([0-9A-F]{8})$", text, re.M))
    assert set(found) == {"instructions", "answer bytes", "answer hash"}, text
    return {name: int(value, 16) for name, value in found.items()}


def on_qemu(image, recording, folder):
    file = folder / "qemu.recording"
    file.write_bytes(struct.pack("<II", RECORDING_MAGIC, len(recording)) + recording)
    assert RECORDING_BASE + file.stat().st_size <= RAM_END
    log = folder / "qemu.log"
    ran = subprocess.run(
        [
            QEMU, "-M", "virt", "-m", "64M", "-cpu", CPU, "-bios", "none", "-kernel", image, "-display", "none", "-monitor", "none",
            "-serial", "none", "-icount", "shift=0,sleep=off", "-device", f"loader,file={file},addr={RECORDING_BASE:#x},force-raw=on",
            "-chardev", f"file,id=log,path={log}", "-semihosting-config", "enable=on,target=native,chardev=log",
        ],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr + log.read_text()
    return lines(log.read_text())


def on_ours(image, recording, folder, engine):
    file = folder / "recording"
    file.write_bytes(recording)
    ran = subprocess.run(
        [OURS, image, file], env={**os.environ, "KN_ENGINE": engine}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    return lines(ran.stdout)


def compare(image, recording, folder):
    """What both counted; the answers are the same bytes, so both did the same work."""
    theirs = on_qemu(image, recording, folder)
    for engine in ("translator", "interpreter"):
        assert on_ours(image, recording, folder, engine) == theirs, engine
    return theirs


@pytest.mark.parametrize("name", ["dense_i8", "network_f32"])
def test_small_networks(image, tmp_path, name):
    """Loading, and one inference against two: a number that nothing changes would prove nothing."""
    (model,) = [model for model in cases.own_models() if model.name == name]
    call = model.calls[0]
    module = (SAMPLES / f"{name}.vmfb").read_bytes()
    once, twice = (compare(image, session(module, call.inputs, call.outputs[0], n), tmp_path) for n in (1, 2))
    assert twice["answer bytes"] - once["answer bytes"] == call.outputs[0].nbytes + 3 * 6  # three answers of six bytes
    assert 0 < twice["instructions"] - once["instructions"] < once["instructions"]


def test_the_shipped_model(image, kenning, tmp_path):
    scenario = scenario_files.write(tmp_path, scenario_files.load("magic-wand-synthetic.json"))
    result = kenning("optimize", "--json-cfg", scenario)
    assert result.returncode == 0, result.stdout + result.stderr
    (path,) = tmp_path.glob("*.vmfb")
    sample = numpy.linspace(-1000, 1000, 384, dtype=numpy.float32).reshape(1, 128, 3, 1)
    counted = compare(image, session(path.read_bytes(), [sample], numpy.zeros(4, numpy.float32), 4), tmp_path)
    print(f"{counted['instructions']} instructions")
    # Nobody refused anything: IO_SPEC, MODEL, four times DATA, PROCESS, OUTPUT.
    assert counted["answer bytes"] == 2 * 6 + 4 * (3 * 6 + 16)
