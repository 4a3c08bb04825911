# SPDX-License-Identifier: Apache-2.0

"""Bad input: one clear message that names the place, the right exit code, and nothing written before is touched.

Exit code 2 says that the input is wrong, 1 that the run failed.
"""

import shutil

import numpy
import pytest
import scenario_files
from conftest import ROOT

EARLIER = '{"from": "an earlier run"}\n'
SYNTHETIC = ROOT / "scenarios" / "data" / "magic-wand-synthetic"
MODEL = ROOT / "models" / "magic-wand" / "magic_wand.h5"

LEGACY, PLATFORM = "magic-wand.json", "magic-wand-synthetic.json"
DATASET, WRAPPER, OPTIMIZER = "/dataset/parameters/", "/model_wrapper/parameters/", "/optimizers/0/parameters/"


def run_scenario(kenning, folder, scenario_path, kept=("results.json", "report.md", "model.vmfb")):
    """Runs all three steps where earlier outputs lie; they must be there unharmed afterwards."""
    earlier = [folder / name for name in kept]
    for path in earlier:
        path.write_text(EARLIER)
    result = kenning(
        "optimize", "test", "report", "--json-cfg", scenario_path, "--measurements", folder / "results.json",
        "--report-path", folder / "report.md",
    )  # fmt: skip
    for path in earlier:
        assert path.read_text() == EARLIER, f"{path.name} was overwritten by a run that failed"
    return result


def check(result, code, parts):
    text = result.stdout + result.stderr
    assert result.returncode == code, text
    for part in parts:
        assert part in text, f"'{part}' is missing in:\n{text}"
    assert "Traceback" not in text and "terminate called" not in text


# (grammar, pointer, value, exit code, what the message holds)
SCENARIO_FAULTS = [
    # unknown keys, with the nearest one that exists
    (PLATFORM, DATASET + "window_sise", 128, 2, [DATASET + "window_sise", "window_size"]),
    (LEGACY, DATASET + "window_sise", 128, 2, [DATASET + "window_sise", "window_size"]),
    (PLATFORM, WRAPPER + "model", "x", 2, [WRAPPER + "model", "model_path"]),
    (PLATFORM, "/platform/parameters/simulate", True, 2, ["/platform/parameters/simulate", "simulated"]),
    (LEGACY, "/runtime/parameters/runtime_binary", "x", 2, ["/runtime/parameters/runtime_binary", "runtime_binary_path"]),
    (LEGACY, "/protocol/parameters/baud", 9600, 2, ["/protocol/parameters/baud", "baudrate"]),
    # wrong types
    (PLATFORM, DATASET + "window_size", "many", 2, [DATASET + "window_size"]),
    (PLATFORM, DATASET + "window_size", 1.5, 2, [DATASET + "window_size"]),
    (PLATFORM, DATASET + "dataset_root", 7, 2, [DATASET + "dataset_root"]),
    (PLATFORM, DATASET + "split_fraction_test", "half", 2, [DATASET + "split_fraction_test"]),
    (PLATFORM, OPTIMIZER + "compiler_args", "--all", 2, [OPTIMIZER + "compiler_args"]),
    (PLATFORM, OPTIMIZER + "compiler_args", [1], 2, [OPTIMIZER + "compiler_args"]),
    (PLATFORM, "/optimizers", {}, 2, ["/optimizers"]),
    (PLATFORM, "/dataset", [], 2, ["/dataset"]),
    # out of range
    (PLATFORM, DATASET + "window_size", 0, 2, [DATASET + "window_size"]),
    (PLATFORM, DATASET + "window_size", -128, 2, [DATASET + "window_size"]),
    (PLATFORM, DATASET + "window_shift", 0, 2, [DATASET + "window_shift"]),
    (PLATFORM, DATASET + "split_fraction_test", 1.5, 2, [DATASET + "split_fraction_test"]),
    # not one of the choices
    (PLATFORM, OPTIMIZER + "backend", "quantum", 2, [OPTIMIZER + "backend", "llvm-cpu"]),
    (PLATFORM, OPTIMIZER + "model_framework", "caffe", 2, [OPTIMIZER + "model_framework", "keras"]),
    # missing
    (PLATFORM, DATASET + "dataset_root", ..., 2, ["/dataset/parameters", "dataset_root"]),
    (PLATFORM, WRAPPER + "model_path", ..., 2, ["/model_wrapper", "model_path"]),
    (PLATFORM, "/dataset", ..., 2, ["dataset"]),
    (PLATFORM, "/model_wrapper", ..., 2, ["model_wrapper"]),
    # classes that do not exist
    (PLATFORM, "/dataset/type", "MagicWandDatasets", 2, ["/dataset/type", "MagicWandDataset"]),
    (LEGACY, "/runtime/type", "kenning.runtimes.renode.RenodeRuntim", 2, ["/runtime/type", "RenodeRuntime"]),
    # files that do not exist
    (PLATFORM, WRAPPER + "model_path", "./models/none.h5", 2, ["none.h5"]),
    (PLATFORM, DATASET + "dataset_root", "./scenarios/data/none", 2, ["scenarios/data/none"]),
    (PLATFORM, "/platform/parameters/runtime_binary_path", "./none.elf", 2, ["none.elf"]),
    (LEGACY, "/runtime/parameters/runtime_binary_path", "./none.elf", 2, ["none.elf"]),
]


