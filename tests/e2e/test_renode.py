# SPDX-License-Identifier: Apache-2.0

"""`--simulator renode`: what the tool says to a Renode, and what it makes of the answers.

Renode is in no package registry, so fake_renode.py speaks for it; the platform files are held to the facts
they were written from.
"""

import json
import os
import re

import pytest
import scenario_files
from conftest import ROOT

PLATFORMS = ROOT / "platforms"
BOOT = "sysbus.vec_controlblock WriteDoubleWord 0xc 0"


@pytest.fixture
def renode(tmp_path):
    """renode(mode): the environment in which the tool finds the fake, and the file with the dialogue."""

    def environment(mode=""):
        transcript = tmp_path / "transcript"
        return transcript, {
            "RENODE": str(ROOT / "tests/e2e/fake_renode.py"),
            "FAKE_RENODE_TRANSCRIPT": str(transcript),
            "FAKE_RENODE_MODE": mode,
            "SPRINGBOK_SIM": str(ROOT / "build/bin/springbok-sim"),
            "TMPDIR": str(tmp_path),
        }

    return environment


def run(kenning, folder, env, change=lambda scenario: None, name="magic-wand-synthetic.json", samples=2):
    scenario = scenario_files.load(name)
    scenario["inference_loop"] = {"type": "RemoteSequentialInferenceLoop", "parameters": {"inference_limit": samples}}
    change(scenario)
    return kenning(
        "optimize", "test", "--json-cfg", scenario_files.write(folder, scenario), "--measurements", folder / "results.json",
        "--simulator", "renode", "--verbosity", "DEBUG", env=env,
    )  # fmt: skip


def said(transcript, folder):
    """The dialogue without what differs from run to run."""
    text = re.sub(re.escape(str(folder)) + r"/kenning-\w+", "<run>", transcript.read_text())
    return text.replace(str(ROOT), "<root>").splitlines()


def test_the_dialogue_and_the_results(kenning, renode, tmp_path):
    transcript, env = renode()
    result = run(kenning, tmp_path, env)
    assert result.returncode == 0, result.stdout + result.stderr
    commands = said(transcript, tmp_path)
    # Section 3.3 of the platform specification, in its order.
    start = commands.index("start")
    assert commands[:start] == [
        "logFile @<run>/device.log",
        "$bin=@<root>/build/firmware/springbok/firmware.elf",
        '$uart="<run>/uart"',
        "$springbok_repl=@<root>/platforms/springbok.repl",
        "$springbok_accelerometer_repl=@<root>/platforms/springbok_accelerometer.repl",
        "$springbok_resc=@<root>/platforms/springbok.resc",
        "$springbok_custom3_py=@<root>/platforms/springbok_custom3.py",
        "include @<root>/platforms/springbok.resc",
        "machine EnableProfiler @<run>/profiler.dump",
    ]
    assert commands[start + 1] == BOOT
    rest = [command for command in commands[start + 2 :] if command != "machine ElapsedVirtualTime"]
    assert rest == ["sysbus.cpu GetAllOpcodesCounters"] * 2 + ["pause", "Clear", "quit"]
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["total"] == 2
    assert results["opcode_counters"] == {"cpu": {"addi": 1000, "vadd.vv": 2000, "vfmacc.vf": 3000, "@vpopc.m": 4000}}
    assert "uart0" in results["peripheral_accesses"]
    assert len(list(tmp_path.glob("kenning-*"))) == 0, "temporary files are left"


def test_the_report_of_such_a_run(kenning, renode, tmp_path):
    _, env = renode()
    assert run(kenning, tmp_path, env).returncode == 0
    report = kenning(
        "report", "--measurements", tmp_path / "results.json", "--report-path", tmp_path / "report.md",
        "--report-types", "performance", "classification", "renode_stats",
    )  # fmt: skip
    assert report.returncode == 0, report.stdout + report.stderr
    assert "vfmacc.vf" in (tmp_path / "report.md").read_text()


