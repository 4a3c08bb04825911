# SPDX-License-Identifier: Apache-2.0

"""The files of tests/robot in Renode's runner, as far as that can be shown without a Renode: its keywords are a stand-in's."""

import re
import subprocess
import sys

import pytest
from conftest import ROOT

FOLDER = ROOT / "tests" / "robot"
AS_IN_RENODE = [
    "--variable", f"RENODEKEYWORDS:{FOLDER}/renode_stand_in/renode_keywords.resource",
    "--variable", f"DEVICES:{FOLDER}/renode.resource",
]  # fmt: skip


def robot(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "robot", "--outputdir", folder, "--consolecolors", "off", *AS_IN_RENODE, *map(str, arguments)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.robot")), ids=lambda path: path.stem)
def test_every_keyword_exists_in_renodes_runner(tmp_path, file):
    result = robot(tmp_path, "--dryrun", file)
    assert result.returncode == 0, result.stdout
    cases = len(re.findall(r"\| PASS \|", result.stdout)) - 1
    assert cases == len(re.findall(r"^(?![* ])\S.*", file.read_text().split("*** Test Cases ***")[1].split("***")[0], re.M))


def test_a_keyword_that_renode_does_not_have_is_noticed(tmp_path):
    """The check above can fail."""
    file = tmp_path / "wrong.robot"
    file.write_text(
        "*** Settings ***\nResource    ${DEVICES}\n*** Test Cases ***\nOne\n    Start Simulator    a    b    c    d\n"
        "Two\n    Log To File    a    True    True\n"
    )
    result = robot(tmp_path, "--dryrun", file)
    assert result.returncode == 2, result.stdout
    assert "No keyword with name 'Start Simulator' found" in result.stdout


@pytest.mark.parametrize("case", ["Inference With A Platform", "An Accelerometer Is Read By A Simulation That Runs"])
def test_a_case_runs(tmp_path, case):
    """With springbok-sim as the machine behind the stand-in's monitor."""
    result = robot(tmp_path, "--test", case, FOLDER)
    assert result.returncode == 0, result.stdout + result.stderr
