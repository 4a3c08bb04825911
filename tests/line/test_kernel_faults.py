# SPDX-License-Identifier: Apache-2.0

"""A kernel that traps or never ends costs one ERROR answer and a line in the log; the device serves on."""

import dataclasses
import re
import signal
import subprocess
import time

import cases
import kernel_faults
import matrix
import numpy as np
import pytest

# Compiled without debug information, but 3.12.0 keeps the kernels' names.
MODULE = matrix.ROOT / "tests" / "matrix" / "samples" / "3.12.0" / "dense_i8.vmfb"
KERNEL_NAME = rb"main_dispatch_\d+\w*"


def start_board(folder, *options):
    simulator = subprocess.Popen(
        [
            matrix.ROOT / "build" / "bin" / "springbok-sim", matrix.FIRMWARE,
            "--uart-pty", folder / "uart", "--log", folder / "log", *options,
        ],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not (folder / "uart").is_symlink() or "server started" not in (folder / "log").read_text():
        assert time.monotonic() < deadline, "the board does not start"
        time.sleep(0.02)
    return simulator


def stop_board(simulator):
    simulator.send_signal(signal.SIGTERM)
    assert simulator.wait(timeout=20) == 0


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    """One board for all faults: none of them may need a reset."""
    folder = tmp_path_factory.mktemp("board")
    simulator = start_board(folder)
    yield folder
    stop_board(simulator)


@pytest.fixture(scope="module")
def strict_board(tmp_path_factory):
    folder = tmp_path_factory.mktemp("strict_board")
    simulator = start_board(folder, "--fault-unmapped")
    yield folder
    stop_board(simulator)


def run(board, module, wire, calls=None):
    arguments = matrix.call_arguments(calls or cases.dense_i8().calls, board)
    return subprocess.run(
        [matrix.KENNING, "run", module, *arguments, "--simulator", board / "uart", "--wire", wire, "--no-check", "--timeout", "120"],
        capture_output=True, text=True, errors="replace", timeout=300, check=False,
    )  # fmt: skip


def rows():
    """Each fault on an old and on a new wire; three billion instructions are run only once."""
    return [
        pytest.param(fault, wire, id=f"{fault.name}-{wire}")
        for fault in kernel_faults.FAULTS
        for wire in ("legacy", "header12")
        if fault.name != "runaway" or wire == "legacy"
    ]


@pytest.mark.parametrize(("fault", "wire"), rows())
def test_the_device_reports_the_fault_and_serves_on(board, fault, wire):
    check(board, fault, wire)


@pytest.mark.parametrize("fault", kernel_faults.FAULTS_OF_A_STRICT_BUS, ids=lambda fault: fault.name)
def test_accesses_that_hit_nothing(strict_board, fault):
    check(strict_board, fault, "header12")


def check(board, fault, wire):
    good = run(board, MODULE, wire)
    assert good.returncode == 0, good.stdout + good.stderr
    bad = board / f"{fault.name}.vmfb"
    bad.write_bytes(kernel_faults.broken(MODULE.read_bytes(), fault))
    logged = len((board / "log").read_text())
    result = run(board, bad, wire)
    text = result.stdout + result.stderr
    assert result.returncode == 1, text
    assert "PROCESS" in text and "failed" in text, text
    log = (board / "log").read_text()[logged:]
    name = re.search(KERNEL_NAME, MODULE.read_bytes()).group().decode()
    assert re.search(rf"ERROR \|kernel {name}.* at 0x[0-9A-F]{{8}} .*{fault.log}", log), log[-2000:]
    if wire != "legacy":
        assert re.search(fault.log, text), f"the client did not get the log line: {text}"
    again = run(board, MODULE, wire)
    assert again.returncode == 0, again.stdout + again.stderr


def test_a_program_without_end_uses_up_its_budget(board):
    """main of branches.mlir counts the steps from its argument to 1; from 0 it gets nowhere. The time limit would cost the model."""
    module = MODULE.with_name("branches.vmfb")
    first = cases.branches().calls[0]
    logged = len((board / "log").read_text())
    result = run(board, module, "header12", [dataclasses.replace(first, inputs=[np.int32(0)])])
    text = result.stdout + result.stderr
    assert result.returncode == 1, text
    assert "instruction budget is used up" in text, text
    assert "time limit" not in (board / "log").read_text()[logged:]
    again = run(board, module, "header12", [first])
    assert again.returncode == 0, again.stdout + again.stderr
