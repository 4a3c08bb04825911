# SPDX-License-Identifier: Apache-2.0

"""springbok-sim as docs/simulator.md teaches it: profiles that other programs read, GDB, traces, snapshots, other cores."""

import json
import pathlib
import re
import shutil
import signal
import subprocess
import time

import numpy
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIMULATOR = ROOT / "build" / "bin" / "springbok-sim"
FIRMWARE = ROOT / "build" / "firmware" / "springbok" / "firmware.elf"
LIMIT_S = 120


def simulate(*arguments):
    return subprocess.run(
        [SIMULATOR, FIRMWARE, *map(str, arguments)], capture_output=True, text=True, timeout=LIMIT_S, check=False
    )


def needs(program, package):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is absent (package {package})")
    return program


@pytest.fixture
def model_snapshot(shared, kenning, tmp_path):
    """A machine with wand_f32 loaded, saved by one simulator that `kenning run` talked to."""
    corpus = shared("spec/corpus")
    uart, snapshot = tmp_path / "uart", tmp_path / "model.snap"
    simulator = subprocess.Popen(
        [SIMULATOR, FIRMWARE, "--uart-pty", uart, "--save-snapshot", snapshot, "--snapshot-at", "model"],
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + LIMIT_S
        while not uart.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        result = kenning(
            "run", corpus / "3.13.0" / "wand_f32.vmfb", "--function", "main",
            "--input", corpus / "models" / "wand_f32.0.in0.npy", "--uart", uart,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        while not snapshot.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        simulator.send_signal(signal.SIGINT)
        simulator.wait(LIMIT_S)
    return snapshot


def test_profile_of_the_start(tmp_path):
    counters, folded = tmp_path / "c.json", tmp_path / "p.folded"
    result = simulate("--top", "--counters", counters, "--folded", folded)
    assert result.returncode == 0
    assert re.match(r"\d+ instructions, 0\.0 % in kernels, ", result.stdout)
    profile = json.loads(counters.read_text())
    assert sum(row["instructions"] for row in profile["functions"]) == profile["instructions"]
    assert sum(profile["opcodes"].values()) == profile["instructions"]
    stacks = [line.rsplit(" ", 1) for line in folded.read_text().splitlines()]
    assert sum(int(count) for _, count in stacks) == profile["instructions"]
    assert any(stack.startswith("_start;FirmwareMain;") for stack, _ in stacks)


def test_callgrind_annotate_reads_the_profile(tmp_path):
    annotate = needs("callgrind_annotate", "valgrind")
    assert simulate("--callgrind", tmp_path / "p.cg", "--counters", tmp_path / "c.json").returncode == 0
    total = json.loads((tmp_path / "c.json").read_text())["instructions"]
    result = subprocess.run(
        [annotate, "--inclusive=yes", tmp_path / "p.cg"], capture_output=True, text=True, timeout=LIMIT_S, check=True
    )
    assert result.stderr == ""
    assert re.search(rf"^{total:,} .*PROGRAM TOTALS", result.stdout, re.M), result.stdout
    assert re.search(rf"^{total:,} .*:_start", result.stdout, re.M), result.stdout


def test_an_executable_without_symbols(tmp_path):
    strip = needs("llvm-strip-19", "llvm-19")
    stripped = tmp_path / "stripped.elf"
    subprocess.run([strip, "-o", stripped, FIRMWARE], check=True, timeout=LIMIT_S)
    result = subprocess.run(
        [SIMULATOR, stripped, "--top", "--call-graph"], capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert result.returncode == 0, result.stderr
    assert re.search(r" 0x3200[0-9a-f]{4}$", result.stdout, re.M)


def test_gdb(tmp_path):
    gdb = needs("gdb-multiarch", "gdb-multiarch")
    simulator = subprocess.Popen([SIMULATOR, FIRMWARE, "--gdb", "0"], stderr=subprocess.PIPE, text=True)
    try:
        port = re.search(r":(\d+)$", simulator.stderr.readline().strip()).group(1)
        script = tmp_path / "session.gdb"
        script.write_text(
            f"set pagination off\nset confirm off\ntarget remote :{port}\n"
            "p/x $pc\np $vlenb\nbreak FirmwareMain\ncontinue\ninfo registers ra\n"
            "break memset\ncontinue\nstepi\np $vl > 0\np/x $v0.w[0] == $v0.w[0]\n"
            "set $ft0 = 1.5\np $ft0\nset {int}0x34800000 = 0x55aa\nx/xw 0x34800000\n"
            "delete\nwatch *(int *)0x34800000\nset $pc = $pc\np/x $mstatus != 0\n"
            "delete\nmonitor time\nkill\n"
        )
        result = subprocess.run(
            [gdb, "-nx", "-batch", "-x", script, FIRMWARE], capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
        simulator.wait(LIMIT_S)
    finally:
        simulator.kill()
        simulator.stderr.close()
    for expected in (
        r"\$1 = 0x32000000", r"\$2 = 64", r"Breakpoint 1, .* in FirmwareMain", r"<_start\+\d+>",
        r"Breakpoint 2, .* in memset", r"= 1\.5", r"0x34800000:\s+0x000055aa", r"Hardware watchpoint 3",
        r"\d+ instructions, \d+ ns of virtual time",
    ):  # fmt: skip
        assert re.search(expected, result.stdout + result.stderr), (expected, result.stdout, result.stderr)


def test_gdb_stops_at_a_watched_store_and_at_ctrl_c(tmp_path):
    gdb = needs("gdb-multiarch", "gdb-multiarch")
    simulator = subprocess.Popen([SIMULATOR, FIRMWARE, "--gdb", "0"], stderr=subprocess.PIPE, text=True)
    debugger = None
    try:
        port = re.search(r":(\d+)$", simulator.stderr.readline().strip()).group(1)
        script = tmp_path / "session.gdb"
        script.write_text(
            f"set pagination off\nset confirm off\ntarget remote :{port}\n"
            "break FirmwareMain\ncontinue\nset $before = $pc\nstepi\np $pc != $before\n"
            # The next function that it calls saves its registers there.
            "set {int}($sp - 4) = 0x1234\nset $watched = $sp - 4\nwatch *(int *)$watched\ncontinue\n"
            "delete\necho now it runs\\n\ncontinue\n"
            "p/x $mcause\np $v8.b[0] == $v8.b[0]\nkill\n"
        )
        debugger = subprocess.Popen(
            [gdb, "-nx", "-batch", "-x", script, FIRMWARE], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        output = ""
        for line in debugger.stdout:
            output += line
            if "now it runs" in line:
                time.sleep(0.5)
                debugger.send_signal(signal.SIGINT)
        debugger.wait(LIMIT_S)
        simulator.wait(LIMIT_S)
    finally:
        for process in (simulator, debugger):
            if process is not None:
                process.kill()
        simulator.stderr.close()
    for expected in (
        r"Breakpoint 1, .* in FirmwareMain", r"\$1 = 1", r"Hardware watchpoint 2: .*watched",
        r"Old value = 4660\nNew value = -?\d+", r"received signal SIGINT", r"\$2 = 0x0", r"\$3 = 1",
    ):  # fmt: skip
        assert re.search(expected, output), (expected, output)


def test_trace_of_one_function():
    result = simulate("--trace", "-", "--trace-filter", "memset")
    lines = result.stdout.splitlines()
    assert lines and all("<memset+0x" in line for line in lines)
    assert any(re.search(r"vsetvli t0, a2, e8, m8, ta, ma +t0=[0-9a-f]{8}$", line) for line in lines)
    wrong = simulate("--trace", "-", "--trace-filter", "0x20-0x10")
    assert wrong.returncode == 2 and "ends before it begins" in wrong.stderr


def test_exactly_so_many_instructions(tmp_path):
    result = simulate("--max-instructions", 1000, "--counters", tmp_path / "c.json")
    assert result.returncode == 1
    assert json.loads((tmp_path / "c.json").read_text())["instructions"] == 1000


def legacy_message(kind, payload=b""):
    """u32 size of what follows, u16 type, payload."""
    return (2 + len(payload)).to_bytes(4, "little") + kind.to_bytes(2, "little") + payload


def test_a_snapshot_profiles_one_inference(shared, model_snapshot, tmp_path):
    data, process = 2, 4
    sample = numpy.load(shared("spec/corpus") / "models" / "wand_f32.0.in0.npy")
    request = tmp_path / "request.bin"
    request.write_bytes(legacy_message(data, sample.tobytes()) + legacy_message(process))
    profiles = []
    for run in "ab":
        counters = tmp_path / f"{run}.json"
        result = simulate(
            "--restore", model_snapshot, "--uart-input", request, "--time", "deterministic", "--counters", counters
        )
        assert result.returncode == 0, result.stderr
        profiles.append(counters.read_text())
    assert profiles[0] == profiles[1]
    profile = json.loads(profiles[0])
    assert [span["name"] for span in profile["spans"]] == ["inference"]
    assert {kernel["layer"]["dispatch"] for kernel in profile["kernels"]} == set(range(11))


def test_a_damaged_snapshot_is_refused(tmp_path):
    snapshot = tmp_path / "boot.snap"
    assert simulate("--save-snapshot", snapshot).returncode == 0
    assert simulate("--restore", snapshot).returncode == 0
    other = simulate("--restore", snapshot, "--vlen", 256)
    assert other.returncode == 2 and "--vlen 512" in other.stderr
    content = bytearray(snapshot.read_bytes())
    content[len(content) // 2] ^= 1
    snapshot.write_bytes(content)
    damaged = simulate("--restore", snapshot)
    assert damaged.returncode == 2 and "damaged" in damaged.stderr


@pytest.mark.parametrize("vlen", [128, 256, 1024])
def test_the_firmware_starts_on_other_cores(vlen):
    result = simulate("--vlen", vlen)
    assert result.returncode == 0
    assert "Inference server started" in result.stderr