def test_a_dump_that_is_named_is_kept_and_counters_can_be_left_out(kenning, renode, tmp_path):
    transcript, env = renode()

    def change(scenario):
        scenario["platform"]["parameters"].update(
            disable_opcode_counters=True, profiler_dump_path=str(tmp_path / "kept.dump"), post_start_commands=[BOOT, "pause"]
        )

    assert run(kenning, tmp_path, env, change).returncode == 0
    assert (tmp_path / "kept.dump").stat().st_size > 1000
    commands = said(transcript, tmp_path)
    assert "sysbus.cpu GetAllOpcodesCounters" not in commands
    assert commands[commands.index("start") + 1 :][:2] == [BOOT, "pause"]
    assert "opcode_counters" not in json.loads((tmp_path / "results.json").read_text())


def test_a_script_of_the_scenario_is_used_with_its_dependencies(kenning, renode, tmp_path):
    """As upstream's: the variables are named after the files, the terminal is where the scenario says."""
    transcript, env = renode()
    script, core = tmp_path / "my platform.resc", tmp_path / "SpringbokRiscV32.cs"
    script.write_text("include $springbokriscv32_cs\n")
    core.write_text("// a core\n")

    def change(scenario):
        scenario["platform"]["parameters"].update(
            platform_resc_path=str(script), resc_dependencies=[str(core)], uart_port=str(tmp_path / "terminal")
        )

    result = run(kenning, tmp_path, env, change)
    assert result.returncode == 0, result.stdout + result.stderr
    commands = said(transcript, tmp_path)
    assert f'$uart="{tmp_path}/terminal"' in commands
    assert f"$springbokriscv32_cs=@{core}" in commands
    assert f"include @{tmp_path}/my\\ platform.resc" in commands


def test_sensor(kenning, renode, tmp_path):
    transcript, env = renode()

    def change(scenario):
        scenario["platform"]["parameters"].update(number_of_batches=3, disable_profiler=True)

    result = run(kenning, tmp_path, env, change, name="magic-wand-sensor.json", samples=3)
    assert result.returncode == 0, result.stdout + result.stderr
    commands = said(transcript, tmp_path)
    assert "$feed=@<run>/feed.data" in commands
    assert "include @<root>/platforms/springbok_accelerometer.resc" in commands
    assert "$bin=@<root>/build/firmware/springbok/firmware_sensor.elf" in commands
    assert sum(json.loads((tmp_path / "results.json").read_text())["predictions"]) == 3


@pytest.mark.parametrize(
    "mode, parts",
    [
        ("refuse-include", ["the monitor refused", "Could not resolve type", "include @"]),
        ("dies", ["the monitor closed its connection"]),
        ("silent", ["the log did not say"]),
    ],
)
def test_what_goes_wrong_is_told(kenning, renode, tmp_path, mode, parts):
    _, env = renode(mode)
    result = run(kenning, tmp_path, env, lambda s: s["platform"]["parameters"].update(runtime_init_timeout=2))
    assert result.returncode == 1, result.stdout + result.stderr
    for part in parts:
        assert part in result.stdout + result.stderr
    assert len(list(tmp_path.glob("kenning-*"))) == 0, "temporary files are left"


@pytest.mark.parametrize("variable", ["RENODE", "PYRENODE_BIN", "PYRENODE_PKG", "PATH"])
def test_where_renode_is_found(kenning, renode, tmp_path, variable):
    """The stand-in under Renode's own name; that its monitor refuses shows that it was started."""
    _, env = renode("refuse-include")
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "renode").symlink_to(env["RENODE"])
    places = {"PATH": f"{folder}:{os.environ['PATH']}", "PYRENODE_PKG": str(folder)}
    env |= {"RENODE": "", "PYRENODE_BIN": "", "PYRENODE_PKG": "", variable: places.get(variable, str(folder / "renode"))}
    result = run(kenning, tmp_path, env)
    assert result.returncode == 1
    assert "the monitor refused" in result.stdout + result.stderr


@pytest.mark.parametrize("variable, value", [("RENODE", "/no/such/renode"), ("PYRENODE_PKG", "README.md"), ("PATH", "/nowhere")])
def test_no_renode(kenning, tmp_path, variable, value):
    env = {"RENODE": "", "PYRENODE_BIN": "", "PYRENODE_PKG": "", "PATH": os.environ["PATH"]}
    env[variable] = value
    result = run(kenning, tmp_path, env)
    assert result.returncode == 1
    assert value in result.stderr + result.stdout or "Renode is not installed" in result.stderr + result.stdout


