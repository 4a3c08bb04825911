# SPDX-License-Identifier: Apache-2.0

"""Sizes that may not grow unnoticed."""

import subprocess

from conftest import ROOT


def test_firmware_fits_its_budget():
    check = subprocess.run(
        ["cmake", "--build", "build/firmware/springbok", "--target", "firmware_size_check"],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    print(check.stdout[-500:])
    assert check.returncode == 0, check.stdout + check.stderr
