# SPDX-License-Identifier: Apache-2.0

"""bench/bench.py keeps apart what it measures."""

import importlib.util

from conftest import ROOT

specification = importlib.util.spec_from_file_location("bench", ROOT / "bench" / "bench.py")
bench = importlib.util.module_from_spec(specification)
specification.loader.exec_module(bench)


def test_each_row_says_something_else():
    texts = [metric[-1] for metric in bench.METRICS.values()]
    assert len(set(texts)) == len(texts)


def test_rows_of_parts_that_are_not_measured_stay(tmp_path, monkeypatch):
    """Once all parts with a value for each row, then the tool again: only its rows change."""
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    results = bench.Results()
    results.values = {name: number for number, name in enumerate(bench.METRICS)}
    bench.write_docs(bench.table(results, list(bench.PARTS)), list(bench.PARTS))
    page = tmp_path / "docs" / "benchmarks.md"
    first = page.read_text().splitlines()
    results.values = dict.fromkeys(bench.METRICS, 777_777)
    bench.write_docs(bench.table(results, ["tool"]), ["tool"])
    changed = [line for old, line in zip(first, page.read_text().splitlines(), strict=True) if old != line]
    assert len(changed) == sum(bench.part_of(name) == "tool" for name in bench.METRICS)
    assert all("777,777" in line for line in changed)


def test_each_row_belongs_to_the_part_that_measures_it():
    part_of = {name: bench.part_of(name) for name in ("sample_cost", "devices_speedup", "person_scenario_kernels", "person_2023_load", "native_wand")}
    assert part_of == {
        "sample_cost": "tool", "devices_speedup": "tool", "person_scenario_kernels": "tool",
        "person_2023_load": "firmware", "native_wand": "simulator",
    }  # fmt: skip
