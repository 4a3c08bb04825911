# SPDX-License-Identifier: Apache-2.0

"""The device does calls in a row from what the first of them did; that must never show, in any function of any module."""

import json
import subprocess

import pytest
from conftest import ROOT
from test_corpus import modules

NEXT_CALLS = ROOT / "build" / "bin" / "next-calls"
FIRMWARE = ROOT / "build" / "firmware" / "springbok" / "firmware.elf"


@pytest.mark.parametrize(("release", "model"), modules())
def test_calls_in_a_row_answer_as_calls_alone(shared, kenning, release, model):
    module = shared("spec/corpus") / release / f"{model}.vmfb"
    exports = json.loads(kenning("info", module, "--json").stdout)["exports"]
    for export in exports:
        if export["name"].startswith("__"):
            continue
        tensors = export["arguments"].strip("()").replace(" ", "")
        done = subprocess.run([NEXT_CALLS, FIRMWARE, module, export["name"], tensors], capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, export["name"] + ": " + done.stdout + done.stderr
        if model == "wand_f32":
            first, last = map(int, done.stdout.split()[1:])
            assert last < first - 10_000, "the last call was run from its bytecode"
