# SPDX-License-Identifier: Apache-2.0

"""The report by those who take it further: Sphinx builds the Markdown, CI reads the verdict on a baseline."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import ROOT

RESULTS = ROOT / "host" / "report" / "testdata" / "small_results.json"
CONFIGURATION = 'extensions = ["myst_parser"]\nproject = "report"\nroot_doc = "report"\n'


@pytest.mark.parametrize("files", [1, 2], ids=["single", "comparison"])
def test_sphinx_builds_the_markdown_without_a_warning(kenning, tmp_path, files):
    result = kenning(
        "report", "--measurements", *[RESULTS] * files, "--baseline", RESULTS, "--report-path", f"{tmp_path}/in/"
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    (tmp_path / "in" / "conf.py").write_text(CONFIGURATION)
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", tmp_path / "in", tmp_path / "out"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count("<figure") > 10
    assert "What changed in" in page


def test_a_regression_is_an_exit_code_and_a_failed_case(kenning, tmp_path):
    results = json.loads(RESULTS.read_text())
    results["simulator_profile"]["load_instructions"] = results["simulator_profile"]["load_instructions"] * 11 // 10
    now = tmp_path / "now.json"
    now.write_text(json.dumps(results))
    command = ["report", "--measurements", now, "--baseline", RESULTS, "--report-path", f"{tmp_path}/out/", "--save-junit"]
    assert kenning(*command, "--baseline-threshold", "20").returncode == 0
    result = kenning(*command, "--baseline-threshold", "20", "load_instructions=5")
    assert result.returncode == 1
    assert "load_instructions" in result.stderr and "10.0 % worse (5.0 % allowed)" in result.stderr
    suites = ElementTree.parse(tmp_path / "out" / "report.junit.xml").getroot()
    assert suites.get("failures") == "1"
    assert [case.get("name") for case in suites.iter("testcase") if case.find("failure") is not None] == [
        "renode_stats.load_instructions"
    ]
    assert (tmp_path / "out" / "report.md").exists(), "the report is there all the same"
    wrong = kenning(*command, "--baseline-threshold", "load_instrs=5")
    assert wrong.returncode == 2 and "no metric" in wrong.stderr
