# SPDX-License-Identifier: Apache-2.0

"""`kenning run` and springbok-sim as two processes, the pseudo terminal between them spoilt."""

import os
import signal
import subprocess
import time

import cases
import faulty_pty
import matrix
import pytest

MODULE = matrix.ROOT / "tests" / "matrix" / "samples" / "3.5.0" / "dense_i8.vmfb"
SESSIONS = int(os.environ.get("KN_PTY_SESSIONS", "5"))
RATE = 2e-4
SESSION_LIMIT_S = 60


@pytest.fixture
def board(tmp_path):
    simulator = subprocess.Popen(
        [matrix.ROOT / "build" / "bin" / "springbok-sim", matrix.FIRMWARE, "--uart-pty", tmp_path / "uart", "--log", tmp_path / "log"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not (tmp_path / "uart").is_symlink() or "server started" not in (tmp_path / "log").read_text():
        assert time.monotonic() < deadline, "the board does not start"
        time.sleep(0.02)
    yield tmp_path
    simulator.send_signal(signal.SIGTERM)
    assert simulator.wait(timeout=20) == 0


def session(folder, port, wire):
    arguments = matrix.call_arguments(cases.dense_i8().calls, folder)
    return subprocess.run(
        [matrix.KENNING, "run", MODULE, *arguments, "--simulator", port, "--wire", wire, "--timeout", "2"],
        capture_output=True, text=True, errors="replace", timeout=SESSION_LIMIT_S, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("wire", ["legacy", "header8", "header12"])
def test_each_session_ends_right_or_with_an_error(board, wire):
    with faulty_pty.FaultyPty(board / "uart", RATE, seed=wire) as line:
        endings = []
        for _ in range(SESSIONS):
            line.rate = RATE
            result = session(board, line.path, wire)  # a hang is an exception
            text = result.stdout + result.stderr
            endings.append(result.returncode)
            if result.returncode != 0:
                assert result.returncode == 1 and ("error" in text or "MISMATCH" in text), text
                # The legacy wire has no checksum: there a flipped byte may end in another answer.
                assert "MISMATCH" not in text or wire == "legacy", text
            line.rate = 0
            time.sleep(0.3)
            quiet = session(board, line.path, wire)
            assert quiet.returncode == 0, quiet.stdout + quiet.stderr
    print(f"{wire}: {line.injected} faults, {endings.count(0)} of {SESSIONS} sessions right, the others with an error")
    assert line.injected > 0
