# SPDX-License-Identifier: Apache-2.0

"""platforms/run-simulation.sh: what it starts, and that a debugger gets at it. The session that a second terminal
uses is in tests/robot/existing_session.robot."""

import os
import re
import signal
import socket
import subprocess
import time

import fake_renode
import pytest
from conftest import ROOT

SCRIPT = ROOT / "platforms" / "run-simulation.sh"
FIRMWARE = ROOT / "build" / "firmware" / "springbok"
FEED = ROOT / "scenarios" / "data" / "magic-wand-sensor.data"
NO_RENODE = {"RENODE": "", "PYRENODE_BIN": "", "PYRENODE_PKG": "", "PATH": "/usr/bin:/bin"}


def script(*arguments, **environment):
    return subprocess.run(
        [SCRIPT, *map(str, arguments)], env={**os.environ, **NO_RENODE, **environment}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip


def printed(*arguments, **environment):
    result = script("--print", *arguments, **environment)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


@pytest.fixture
def renode(tmp_path):
    """A folder with a program `renode` in it."""
    program = tmp_path / "renode"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def commands_of(words):
    return [words[i + 1] for i, word in enumerate(words) if word == "-e"]


def test_without_renode_it_is_our_simulator():
    assert printed("--uart", "/some/uart") == [
        str(ROOT / "build/bin/springbok-sim"), str(FIRMWARE / "firmware.elf"), "--uart-pty", "/some/uart"
    ]  # fmt: skip
    assert printed()[-1] == "/tmp/uart"
    assert printed("debug")[-2:] == ["--gdb", "3333"]
    with_sensor = printed("--sensor", FEED)
    assert with_sensor[1] == str(FIRMWARE / "firmware_sensor.elf")
    assert with_sensor[-4:] == ["--sensor-feed", str(FEED), "--sensor-repeat", "-1"]


def test_renode_is_found(renode):
    folder = str(renode.parent)
    for environment in (
        {"RENODE": str(renode)}, {"PYRENODE_BIN": str(renode)}, {"PYRENODE_PKG": folder}, {"PATH": f"{folder}:/usr/bin:/bin"}
    ):  # fmt: skip
        words = printed(**environment)
        assert words[:3] == [str(renode), "--disable-xwt", "--console"], environment
    assert printed("--springbok-sim", RENODE=str(renode))[0].endswith("springbok-sim")


@pytest.mark.parametrize("variable", ["RENODE", "PYRENODE_BIN", "PYRENODE_PKG"])
def test_a_renode_that_is_not_there(variable):
    result = script("--print", **{variable: "/no/such"})
    assert result.returncode != 0
    assert "/no/such" in result.stderr and "is no program" in result.stderr


@pytest.mark.parametrize("sensor", [[], ["--sensor", FEED]])
def test_renodes_monitor_takes_the_commands(renode, monkeypatch, sensor):
    """With the stand-in for the monitor: every variable is set before the script that uses it."""
    monkeypatch.setattr(fake_renode.Monitor, "boot", lambda monitor: None)
    commands = commands_of(printed(*sensor, RENODE=str(renode)))
    monitor = fake_renode.Monitor(None)
    answers = [monitor.execute(command) for command in commands]
    assert answers[-1] == "Starting emulation..." and commands[-1] == "start"
    assert all(answer == "" for answer in answers[:-1]), answers
    assert monitor.variables["bin"] == str(FIRMWARE / ("firmware_sensor.elf" if sensor else "firmware.elf"))


def test_debug_waits_for_gdb_in_renode_instead_of_starting(renode):
    commands = commands_of(printed("debug", RENODE=str(renode)))
    assert commands[-1] == "machine StartGdbServer 3333"
    assert "start" not in commands
    assert commands_of(printed("debug", "--gdb", 4444, RENODE=str(renode)))[-1] == "machine StartGdbServer 4444"


@pytest.mark.parametrize(
    "arguments, part",
    [
        (["quickly"], "unknown argument quickly"),
        (["--uart"], "--uart needs a value"),
        (["--sensor", "/no/such.data"], "/no/such.data is not there"),
        (["--firmware", "/no/such.elf"], "/no/such.elf is not there"),
    ],
)
def test_wrong_use(arguments, part):
    result = script(*arguments)
    assert result.returncode == 2
    assert part in result.stderr and "usage: platforms/run-simulation.sh" in result.stderr


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def packet(text):
    return b"$" + text + b"#%02x" % (sum(text) % 256)


def test_debug_serves_gdb_and_the_terminal_comes_when_it_continues(tmp_path):
    port, uart = free_port(), tmp_path / "uart"
    process = subprocess.Popen(
        [SCRIPT, "debug", "--gdb", str(port), "--uart", uart], env={**os.environ, **NO_RENODE}, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert re.search(rf"GDB: target remote localhost:{port}", process.stderr.readline())
        deadline = time.monotonic() + 30
        while True:
            try:
                line = socket.create_connection(("127.0.0.1", port), timeout=30)
                break
            except ConnectionRefusedError:
                assert time.monotonic() < deadline and process.poll() is None
                time.sleep(0.05)
        with line:
            line.sendall(packet(b"p20"))  # pc
            answer = b""
            while not re.search(rb"\$[0-9a-f]{8}#", answer):
                answer += line.recv(4096)
            assert b"$00000032#" in answer  # little-endian 0x32000000
            assert uart.is_symlink()
    finally:
        process.send_signal(signal.SIGTERM)
        process.stderr.close()
        process.wait(timeout=20)
    assert not uart.is_symlink()
