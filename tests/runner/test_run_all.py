# SPDX-License-Identifier: Apache-2.0

"""The runner must not call a run good that was not: each row is one way to end."""

import pathlib
import signal
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import run_all  # noqa: E402


def write_xml(path, body):
    return f"import pathlib; pathlib.Path({str(path)!r}).write_text({body!r})"


PASS = '<testsuite><testcase classname="a" name="b"/></testsuite>'
FAIL = '<testsuite><testcase name="b"><failure message="why"/></testcase></testsuite>'
ERROR = '<testsuite><testcase name="b"><error message="why"/></testcase></testsuite>'
SKIP = '<testsuite><testcase name="b"><skipped message="no tool"/></testcase></testsuite>'
DISABLED = '<testsuite><testcase name="b" status="notrun" result="suppressed"/></testsuite>'
EMPTY = "<testsuite/>"
BROKEN = "<testsuite><testcase"


@pytest.mark.parametrize(
    ("body", "ending", "outcomes"),
    [
        (PASS, "", ["passed"]),
        (FAIL, "raise SystemExit(1)", ["failed"]),
        (FAIL, "", ["failed"]),
        (ERROR, "raise SystemExit(1)", ["failed"]),
        (SKIP, "", ["skipped"]),
        (DISABLED, "", ["skipped"]),
        (PASS, "raise SystemExit(1)", ["passed", "failed"]),
        (PASS, "import os; os.abort()", ["passed", "failed"]),
        (PASS, "import time; time.sleep(60)", ["passed", "failed"]),
        (EMPTY, "", ["failed"]),
        (BROKEN, "", ["failed"]),
        (None, "", ["failed"]),
    ],
)
def test_outcome_of_a_suite(tmp_path, monkeypatch, body, ending, outcomes):
    monkeypatch.setattr(run_all, "RESULTS", tmp_path)
    monkeypatch.setattr(run_all, "ROOT", tmp_path)
    code = write_xml(tmp_path / "s" / "r.xml", body) + "\n" + ending if body is not None else "pass"
    cases, said = run_all.run(run_all.Suite("s", "what", [sys.executable, "-c", code], 2))
    assert [case.outcome for case in cases] == outcomes
    assert said.startswith("s: what") and said.count("FAILED") == outcomes.count("failed")


def test_a_missing_program_is_a_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(run_all, "RESULTS", tmp_path)
    monkeypatch.setattr(run_all, "ROOT", tmp_path)
    cases, said = run_all.run(run_all.Suite("s", "what", ["/nowhere/program"], 2))
    assert [case.outcome for case in cases] == ["failed"]
    assert "/nowhere/program" in said


def test_neighbours_run_side_by_side_unless_one_is_alone():
    a, b, c, d, e = (run_all.Suite(name, "what", [], 2, alone=name in "bd") for name in "abcde")
    assert run_all.groups([a, b, c]) == [[a], [b], [c]]
    assert run_all.groups([a, c, d, e]) == [[a, c], [d], [e]]
    assert run_all.groups([b, d]) == [[b], [d]]


def test_ctrl_c_ends_the_suites_that_run(tmp_path):
    program = f"""
import pathlib, sys
sys.path.insert(0, {str(pathlib.Path(run_all.__file__).parent)!r})
import run_all
run_all.RESULTS = run_all.ROOT = pathlib.Path({str(tmp_path)!r})
code = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(60); pathlib.Path(sys.argv[1]).unlink()"
run_all.SUITES = [run_all.Suite(name, "what", [sys.executable, "-c", code, f"{tmp_path}/{{name}}.began"], 90) for name in "ab"]
sys.exit(run_all.main([]))
"""
    # A shell that runs the tests in the background has them ignore the signal.
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not (tmp_path / "a.began").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "interrupted" in complaint


@pytest.mark.parametrize(
    ("ctest", "own", "outcomes"),
    [
        # ctest ran x_test; x_test left two cases of its own
        ('<testsuite><testcase name="x_test"/></testsuite>', PASS, ["passed"]),
        # all cases passed, but the program ended badly (a leak found at exit)
        ('<testsuite><testcase name="x_test"><failure message="1"/></testcase></testsuite>', PASS, ["passed", "failed"]),
        # it crashed before it could write its file
        ('<testsuite><testcase name="x_test"><failure message="SEGV"/></testcase></testsuite>', None, ["failed"]),
        # a test that is not a GoogleTest program
        ('<testsuite><testcase name="x_test"/></testsuite>', None, ["passed"]),
        ('<testsuite><testcase name="x_test"><failure message="1"/></testcase></testsuite>', FAIL, ["failed"]),
    ],
)
def test_unit_cases(tmp_path, ctest, own, outcomes):
    (tmp_path / "ctest.xml").write_text(ctest)
    if own is not None:
        (tmp_path / "x_test.xml").write_text(own)
    cases = run_all.unit_cases(tmp_path / "ctest.xml", tmp_path)
    assert [case.outcome for case in cases] == outcomes


def test_totals_name_skips_only_when_there_are_any():
    passed, failed, skipped = (run_all.Case("n", outcome) for outcome in ("passed", "failed", "skipped"))
    assert run_all.totals([passed, passed, failed]) == "2 passed, 1 failed"
    assert run_all.totals([passed, skipped]) == "1 passed, 0 failed, 1 skipped"


def test_unknown_suite_is_a_usage_error(capsys):
    assert run_all.main(["nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err
