"""The Keras importer against an independent implementation: random models, numerically."""

import subprocess
import sys

from conftest import ROOT


def test_imported_models_compute_what_keras_defines():
    check = subprocess.run(
        [
            sys.executable, ROOT / "models/checks/check_import.py",
            "--import-model", ROOT / "build/host/host/model/import_model", "--iree-compile", ROOT / "build/venv/bin/iree-compile",
        ],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    print(check.stdout[-500:])
    assert check.returncode == 0, check.stdout[-3000:] + check.stderr[-3000:]
