# SPDX-License-Identifier: Apache-2.0

"""Every wait ends: with a device that is silent, slow, lying, babbling, gone or deaf, a simulator that does not start,
a compiler, an installation and a server that take too long. The limits are those of docs/limits.md."""

import fcntl
import json
import socket
import time

import pytest
import scenario_files
from bad_device import DATA, OUTPUT, PROCESS, BadDevice
from conftest import ROOT

SAMPLES = 4
PING, MODEL = 0, 3


@pytest.fixture(scope="module")
def module(kenning, tmp_path_factory):
    folder = tmp_path_factory.mktemp("module")
    path = scenario_files.write(folder, scenario_files.load("magic-wand-synthetic.json"))
    result = kenning("optimize", "--json-cfg", path)
    assert result.returncode == 0, result.stderr
    return path


@pytest.fixture
def attached(kenning, module, tmp_path):
    """attached(device, options…): a run of a few samples on it: exit code, text, seconds."""

    def run(device, *options):
        scenario = json.loads(module.read_text())
        scenario_files.attach(scenario, device.port)
        scenario["inference_loop"] = {"type": "RemoteSequentialInferenceLoop", "parameters": {"inference_limit": SAMPLES}}
        path = tmp_path / "attached.json"
        path.write_text(json.dumps(scenario))
        return timed(kenning, "test", "--json-cfg", path, "--measurements", tmp_path / "r.json", "--wire", device.wire, *options)

    return run


def timed(kenning, *arguments, **more):
    start = time.monotonic()
    result = kenning(*arguments, limit_s=120, **more)
    return result.returncode, result.stdout + result.stderr, time.monotonic() - start


@pytest.mark.parametrize("wire", ["legacy", "header8", "header12"])
@pytest.mark.parametrize("fault", ["silent", "lying", "babbling", "gone"])
@pytest.mark.parametrize("kind", [DATA, PROCESS, OUTPUT])
def test_a_bad_device_ends_the_run_with_the_sample(attached, tmp_path, wire, fault, kind):
    code, text, seconds = attached(BadDevice(wire, fault, kind), "--timeout", 1)
    assert code == 1, text
    assert f"test sample 2 of {SAMPLES}" in text, text
    assert seconds < 20, (seconds, text)
    assert not (tmp_path / "r.json").exists()
    partial = json.loads((tmp_path / "r.partial.json").read_text())["partial"]
    assert partial["measured"] == 1 and partial["of"] == SAMPLES


@pytest.mark.parametrize("kind", [MODEL, DATA, OUTPUT])
def test_a_slow_device_is_given_the_time_that_is_set(attached, kind):
    slow = {"fault": "slow", "kind": kind, "nth": 1, "pause_s": 2.5}
    code, text, _ = attached(BadDevice("legacy", **slow), "--timeout", 1)
    assert code == 1 and ("no whole answer within 1" in text or "took no byte for 1 s" in text), text
    code, text, _ = attached(BadDevice("legacy", **slow), "--timeout", 30)
    assert code == 0, text


def test_an_answer_may_halt_longer_where_more_time_is_set(attached):
    halting = {"fault": "halting", "kind": OUTPUT, "nth": 1, "pause_s": 2}
    code, text, _ = attached(BadDevice("legacy", **halting), "--timeout", 90)
    assert code == 0, text
    assert "is sent again" not in text


def test_a_device_that_takes_long_to_say_that_it_is_there(attached):
    slow = {"fault": "slow", "kind": PING, "nth": 1, "pause_s": 3}
    code, text, seconds = attached(BadDevice("header12", **slow), "--timeout", 1)
    assert code == 1 and "PING" in text, text
    assert seconds < 10
    code, text, _ = attached(BadDevice("header12", **slow), "--timeout", 20)
    assert code == 0, text


def test_a_port_that_takes_no_bytes(attached):
    code, text, seconds = attached(BadDevice("legacy", "deaf", kind=7, nth=1), "--timeout", 1)
    assert code == 1, text
    assert "no whole answer within 1" in text or "took no byte for 1 s" in text, text
    assert seconds < 10


def test_a_simulator_that_does_not_start(kenning, module, tmp_path):
    env = {
        "RENODE": str(ROOT / "tests/e2e/fake_renode.py"), "FAKE_RENODE_MODE": "silent",
        "FAKE_RENODE_TRANSCRIPT": str(tmp_path / "transcript"), "SPRINGBOK_SIM": str(ROOT / "build/bin/springbok-sim"),
        "TMPDIR": str(tmp_path), "QEMU_RISCV32": "/bin/sleep",
    }  # fmt: skip
    for simulator, sentence in (("renode", "within 2 s"), ("qemu", "before the firmware was ready")):
        code, text, seconds = timed(
            kenning, "test", "--json-cfg", module, "--simulator", simulator, "--start-timeout", 2, "--firmware",
            ROOT / "build/firmware/springbok/firmware.elf", env=env,
        )  # fmt: skip
        assert code == 1 and sentence in text, text
        assert seconds < 15, (seconds, text)


def test_a_compiler_that_takes_too_long(kenning, tmp_path):
    path = scenario_files.write(tmp_path, scenario_files.load("magic-wand-synthetic.json"))
    env = {"KENNING_CACHE_DIR": str(tmp_path / "cache")}
    code, text, _ = timed(kenning, "optimize", "--json-cfg", path, "--compile-timeout", 0.1, env=env)
    assert code == 1 and "did not finish within 0.1 s" in text, text


def test_an_installation_that_another_program_holds_up(kenning, tmp_path):
    path = scenario_files.write(tmp_path, scenario_files.load("magic-wand-synthetic.json"))
    lock = tmp_path / "cache/compilers/.3.4.0.lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        code, text, seconds = timed(
            kenning, "optimize", "--json-cfg", path, "--compiler-release", "3.4.0", "--install-timeout", 1,
            env={"KENNING_CACHE_DIR": str(tmp_path / "cache")},
        )  # fmt: skip
    assert code == 1 and "another program has held it for 1 s" in text, text
    assert seconds < 10


@pytest.mark.parametrize("variable", ["KENNING_COCO_URL", "KENNING_MAGIC_WAND_URL"])
def test_a_server_that_says_nothing(kenning, tmp_path, variable):
    is_coco = variable == "KENNING_COCO_URL"
    scenario = scenario_files.load("person-detection-synthetic.json" if is_coco else "magic-wand-synthetic.json")
    scenario["dataset"]["parameters"].update(dataset_root=str(tmp_path / "data"), download_dataset=True)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(5)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/data.tar.gz"
        code, text, seconds = timed(
            kenning, "optimize", "test", "--json-cfg", scenario_files.write(tmp_path, scenario),
            env={variable: url, "KENNING_DOWNLOAD_TIMEOUT": "1"},
        )  # fmt: skip
    assert code == 1 and "cannot be downloaded" in text and "without a network" in text, text
    assert seconds < 20
