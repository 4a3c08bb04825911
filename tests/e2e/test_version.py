# SPDX-License-Identifier: Apache-2.0

"""Both programs say which release they are of; CMakeLists.txt alone sets it."""

import re
import subprocess

import pytest
from conftest import ROOT

BUILD = ROOT / "build"


@pytest.mark.parametrize("program", ["kenning", "springbok-sim"])
def test_the_version_is_the_project_s(program):
    version = re.search(r"^project\(.* VERSION (\S+)\)$", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1]
    ran = subprocess.run([BUILD / "bin" / program, "--version"], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"{program} {version}\n", "")