def name_of(row):
    grammar, pointer, value = row[:3]
    return f"{grammar.removesuffix('.json')}:{pointer}={'absent' if value is ... else value}"


@pytest.mark.parametrize("row", SCENARIO_FAULTS, ids=name_of)
def test_scenario_fault(kenning, tmp_path, row):
    grammar, pointer, value, code, parts = row
    scenario = scenario_files.load(grammar)
    if grammar == LEGACY:
        scenario["dataset"]["parameters"].update(dataset_root=str(SYNTHETIC), download_dataset=False)
    scenario_files.set_value(scenario, pointer, value)
    check(run_scenario(kenning, tmp_path, scenario_files.write(tmp_path, scenario)), code, parts)


def test_all_faults_of_a_scenario_are_reported_at_once(kenning, tmp_path):
    scenario = scenario_files.load(PLATFORM)
    faults = {DATASET + "window_sise": 1, WRAPPER + "model_path": 5, OPTIMIZER + "backend": "quantum"}
    for pointer, value in faults.items():
        scenario_files.set_value(scenario, pointer, value)
    check(run_scenario(kenning, tmp_path, scenario_files.write(tmp_path, scenario)), 2, list(faults))


BROKEN_JSON = {
    "empty": b"",
    "cut": b'{"dataset": {"type": "Magic',
    "not an object": b"[1, 2]",
    "no JSON": b"\x7fELF\x00\x01",
    "bad UTF-8": b'{"dataset": {"type": "\xff\xfe"}}',
    "deep": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000,
}


@pytest.mark.parametrize("name", BROKEN_JSON)
def test_scenario_that_is_no_scenario(kenning, tmp_path, name):
    path = tmp_path / "scenario.json"
    path.write_bytes(BROKEN_JSON[name])
    check(run_scenario(kenning, tmp_path, path), 2, ["scenario.json"])


def test_scenario_file_is_absent(kenning, tmp_path):
    check(run_scenario(kenning, tmp_path, tmp_path / "absent.json"), 2, ["absent.json"])


BAD_RECORDINGS = {
    "words instead of numbers": b"1.0,2.0,3.0\nleft,right,left\n1.0,2.0,3.0\n",
    "two numbers a line": b"1.0,2.0\n" * 200,
    "not a number": b"nan,nan,nan\n" * 200,
    "infinite": b"1.0,inf,1.0\n" * 200,
    "binary": bytes(range(256)) * 40,
}


@pytest.mark.parametrize("name", BAD_RECORDINGS)
def test_recording_that_is_not_numbers(kenning, tmp_path, name):
    data = tmp_path / "data"
    shutil.copytree(SYNTHETIC, data)
    victim = sorted((data / "ring").glob("*.txt"))[0]
    victim.write_bytes(BAD_RECORDINGS[name])
    scenario = scenario_files.load(PLATFORM)
    scenario_files.set_value(scenario, DATASET + "dataset_root", str(data))
    check(run_scenario(kenning, tmp_path, scenario_files.write(tmp_path, scenario)), 2, [victim.name])


