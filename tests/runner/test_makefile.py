# SPDX-License-Identifier: Apache-2.0

"""`make` alone tells every target there is."""

import re
import subprocess

from conftest import ROOT


def test_help_lists_every_target():
    text = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)[1].split()
    targets = re.findall(r"^([a-z][a-z-]*):", text, re.MULTILINE)
    shown = subprocess.run(["make", "-s", "-C", ROOT], capture_output=True, text=True, check=True, timeout=60).stdout
    listed = re.findall(r"^make ([a-z-]+) ", shown, re.MULTILINE)
    assert sorted(phony) == sorted(targets)
    assert sorted(listed) == sorted(set(targets) - {"help"})
