# SPDX-License-Identifier: Apache-2.0

"""The set-up script finds nothing to do on a machine that it has set up."""

import subprocess
import time

from conftest import ROOT


def test_a_second_set_up_does_nothing():
    start = time.monotonic()
    result = subprocess.run(
        ["setup/install.sh", "--tests"], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stdout + result.stderr
    allowed = "the distribution has no package"
    assert [line for line in result.stdout.splitlines() if allowed not in line] == []
    assert time.monotonic() - start < 5


def test_an_unknown_option_is_refused():
    result = subprocess.run(["setup/install.sh", "--everything"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert result.returncode == 2 and "usage" in result.stderr