def addresses(repl):
    """name -> (address, size or None) of a platform description."""
    nodes = {}
    for name, address, body in re.findall(r"^(\w+): .*@ sysbus (0x[0-9A-F]+)\n((?:    .*\n)*)", repl, re.M | re.I):
        size = re.search(r"size: (0x[0-9A-F]+)", body, re.I)
        nodes[name] = (int(address, 16), int(size[1], 16) if size else None)
    return nodes


@pytest.mark.parametrize("file", ["springbok.repl", "springbok_upstream.repl", "springbok_accelerometer.repl"])
def test_the_platform_description_has_the_boards_addresses(file):
    memory_map = (ROOT / "board/springbok/memory_map.def").read_text()
    rows = {
        name: (kind, int(base, 16), int(size, 16))
        for kind, base, size, name in re.findall(r"^(REGION|DEVICE)\(\w+, (0x\w+), (0x\w+), (\w+)\)", memory_map, re.M)
    }
    nodes = addresses((PLATFORMS / file).read_text())
    assert nodes
    for name, (address, size) in nodes.items():
        kind, base, bytes_ = rows[name]
        assert address == base, name
        assert kind == "DEVICE" or size == bytes_, name
    if file != "springbok_accelerometer.repl":
        assert set(nodes) == set(rows) - {"gpio", "i2c"}


def test_the_custom_instructions_patterns_match_the_cores_encodings():
    patterns = re.findall(r'InstallCustomInstructionHandlerFromFile "(.*?)"', (PLATFORMS / "springbok.resc").read_text())
    for word in (0x00C5857B, 0x00A10EFB, 0x00A10FFB, 0x0000207B, 0x0000307B):
        bits = f"{word:032b}"
        matches = [p for p in patterns if len(p) == 32 and all(a in "-" + b for a, b in zip(p, bits))]
        assert len(matches) == 1, hex(word)


class FakeCpu:
    """What springbok_custom3.py uses of Renode's core."""

    def __init__(self, registers):
        self.registers, self.lines, self.IsHalted, self.ExecutedInstructions = dict(registers), [], False, 0x1_0000_0007
        for level in ("Error", "Warning", "Info", "Debug", "Noisy"):
            setattr(self, f"{level}Log", lambda text, level=level: self.lines.append((level, text)))

    def GetRegisterUnsafe(self, number):  # noqa: N802 - Renode's name
        return type("Value", (), {"RawValue": self.registers.get(number, 0)})

    def SetRegister(self, number, value):  # noqa: N802
        self.registers[number] = value


def custom3(word, registers, memory=b""):
    cpu = FakeCpu(registers)
    bus = type("Bus", (), {"ReadByte": staticmethod(lambda address: memory[address] if address < len(memory) else 0)})
    machine = type("Machine", (), {"SystemBus": bus})
    code = compile((PLATFORMS / "springbok_custom3.py").read_text(), "springbok_custom3.py", "exec")
    exec(code, {"cpu": cpu, "machine": machine, "state": {}, "instruction": word})  # noqa: S102
    return cpu


def test_the_custom_instructions_do_what_the_core_does():
    text = b"INFO |Runtime started\0rest"
    assert custom3(0x00C5857B, {10: 2, 11: 0, 12: 0x2A}, text).lines == [("Info", 'simprint: "INFO |Runtime started", 42 (0x2A)')]
    assert custom3(0x00C5857B, {10: 0, 11: 0, 12: 0xFFFFFFFF}, b"x").lines == [("Error", 'simprint: "x", 4294967295 (0xFFFFFFFF)')]
    assert custom3(0x00C5857B, {10: 9}).lines[0][0] == "Error"
    assert len(custom3(0x00C5857B, {10: 2}, b"y" * 300).lines[0][1]) == len('simprint: "", 0 (0x0)') + 255
    assert custom3(0x0000157B, {}).registers[10] == 7  # xcount a0, icount
    assert custom3(0x0000957B | 1 << 16, {10: 5}).registers[10] == 5  # no such counter
    assert custom3(0x0000207B, {}).IsHalted and custom3(0x0000307B, {}).IsHalted
