# SPDX-License-Identifier: Apache-2.0

"""The command of the README on what the project ships: everything it promises lies where it should."""

import json
import re
import subprocess
import sys

import pytest
import scenario_files
from conftest import ROOT

SCENARIO = "magic-wand-synthetic.json"


@pytest.fixture(scope="module")
def finished(kenning, tmp_path_factory):
    """One whole run: optimize, test, report."""
    folder = tmp_path_factory.mktemp("shipped")
    scenario = scenario_files.write(folder, scenario_files.load(SCENARIO))
    result = kenning(
        "optimize", "test", "report", "--json-cfg", scenario, "--measurements", folder / "results.json",
        "--report-types", "performance", "classification", "renode_stats", "--report-path", f"{folder}/report/",
        "--report-name", "v-extensions-riscv", "--model-names", "magic_wand_fp32", "--verbosity", "INFO", "--to-html",
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    return folder, result


def test_all_files_are_there(finished):
    folder, _ = finished
    assert (folder / "model.vmfb").stat().st_size > 10_000
    specification = json.loads((folder / "model.vmfb.json").read_text())
    assert specification["processed_input"][0]["shape"] == [1, 128, 3, 1]
    assert (folder / "report" / "report.md").read_text().startswith("# v-extensions-riscv")
    assert list((folder / "report").rglob("*.png"))
    assert (folder / "report" / "report" / "report.html").stat().st_size < 3_000_000


def test_measurements_are_complete(finished):
    results = json.loads((finished[0] / "results.json").read_text())
    matrix = results["eval_confusion_matrix"]
    assert sum(map(sum, matrix)) == results["total"] > 0
    assert sum(matrix[i][i] for i in range(len(matrix))) / results["total"] > 0.5
    assert len(results["protocol_inference_step"]) == results["total"]
    opcodes = results["opcode_counters"]
    opcodes = opcodes.get("cpu", opcodes)
    assert sum(count for name, count in opcodes.items() if name.startswith("vf")) > 0
    executed = results["executed_instructions"]["cpu"]
    assert len(executed) == len(results["profiler_timestamps"]) > 1
    assert sum(executed) > 0


def test_the_page_needs_no_network(finished):
    page = (finished[0] / "report" / "report" / "report.html").read_text()
    assert not re.findall(r"""<(?:script|link|img)[^>]*(?:src|href)=["']?(?:https?:)?//""", page)
    assert "synthetic" in page.lower(), "made-up data must be labelled"


def test_a_second_run_measures_the_same(finished, kenning, tmp_path):
    """Virtual time and seeded data: what the device did is the same to the last instruction."""
    scenario = scenario_files.write(tmp_path, scenario_files.load(SCENARIO))
    result = kenning("optimize", "test", "--json-cfg", scenario, "--measurements", tmp_path / "results.json")
    assert result.returncode == 0, result.stdout + result.stderr
    first = json.loads((finished[0] / "results.json").read_text())
    second = json.loads((tmp_path / "results.json").read_text())
    for key in ("eval_confusion_matrix", "total", "opcode_counters", "executed_instructions", "memory_accesses", "simulator_profile"):
        assert first[key] == second[key], key


@pytest.mark.parametrize("name", ["magic-wand-synthetic.json", "magic-wand.json"])
def test_both_grammars_give_the_same_answers(finished, kenning, tmp_path, name):
    """The shipped scenarios are written in the two grammars; the same data gives the same result."""
    scenario = scenario_files.load(name)
    data = scenario_files.load(SCENARIO)["dataset"]["parameters"]
    scenario["dataset"]["parameters"] = data
    result = kenning(
        "optimize", "test", "--json-cfg", scenario_files.write(tmp_path, scenario), "--measurements", tmp_path / "results.json"
    )
    assert result.returncode == 0, result.stdout + result.stderr
    first = json.loads((finished[0] / "results.json").read_text())
    second = json.loads((tmp_path / "results.json").read_text())
    assert first["eval_confusion_matrix"] == second["eval_confusion_matrix"]


def test_the_page_in_a_browser(finished):
    """Light and dark, desktop and phone; no console error, no request."""
    page = finished[0] / "report" / "report" / "report.html"
    check = subprocess.run(
        [sys.executable, ROOT / "tests/e2e/page_test.py", page], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300
    )
    if check.returncode == 77:
        pytest.skip(check.stdout.strip() or check.stderr.strip())
    assert check.returncode == 0, check.stdout + check.stderr