def test_data_set_without_recordings(kenning, tmp_path):
    (tmp_path / "data").mkdir()
    scenario = scenario_files.load(PLATFORM)
    scenario_files.set_value(scenario, DATASET + "dataset_root", str(tmp_path / "data"))
    check(run_scenario(kenning, tmp_path, scenario_files.write(tmp_path, scenario)), 2, [str(tmp_path / "data")])


def without_end(data):
    return data[: len(data) // 2]


# How to damage a good model file, and what the message holds.
BAD_MODELS = {
    "unknown layer": (lambda data: data.replace(b'"Flatten"', b'"Flarten"'), ["Flarten"]),
    "truncated": (without_end, ["model.h5"]),
    "empty": (lambda data: b"", ["model.h5"]),
    "no HDF5": (lambda data: b"PK\x03\x04" + data[4:], ["model.h5"]),
    "no model in it": (lambda data: data.replace(b"model_config", b"model_canfig"), ["model.h5"]),
    "configuration is no JSON": (lambda data: data.replace(b'{"class_name"', b'["class_name"', 1), ["model.h5"]),
}


@pytest.mark.parametrize("name", BAD_MODELS)
def test_model_that_cannot_be_read(kenning, tmp_path, name):
    damage, parts = BAD_MODELS[name]
    good = MODEL.read_bytes()
    bad = damage(good)
    assert bad != good, "the damage did not hit anything"
    (tmp_path / "model.h5").write_bytes(bad)
    specification = MODEL.with_name(MODEL.name + ".json")
    if specification.exists():
        shutil.copy(specification, tmp_path / "model.h5.json")
    scenario = scenario_files.load(PLATFORM)
    scenario_files.set_value(scenario, WRAPPER + "model_path", str(tmp_path / "model.h5"))
    check(run_scenario(kenning, tmp_path, scenario_files.write(tmp_path, scenario)), 2, parts)


def test_compiler_refuses_a_flag(kenning, tmp_path):
    """The run fails, with the compiler's own words."""
    scenario = scenario_files.load(PLATFORM)
    scenario_files.set_value(scenario, OPTIMIZER + "compiler_args", ["no-such-flag=1"])
    check(run_scenario(kenning, tmp_path, scenario_files.write(tmp_path, scenario)), 1, ["no-such-flag"])


def test_firmware_that_is_no_program(kenning, tmp_path):
    (tmp_path / "bad.elf").write_bytes(b"\x7fELF" + b"\xff" * 2000)
    scenario = scenario_files.load(PLATFORM)
    scenario_files.set_value(scenario, "/platform/parameters/runtime_binary_path", str(tmp_path / "bad.elf"))
    # The model may have been compiled by then.
    result = run_scenario(kenning, tmp_path, scenario_files.write(tmp_path, scenario), kept=["results.json", "report.md"])
    check(result, 2, ["bad.elf"])


# (arguments, exit code, what the message holds)
USAGE_FAULTS = [
    (["foo"], 2, ["foo"]),
    (["report", "test"], 2, []),
    (["optimize", "report"], 2, []),
    (["optimize"], 2, ["--json-cfg"]),
    # The scenario might have said it.
    (["optimize", "test", "report", "--json-cfg", "scenarios/magic-wand-synthetic.json", "--report-path", "build/x.md"], 2, ["--measurements"]),
    (["report", "--measurements", "none.json"], 2, ["--report-path"]),
    (["report", "--report-path", "build/x.md", "--measurements", "none.json"], 2, ["none.json"]),
    (["optimize", "--json-cfg", "scenarios/magic-wand-synthetic.json", "--no-such-option"], 2, ["--no-such-option"]),
    (["run"], 2, []),
    (["run", "none.vmfb", "--function", "main"], 2, ["none.vmfb"]),
    (["info", "none.vmfb"], 2, ["none.vmfb"]),
    (["info", "README.md"], 2, ["README.md"]),
]


@pytest.mark.parametrize("row", USAGE_FAULTS, ids=lambda row: " ".join(row[0]))
def test_usage_fault(kenning, row):
    arguments, code, parts = row
    check(kenning(*arguments), code, parts)


def test_help_and_no_arguments_are_no_faults(kenning):
    for arguments in ([], ["--help"], ["optimize", "test", "report", "--help"], ["run", "--help"], ["info", "--help"]):
        result = kenning(*arguments)
        assert result.returncode == 0 and "kenning" in result.stdout, arguments


# How to damage a good VMFB.
BAD_MODULES = {
    "empty": lambda data: b"",
    "truncated": without_end,
    "last quarter missing": lambda data: data[: len(data) * 3 // 4],
    "header only": lambda data: data[:64],
    "other file": lambda data: b"\x89PNG\r\n\x1a\n" * 1000,
    "wild root offset": lambda data: b"\xff\xff\xff\x7f" + data[4:],
    "all ones": lambda data: b"\xff" * len(data),
    "zeros": lambda data: bytes(len(data)),
    "larger than the memory of the device": lambda data: data + bytes(20 << 20),
}


@pytest.mark.parametrize("damage", BAD_MODULES)
def test_module_that_cannot_run(kenning, shared, tmp_path, damage):
    """Refused by the tool, by the device when the tool does not look, and by `info`."""
    corpus = shared("spec/corpus")
    module = tmp_path / "bad.vmfb"
    module.write_bytes(BAD_MODULES[damage]((corpus / "3.13.0" / "add_f32.vmfb").read_bytes()))
    names = [corpus / "models" / f"add_f32.0.in{index}.npy" for index in (0, 1)]
    result = kenning("run", module, "--function", "main", "--input", names[0], "--input", names[1])
    assert result.returncode in (1, 2), result.stdout + result.stderr
    assert "bad.vmfb" in result.stdout + result.stderr
    refused = kenning("run", module, "--function", "main", "--input", names[0], "--input", names[1], "--no-check")
    assert refused.returncode in (1, 2), refused.stdout + refused.stderr
    info = kenning("info", module)
    assert info.returncode in (1, 2), info.stdout + info.stderr
    assert "bad.vmfb" in info.stdout + info.stderr


def test_flipped_bits_never_hang_or_crash_the_tool(kenning, shared, tmp_path):
    """Single bits flipped over the whole file: the run ends with an answer or an error, not with a signal."""
    corpus = shared("spec/corpus")
    good = (corpus / "3.13.0" / "add_f32.vmfb").read_bytes()
    names = [corpus / "models" / f"add_f32.0.in{index}.npy" for index in (0, 1)]
    for step in range(40):
        data = bytearray(good)
        position = step * len(data) // 40
        data[position] ^= 1 << step % 8
        (tmp_path / "bad.vmfb").write_bytes(data)
        result = kenning("run", tmp_path / "bad.vmfb", "--function", "main", "--input", names[0], "--input", names[1], limit_s=60)
        assert result.returncode in (0, 1, 2), f"bit {step % 8} of byte {position}: {result.stderr[-500:]}"


def test_tensors_that_do_not_fit(kenning, shared, tmp_path):
    corpus = shared("spec/corpus")
    module = corpus / "3.13.0" / "add_f32.vmfb"
    good = corpus / "models" / "add_f32.0.in0.npy"
    numpy.save(tmp_path / "short.npy", numpy.zeros(3, numpy.float32))
    numpy.save(tmp_path / "objects.npy", numpy.array([{}], dtype=object), allow_pickle=True)
    (tmp_path / "cut.npy").write_bytes(good.read_bytes()[:100])
    (tmp_path / "huge.npy").write_bytes(
        b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967295, 4294967295), }".ljust(117) + b"\n"
    )
    (tmp_path / "empty.npy").write_bytes(b"")
    for name in ("short", "objects", "cut", "huge", "empty", "absent"):
        result = kenning("run", module, "--function", "main", "--input", tmp_path / f"{name}.npy", "--input", good)
        text = result.stdout + result.stderr
        assert result.returncode in (1, 2), f"{name}: {text}"
        if name != "short":
            assert f"{name}.npy" in text and result.returncode == 2, text
    for function in ("mean", "mainmainmain", ""):
        result = kenning("run", module, "--function", function, "--input", good, "--input", good)
        assert result.returncode in (1, 2), function
