# SPDX-License-Identifier: Apache-2.0

"""Sessions over a spoilt line, sampled; the whole campaign: KN_LINE_SESSIONS=1000 (ten minutes)."""

import os
import pathlib
import re
import subprocess

import cases
import numpy
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CAMPAIGN = ROOT / "build" / "bin" / "line-campaign"
FIRMWARE = ROOT / "build" / "firmware" / "springbok" / "firmware.elf"
MODULE = ROOT / "tests" / "matrix" / "samples" / "3.5.0" / "dense_i8.vmfb"
SESSIONS = int(os.environ.get("KN_LINE_SESSIONS", "60"))


@pytest.fixture(scope="module")
def cargo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cargo")
    call = cases.dense_i8().calls[0]
    numpy.save(folder / "x.npy", call.inputs[0])
    numpy.save(folder / "y.npy", call.outputs[0])
    return ["--module", MODULE, "--input", folder / "x.npy", "--expected", folder / "y.npy", "--firmware", FIRMWARE]


@pytest.mark.parametrize("wire", ["legacy", "header8", "header12"])
def test_each_session_ends_right_or_with_an_error(cargo, wire):
    done = subprocess.run(
        [CAMPAIGN, *cargo, "--wire", wire, "--sessions", str(SESSIONS)], capture_output=True, text=True, timeout=3600, check=False
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    right, errors, wrong = map(int, re.search(r"(\d+) right, (\d+) ended with an error, (\d+) wrong", done.stdout).groups())
    assert right + errors + wrong == SESSIONS
    assert right > 0 and errors > 0, "the line was not spoilt, or spoilt beyond use"


def test_a_quiet_line_has_no_faults(cargo):
    done = subprocess.run([CAMPAIGN, *cargo, "--rate", "0", "--sessions", "5"], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("5 right, 0 ended with an error, 0 wrong") == 3, done.stdout
