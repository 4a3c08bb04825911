# SPDX-License-Identifier: Apache-2.0

"""The importers against independent implementations, numerically."""

import os
import subprocess
import sys

from conftest import ROOT

CHECKS = ROOT / "models/checks"
IMPORT_MODEL = ROOT / "build/host/host/model/import_model"
COMPILER = ROOT / "build/venv/bin/iree-compile"


def run_check(script, *options):
    check = subprocess.run(
        [sys.executable, CHECKS / script, "--import-model", IMPORT_MODEL, "--iree-compile", COMPILER, *options],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    print(check.stdout[-500:])
    assert check.returncode == 0, check.stdout[-3000:] + check.stderr[-3000:]


def test_imported_models_compute_what_keras_defines():
    run_check("check_import.py")


def test_imported_tflite_operators_are_those_of_the_reference_kernels():
    """A part of the recorded cases, on the device; KN_TFLITE_EVERY=1 runs them all."""
    run_check(
        "check_tflite.py", "--kenning", ROOT / "build/bin/kenning", "--every", os.environ.get("KN_TFLITE_EVERY", "5")
    )
