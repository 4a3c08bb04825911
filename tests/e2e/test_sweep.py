# SPDX-License-Identifier: Apache-2.0

"""`kenning sweep`: combinations compiled, run, compared and kept; a release that does not exist fails alone."""

import json

import pytest
import scenario_files

SCENARIO = "magic-wand-synthetic.json"
SLOWER = "iree-llvmcpu-loop-unrolling=false iree-llvmcpu-loop-interleaving=false"


@pytest.fixture(scope="module")
def swept(kenning, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    scenario = scenario_files.write(folder, scenario_files.load(SCENARIO))
    result = kenning("sweep", scenario, "--flags", SLOWER, "--output", folder / "out", "--report-path", f"{folder}/report/")
    assert result.returncode == 0, result.stderr
    return folder, scenario, result


def test_table_marks_the_best(swept):
    folder, _, result = swept
    first, second = json.loads((folder / "out/sweep.json").read_text())
    assert first["kernel_instructions"] < second["kernel_instructions"]
    assert "kernel_instructions" in first["best"] and "kernel_instructions" not in second["best"]
    assert second["flags"] == SLOWER and second["other_predictions"] == 0
    assert 0 < second["vector_share"] < 1 and second["module_bytes"] > 10_000 and second["memory_bytes"] > 10_000
    assert result.stdout.count("\n") == 4 and f"**{first['kernel_instructions']:.0f}**" in result.stdout
    assert result.stdout in (folder / "out/sweep.md").read_text()
    report = (folder / "report/report.md").read_text()
    assert report.startswith("# Sweep of ") and "## All combinations of the sweep" in report
    assert f"**{first['kernel_instructions']:,.0f}**" in report and "What the memory holds in" in report


def test_what_is_there_is_not_run_again(swept, kenning):
    folder, scenario, before = swept
    result = kenning("sweep", scenario, "--flags", SLOWER, "--output", folder / "out")
    assert result.returncode == 0 and result.stdout == before.stdout, result.stderr
    assert result.stderr.count("as measured before") == 2
    # A part that was broken off is made again.
    broken = next((folder / "out").glob("02-*"))
    (broken / "results.json").write_text("{")
    result = kenning("sweep", scenario, "--flags", SLOWER, "--output", folder / "out")
    assert result.returncode == 0 and result.stderr.count("as measured before") == 1, result.stderr


def test_one_that_fails_does_not_stop_the_others(swept, kenning, tmp_path):
    _, scenario, _ = swept
    result = kenning("sweep", scenario, "--flags", "iree-no-such-flag=1", "--output", tmp_path)
    assert result.returncode == 1
    first, second = json.loads((tmp_path / "sweep.json").read_text())
    assert first["accuracy"] > 0.5 and "iree-no-such-flag" in second["failure"]
    result = kenning("sweep", scenario, "--releases", "../../x", "--output", tmp_path, "--report-path", f"{tmp_path}/report/")
    assert result.returncode == 1 and "is not a release" in result.stderr and "so there is no report" in result.stderr


def test_a_release_that_is_not_there_offline(kenning, swept, tmp_path):
    _, scenario, _ = swept
    environment = {"KENNING_CACHE_DIR": str(tmp_path), "KENNING_OFFLINE": "1"}
    result = kenning("optimize", "--json-cfg", scenario, "--compiler-release", "3.5.0", env=environment)
    assert result.returncode == 1 and "KENNING_OFFLINE" in result.stderr, result.stderr
