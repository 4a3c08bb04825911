# SPDX-License-Identifier: Apache-2.0

"""hadolint has nothing to say of the Containerfile."""

import subprocess

import pytest
from conftest import ROOT

HADOLINT = ROOT / "build" / "venv" / "bin" / "hadolint"


def lint(text):
    return subprocess.run([HADOLINT, "--no-color", "-"], input=text, capture_output=True, text=True, timeout=60)


def test_the_containerfile_is_clean():
    ran = lint((ROOT / "Containerfile").read_text())
    assert (ran.returncode, ran.stdout) == (0, "")


@pytest.mark.parametrize(
    "text, rule",
    [
        ("FROM debian\n", "DL3006"),
        ("FROM debian:latest\n", "DL3007"),
        ("FROM debian:bookworm\nRUN apt-get update && apt-get install -y git=1\n", "DL3009"),
        ("FROM debian:bookworm\nRUN apt-get install -y git=1\n", "DL3015"),
        ("FROM debian:bookworm\nCMD kenning\n", "DL3025"),
    ],
)
def test_what_matters_is_found(text, rule):
    ran = lint(text)
    assert ran.returncode != 0
    assert rule in ran.stdout, ran.stdout
