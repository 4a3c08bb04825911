#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Measures what this project promises; prints a table and writes build/bench.json.

    bench.py [--docs] [firmware] [simulator] [tool]     the parts to measure; all if none is named

build/bench.json is {name: {value, unit, goal, peer, met}}. What the peers reach was measured once on
this kind of machine; a peer's figure that can be measured on the spot is.
What could not be measured is missing from the file and printed with the reason. With --docs the
table is also written to docs/benchmarks.md, where rows of other parts stay as they are.
"""

import datetime
import json
import os
import pathlib
import re
import resource
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
SHARED = pathlib.Path(os.environ.get("KN_SHARED", ROOT.parent / "shared"))
CORPUS = SHARED / "spec" / "corpus"
FIRMWARE = BUILD / "firmware" / "springbok" / "firmware.elf"
KENNING = BUILD / "bin" / "kenning"
FIRMWARE_BENCH = BUILD / "host" / "bench" / "firmware_bench"
SIM_BENCH = BUILD / "host" / "bench" / "sim_bench"
NATIVE_BENCH = BUILD / "host" / "bench" / "native_bench"
IREE_COMPILE = BUILD / "venv" / "bin" / "iree-compile"
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
from quick_device import QuickDevice  # noqa: E402


def model_metrics(prefix, what, load_goal, load_peer, goal, peer):
    """Of one model. One pass over the bytes, to verify the bytecode and place the executables, is not part of the goal for loading.
    Each row's text is the only one of its kind: by it a row of the page is found again."""
    return {
        f"{prefix}_load": ("instructions", None, load_peer, True, f"{what}: to load it"),
        f"{prefix}_load_pass": ("instructions", None, None, True, f"{what}: of these, one pass over the bytes to verify and place"),
        f"{prefix}_load_rest": ("instructions", load_goal, None, True, f"{what}: and the rest"),
        f"{prefix}_runtime": ("instructions", goal, peer, True, f"{what}: one inference outside the kernels, after the first"),
        f"{prefix}_first": ("instructions", None, None, True, f"{what}: the first one outside the kernels"),
        f"{prefix}_kernels": ("instructions", None, None, True, f"{what}: one inference inside the kernels"),
    }


# name: (unit, goal, peer, smaller is better, what it is)
METRICS = {
    "firmware_text_rodata": ("bytes", 64 * 1024, 367_000, True, "firmware code and constants"),
    **model_metrics("wand_2023", "wand_f32, compiler 20230209.425", 60_000, 853_934, 8_000, 272_146),
    **model_metrics("wand_36", "wand_f32, compiler 3.6.0", 60_000, None, 4_000, None),
    **model_metrics("wand_new", "wand_f32, compiler 3.13.0", 60_000, None, None, None),
    **model_metrics("person_2023", "person_detect, compiler 20230209.425", 150_000, 23_649_841, 60_000, 2_079_991),
    **model_metrics("person_2024", "person_detect, compiler 20240621.931", 150_000, None, 60_000, None),
    **model_metrics("person_new", "person_detect, compiler 3.1.0", 150_000, None, 60_000, None),
    "receive_legacy": ("instructions", 12, None, True, "to receive one payload byte of wand_f32, all that the device runs, legacy wire"),
    "receive_header8": ("instructions", 12, None, True, "the same, 8-byte headers"),
    "receive_header12": ("instructions", 12, None, True, "the same, 12-byte headers"),
    "stack_bytes": ("bytes", 8 * 1024, None, True, "deepest stack outside the kernels, wand_f32"),
    "person_ram_bytes": ("bytes", 128 * 1024, 3_700_000, True, "memory for person_detect besides code, model, kernel image and tensors; the peer's with tensors"),
    "demo_kernels": ("instructions", 32_000, 60_750, True, "one inference inside the kernels, the shipped Magic Wand scenario"),
    "person_scenario_kernels": ("instructions", 4_600_000, 21_700_000, True, "one inference inside the kernels, the shipped Person Detection scenario"),
    "devices_speedup": ("x", None, None, False, "the 128 photographs on a simulated device for each core, against one device: wall time of the samples"),
    "sample_cost": ("ms", 0.5, 5, True, "a sample over a pseudo terminal besides the device, median; the device is Python and counts, too"),
    "simulator_wand": ("instructions/s", None, None, False, "simulator on wand_f32, all counters on"),
    "simulator_person": ("instructions/s", None, None, False, "simulator on person_detect, compiler 20230209.425, all counters on"),
    "simulator_dense_vector": ("instructions/s", None, 3_500_000, False, "simulator on a dense e32,m8 loop; peer: QEMU"),
    "ratio_wand": ("x", 10, 1, False, "times as fast as QEMU 7.2 system emulation, all counters on: wand_f32, time of an inference: QEMU's guest by its own clock, ours with the exchange of the request"),
    "ratio_person": ("x", 10, 1, False, "the same: person_detect compiled with +zve32x by the shipped scenario"),
    "ratio_dense_vector": ("x", 100, 1, False, "the same, QEMU user emulation: dense e32,m8 loop"),
    "ratio_scalar_loop": ("x", 0.5, 1, False, "the same: scalar integer loop"),
    "native_person": ("ms", None, None, True, "that person_detect without a simulator: compiled for this processor by the same compiler, through runtime/"),
    "distance_person": ("x", None, None, True, "the simulator's time over that: the distance to the limit"),
    "native_wand": ("ms", None, None, True, "wand_f32 of the shipped compiler on this processor itself"),
    "distance_wand": ("x", None, None, True, "the simulator's time for wand_f32 of the same compiler over that"),
    "counting_cost": ("%", 10, None, True, "what counting adds to the time of that person_detect inference, median of 500 pairs in turn"),
    "translation_share": ("%", 10, None, True, "of loading that person_detect and 20 inferences: processor time spent translating"),
    "simulator_start": ("ms", 20, None, True, "springbok-sim from its start to the end of the firmware's first instruction"),
    "simulator_memory": ("MB", 64, None, True, "largest resident memory of springbok-sim, guest memory included, booting the firmware"),
    "help_time": ("ms", 20, 700, True, "kenning --help"),
    "report_time": ("s", 2.5, 14, True, "report with HTML and PNG, three types"),
    "report_time_no_png": ("s", 0.2, None, True, "the same without PNG"),
    "report_memory": ("MB", 200, 900, True, "largest resident memory of the report and its helper"),
    "report_page": ("bytes", 3_000_000, 20_000_000, True, "the HTML page"),
    "report_page_of_two": ("bytes", 4_000_000, 72_000_000, True, "the HTML page that compares two models"),
}

# (metric prefix, module, input, input tensor, output tensor)
MODELS = [
    ("wand_2023", "20230209.425/wand_f32.vmfb", "models/wand_f32.0.in0.npy", "1x128x3x1xf32", "1x4xf32"),
    ("wand_36", "3.6.0/wand_f32.vmfb", "models/wand_f32.0.in0.npy", "1x128x3x1xf32", "1x4xf32"),
    ("wand_new", "3.13.0/wand_f32.vmfb", "models/wand_f32.0.in0.npy", "1x128x3x1xf32", "1x4xf32"),
    ("person_2023", "person_detect/person_detect.tosa23.20230209.425.rv32.vmfb", "person_detect/pd_person_raw.npy", "1x96x96x1xi8", "1x2xi8"),
    ("person_2024", "person_detect/person_detect.tosa218.20240621.931.rv32.vmfb", "person_detect/pd_person_raw.npy", "1x96x96x1xi8", "1x2xi8"),
    ("person_new", "person_detect/person_detect.tosa218.3.1.0.rv32.vmfb", "person_detect/pd_person_raw.npy", "1x96x96x1xi8", "1x2xi8"),
]  # fmt: skip
SPEED_OF = {"wand_2023": "simulator_wand", "person_2023": "simulator_person"}

DENSE_INSTRUCTIONS = 11 * 100_000  # length of the loop in dense_vector.S and kTurns
SCALAR_INSTRUCTIONS = 10 * 20_000_000  # the same of scalar_loop.S
QEMU_CPU = "rv32,v=true,vlen=512,elen=32,vext_spec=v1.0"
QEMU = ["qemu-riscv32", "-cpu", QEMU_CPU]
QEMU_FIRMWARE = BUILD / "firmware" / "qemu-virt" / "firmware.elf"
SPRINGBOK_SIM = BUILD / "bin" / "springbok-sim"


class NotMeasured(Exception):
    pass


class Results:
    def __init__(self):
        self.values, self.peers, self.reasons = {}, {}, {}

    def measure(self, names, function):
        """function() gives {name: value}; what it cannot give is noted with the reason."""
        try:
            self.values.update(function())
        except (NotMeasured, OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
            for name in names:
                self.reasons[name] = " ".join(f"{type(error).__name__}: {error}".split())[:200]

    def as_json(self):
        return {name: self.entry(name) for name in METRICS if name in self.values}

    def entry(self, name):
        unit, goal, peer, smaller, _ = METRICS[name]
        value = self.values[name]
        met = None if goal is None else (value <= goal if smaller else value >= goal)
        return {"value": value, "unit": unit, "goal": goal, "peer": self.peers.get(name, peer), "met": met}


def run(command, **options):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, timeout=600, **options)


def need(path):
    if not path.exists():
        raise NotMeasured(f"{path.name} is absent")
    return path


def firmware_size():
    """Code and constants: every section that lies in memory, is in the file and is not written."""
    sections = json.loads(run(["llvm-readelf-19", "--elf-output-style=JSON", "-S", need(FIRMWARE)]).stdout)[0]["Sections"]
    total = 0
    for section in (entry["Section"] for entry in sections):
        flags = {flag["Name"] for flag in section["Flags"]["Flags"]}
        if "SHF_ALLOC" in flags and "SHF_WRITE" not in flags and section["Type"]["Name"] != "SHT_NOBITS":
            total += section["Size"]
    return {"firmware_text_rodata": total}


def tensor_bytes(npy):
    """The elements of an .npy file: what follows its header."""
    data = npy.read_bytes()
    if data[:6] != b"\x93NUMPY":
        raise NotMeasured(f"{npy.name} is no NPY file")
    return data[10 + struct.unpack("<H", data[8:10])[0] :]


def model(prefix, module, tensor, input_type, output_type):
    with tempfile.TemporaryDirectory() as folder:
        raw = pathlib.Path(folder) / "input.raw"
        raw.write_bytes(tensor_bytes(need(CORPUS / tensor)))
        arguments = [need(FIRMWARE), need(CORPUS / module), raw, input_type, output_type]
        # The stack is watched instruction by instruction: for the small models.
        watch = ["stack"] if prefix.startswith("wand") else []
        costs = json.loads(run([FIRMWARE_BENCH, *arguments, *watch]).stdout)
    one_pass = costs["verify"] + costs["place"]
    values = {
        f"{prefix}_load": costs["load"],
        f"{prefix}_load_pass": one_pass,
        f"{prefix}_load_rest": costs["load"] - one_pass,
        f"{prefix}_runtime": costs["outside"],
        f"{prefix}_first": costs["first_outside"],
        f"{prefix}_kernels": costs["in_kernels"],
    }
    if prefix == "wand_2023":
        for wire in ("receive_legacy", "receive_header8", "receive_header12"):
            values[wire] = costs[wire]
        values["stack_bytes"] = costs["stack_bytes"]
    if prefix == "person_2023":
        values["person_ram_bytes"] = costs["host_bytes_peak"] - costs["kernel_image_bytes"] + costs["static_bytes"]
    return values


def model_speed(prefix, module, tensor, input_type, output_type):
    def measure(raw):
        arguments = [need(FIRMWARE), need(CORPUS / module), raw, input_type, output_type]
        return {SPEED_OF[prefix]: json.loads(run([SIM_BENCH, "model", *arguments]).stdout)["instructions_per_second"]}

    return with_input(tensor, measure)


def image_speed(loop, instructions):
    image = need(SIM_BENCH.parent / f"{loop}_bare.elf")
    return json.loads(run([SIM_BENCH, "image", image, instructions]).stdout)["instructions_per_second"]


def dense_vector():
    return {"simulator_dense_vector": image_speed("dense_vector", 50 * DENSE_INSTRUCTIONS)}


def user_emulation_speed(loop, instructions):
    """Of QEMU: instructions per second of user time, best of three."""
    best = float("inf")
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        run([*QEMU, need(SIM_BENCH.parent / f"{loop}_user.elf")])
        best = min(best, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
    return instructions / best


def loop_ratio(name, loop, instructions, times):
    return {name: round(image_speed(loop, times * instructions) / user_emulation_speed(loop, instructions), 2)}


def system_emulation_seconds(arguments):
    """Time of an inference in QEMU by its guest's clock, the same firmware sources on its virt machine."""
    command = [
        "qemu-system-riscv32", "-M", "virt", "-m", "64M", "-cpu", QEMU_CPU, "-bios", "none", "-kernel", need(QEMU_FIRMWARE),
        "-display", "none", "-monitor", "none", "-serial", "stdio", "-chardev", "file,id=log,path=/dev/null",
        "-semihosting-config", "enable=on,target=native,chardev=log",
    ]  # fmt: skip
    for _ in range(3):  # on a busy machine the firmware's time-out of a byte fires
        try:
            return json.loads(run([SIM_BENCH, "peer", *arguments, *command]).stdout)["seconds"]
        except subprocess.CalledProcessError as error:
            reason = error.stderr
    raise NotMeasured(f"QEMU: {reason}")


def with_input(tensor, function):
    with tempfile.TemporaryDirectory() as folder:
        raw = pathlib.Path(folder) / "input.raw"
        raw.write_bytes(tensor_bytes(need(CORPUS / tensor)))
        return function(raw)


def wand_ratio():
    def measure(raw):
        arguments = [need(CORPUS / "20230209.425/wand_f32.vmfb"), raw, "1x128x3x1xf32", "1x4xf32"]
        ours = json.loads(run([SIM_BENCH, "model", need(FIRMWARE), *arguments]).stdout)
        return {"ratio_wand": round(system_emulation_seconds(arguments) / ours["seconds"], 1)}

    return with_input("models/wand_f32.0.in0.npy", measure)


def person_scenario():
    scenario = json.loads((ROOT / "scenarios" / "person-detection.json").read_text())
    scenario["model_wrapper"]["parameters"]["model_path"] = str(need(SHARED / "data" / "person-detection" / "person_detect.tflite"))
    scenario["dataset"]["parameters"]["dataset_root"] = str(need(SHARED / "data" / "coco128"))
    return scenario


def photographs():
    """All 128 on one device and on one for each core."""
    scenario = person_scenario()
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        scenario["optimizers"][0]["parameters"]["compiled_model_path"] = str(folder / "person_detect.vmfb")
        (folder / "scenario.json").write_text(json.dumps(scenario))
        command = [need(KENNING), "optimize", "test", "--json-cfg", folder / "scenario.json", "--measurements", folder / "results.json"]
        for devices in (1, os.cpu_count()):
            best = float("inf")
            for _ in range(3):
                run([*command, "--devices", devices], cwd=ROOT)
                results = json.loads((folder / "results.json").read_text())
                tags = results["tags"]
                best = min(best, max(tag["end"] for tag in tags) - min(tag["start"] for tag in tags))
            seconds.append(best)
    profile = results["simulator_profile"]
    return {
        "person_scenario_kernels": round(profile["kernel_instructions"] / profile["inferences"]),
        "devices_speedup": round(seconds[0] / seconds[1], 2),
    }


def sample_cost():
    device = QuickDevice("legacy")
    scenario = json.loads((ROOT / "scenarios" / "magic-wand-synthetic.json").read_text())
    scenario["platform"]["parameters"] = {"name": "rv32-springbok", "simulated": False, "uart_port": device.port}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        scenario["optimizers"][0]["parameters"]["compiled_model_path"] = str(folder / "wand.vmfb")
        (folder / "scenario.json").write_text(json.dumps(scenario))
        run([need(KENNING), "optimize", "test", "--json-cfg", folder / "scenario.json", "--measurements", folder / "results.json"], cwd=ROOT)
        tags = json.loads((folder / "results.json").read_text())["tags"]
    starts = sorted(tag["start"] for tag in tags if tag["name"] == "preprocessing")
    steps = sorted(b - a for a, b in zip(starts, starts[1:]))
    return {"sample_cost": round(steps[len(steps) // 2] * 1000, 3)}


def person_zve32x():
    """Person Detection compiled for integer vectors only: QEMU 7.2 aborts on one of the others."""
    scenario = person_scenario()
    compiler = scenario["optimizers"][0]["parameters"]
    compiler["compiler_args"] = [argument.replace(",+zve32x,+zve32f", ",+zve32x") for argument in compiler["compiler_args"]]
    folder = BUILD / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    compiler["compiled_model_path"] = str(folder / "person_detect_zve32x.vmfb")
    (folder / "person_detect_zve32x.json").write_text(json.dumps(scenario))
    run([need(KENNING), "optimize", "--json-cfg", folder / "person_detect_zve32x.json"], cwd=ROOT)
    return folder / "person_detect_zve32x.vmfb"


def compiler_flags(**replaced):
    """Of the shipped scenario, as iree-compile takes them."""
    scenario = json.loads((ROOT / "scenarios" / "person-detection.json").read_text())
    arguments = dict(argument.split("=", 1) for argument in scenario["optimizers"][0]["parameters"]["compiler_args"])
    for name, value in replaced.items():
        name = "iree-llvmcpu-target-" + name.replace("_", "-")
        arguments[name] = value
        if value is None:
            del arguments[name]
    return ["--iree-hal-target-backends=llvm-cpu", *(f"--{name}={value}" for name, value in arguments.items())]


def add_native(values, name, mlir, arguments, simulated_seconds):
    """The same network on this processor: no emulation of an instruction set comes nearer to it than this."""
    module = BUILD / "bench" / f"{name}_native.vmfb"
    flags = compiler_flags(triple="x86_64-pc-linux-elf", cpu="host", cpu_features=None, abi=None)
    run([need(IREE_COMPILE), *flags, need(mlir), "-o", module])
    seconds = json.loads(run([need(NATIVE_BENCH), module, *arguments]).stdout)["seconds"]
    values[f"native_{name}"] = float(f"{1000 * seconds:.3g}")
    values[f"distance_{name}"] = round(simulated_seconds / seconds, 1)


def wand_native(results):
    def measure(raw):
        mlir = need(CORPUS / "models" / "wand_f32.mlir")
        module = BUILD / "bench" / "wand_f32.vmfb"
        module.parent.mkdir(parents=True, exist_ok=True)
        run([need(IREE_COMPILE), *compiler_flags(), mlir, "-o", module])
        arguments = [raw, "1x128x3x1xf32", "1x4xf32"]
        simulated = json.loads(run([SIM_BENCH, "model", need(FIRMWARE), module, *arguments]).stdout)["seconds"]
        add_native(results.values, "wand", mlir, arguments, simulated)
        return {}

    return with_input("models/wand_f32.0.in0.npy", measure)


def person_speed(values, arguments):
    """Fills `values` with what needs no QEMU; gives seconds of an inference."""
    ours = json.loads(run([SIM_BENCH, "model", need(FIRMWARE), *arguments]).stdout)
    counting = json.loads(run([SIM_BENCH, "counting", FIRMWARE, *arguments]).stdout)
    values["counting_cost"] = round(100 * counting["cost"], 1)
    values["translation_share"] = round(100 * ours["translation_share"], 1)
    return ours["seconds"]


def person_ratio(results):
    def measure(raw):
        module = person_zve32x()
        arguments = [module, raw, "1x96x96x1xi8", "1x2xi8"]
        seconds = person_speed(results.values, arguments)
        add_native(results.values, "person", module.with_name(module.name + ".mlir"), arguments[1:], seconds)
        return {"ratio_person": round(system_emulation_seconds(arguments) / seconds, 1)}

    return with_input("person_detect/pd_person_raw.npy", measure)


def simulator_start():
    command = [need(SPRINGBOK_SIM), need(FIRMWARE), "--max-instructions", "1"]
    best = float("inf")
    for _ in range(20):
        start = time.perf_counter()
        subprocess.run([str(part) for part in command], capture_output=True, timeout=60)  # exit code 1: the limit
        best = min(best, time.perf_counter() - start)
    memory_kb = largest_memory_kb([SPRINGBOK_SIM, FIRMWARE])
    return {"simulator_start": round(best * 1000, 2), "simulator_memory": round(memory_kb / 1000, 1)}


def best_seconds(command, runs, **options):
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        run(command, **options)
        best = min(best, time.perf_counter() - start)
    return best


def help_time():
    return {"help_time": round(best_seconds([need(KENNING), "--help"], 20) * 1000, 2)}


def shipped_scenario():
    """Runs what `make demo` runs, without touching its files."""
    measurements = BUILD / "bench" / "results.json"
    measurements.parent.mkdir(parents=True, exist_ok=True)
    measurements.unlink(missing_ok=True)
    run([need(KENNING), "optimize", "test", "--json-cfg", "scenarios/magic-wand-synthetic.json", "--measurements", measurements], cwd=ROOT)
    return measurements


def demo_kernels(measurements):
    profile = json.loads(measurements.read_text())["simulator_profile"]
    return {"demo_kernels": round(profile["kernel_instructions"] / profile["inferences"])}


def report(measurements):
    with tempfile.TemporaryDirectory() as folder:
        command = [
            KENNING, "report", "--measurements", measurements, "--report-path", f"{folder}/",
            "--report-types", "performance", "classification", "renode_stats", "--to-html",
        ]  # fmt: skip
        with_png = best_seconds(command, 3)
        memory_kb = largest_memory_kb(command)
        pages = sorted(pathlib.Path(folder).rglob("*.html"), key=lambda path: path.stat().st_size)
        if not pages or not list(pathlib.Path(folder).rglob("*.png")):
            raise NotMeasured("the report has no page or no PNG")
        page = pages[-1].stat().st_size
    with tempfile.TemporaryDirectory() as folder:
        command[command.index("--report-path") + 1] = f"{folder}/"
        without_png = best_seconds(command, 5, env={**os.environ, "KENNING_PYTHON_ENV": "/nonexistent"})
    with tempfile.TemporaryDirectory() as folder:
        command[command.index("--report-path") + 1] = f"{folder}/"
        command[command.index("--measurements") + 1 : command.index("--report-path")] = [measurements, measurements]
        run(command)
        page_of_two = max(path.stat().st_size for path in pathlib.Path(folder).rglob("report.html"))
    return {
        "report_page_of_two": page_of_two,
        "report_time": round(with_png, 3),
        "report_time_no_png": round(without_png, 3),
        "report_memory": round(memory_kb / 1000, 1),
        "report_page": page,
    }


def largest_memory_kb(command):
    """Largest resident set of any process of the command."""
    measure = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    return int(run([sys.executable, "-c", measure, *command]).stdout)


def readable(value):
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}".rstrip("0").rstrip(".")


def table(results, parts):
    rows = [("what", "measured", "unit", "goal", "met", "peer")]
    for name, (unit, goal, peer, smaller, what) in METRICS.items():
        if part_of(name) not in parts:
            continue
        if name in results.values:
            entry = results.entry(name)
            met = {True: "yes", False: "no", None: "-"}[entry["met"]]
            bound = "-" if goal is None else f"{'<=' if smaller else '>='} {readable(goal)}"
            rows.append((what, readable(entry["value"]), unit, bound, met, readable(entry["peer"])))
        else:
            rows.append((what, "not measured", unit, "-", "-", results.reasons.get(name, "")))
    return rows


def machine_kind():
    model_name = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return f"{os.cpu_count()} cores of {model_name.group(1) if model_name else 'an unknown CPU'}"


def page_of_before(path):
    """(rows by what they say, dates by part) of the page as it is."""
    if not path.exists():
        return {}, {}
    text = path.read_text()
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in text.splitlines() if line.startswith("| ")]
    return {row[0]: row for row in rows}, dict(re.findall(r"\b(firmware|simulator|tool) (\d{4}-\d\d-\d\d)", text))


def write_docs(rows, parts):
    path = ROOT / "docs" / "benchmarks.md"
    before, dates = page_of_before(path)
    measured = dict(zip((name for name in METRICS if part_of(name) in parts), rows[1:]))
    rows = [rows[0], *(row for name, metric in METRICS.items() if (row := measured.get(name) or before.get(metric[-1])))]
    dates |= {part: datetime.date.today().isoformat() for part in parts}
    when = ", ".join(f"{part} {dates[part]}" for part in PARTS if part in dates)
    lines = [
        "# Benchmarks",
        "",
        "Measured by `make bench`; this page is written by `bench/bench.py --docs`.",
        "Counts of guest instructions are exact and the same on every machine. Times are the shortest of several runs.",
        "Peers are the predecessor's firmware, QEMU and Kenning's own tool as measured once on this kind of machine;",
        "QEMU's figure for the dense loop, and all ratios to QEMU, are measured beside ours where it is installed.",
        "",
        f"Measured on: {when}; {machine_kind()}.",
        "",
        "| " + " | ".join(rows[0]) + " |",
        "| --- | ---: | --- | ---: | --- | ---: |",
    ]
    lines += ["| " + " | ".join(row) + " |" for row in rows[1:]]
    path.write_text("\n".join(lines) + "\n")


def measure_firmware(results):
    results.measure(["firmware_text_rodata"], firmware_size)
    for row in MODELS:
        names = [name for name in METRICS if name.startswith(row[0])]
        results.measure(names, lambda row=row: model(*row))


def measure_simulator(results):
    for prefix in SPEED_OF:
        row = next(row for row in MODELS if row[0] == prefix)
        results.measure([SPEED_OF[prefix]], lambda row=row: model_speed(*row))
    results.measure(["simulator_dense_vector"], dense_vector)
    try:
        results.peers["simulator_dense_vector"] = round(user_emulation_speed("dense_vector", DENSE_INSTRUCTIONS))
    except (NotMeasured, OSError, subprocess.SubprocessError):
        pass  # the design's figure stands
    results.measure(["ratio_wand"], wand_ratio)
    names = ["ratio_person", "native_person", "distance_person", "counting_cost", "translation_share"]
    results.measure(names, lambda: person_ratio(results))
    results.measure(["native_wand", "distance_wand"], lambda: wand_native(results))
    results.measure(["ratio_dense_vector"], lambda: loop_ratio("ratio_dense_vector", "dense_vector", DENSE_INSTRUCTIONS, 50))
    results.measure(["ratio_scalar_loop"], lambda: loop_ratio("ratio_scalar_loop", "scalar_loop", SCALAR_INSTRUCTIONS, 1))
    results.measure(["simulator_start", "simulator_memory"], simulator_start)


def measure_tool(results):
    results.measure(["help_time"], help_time)
    results.measure(["sample_cost"], sample_cost)
    results.measure(["person_scenario_kernels", "devices_speedup"], photographs)
    names = [name for name in METRICS if name.startswith(("demo", "report"))]
    results.measure(names, lambda: {**demo_kernels(measurements := shipped_scenario()), **report(measurements)})


# part: (how it is measured, how the names of its metrics begin); the first that fits
PARTS = {
    "simulator": (measure_simulator, ("simulator", "ratio", "native", "distance", "counting", "translation")),
    "tool": (measure_tool, ("help", "demo", "report", "sample_cost", "person_scenario", "devices")),
    "firmware": (measure_firmware, ("",)),
}


def part_of(name):
    return next(part for part, (_, prefixes) in PARTS.items() if name.startswith(prefixes))


def main(arguments):
    parts = [argument for argument in arguments if argument in PARTS]
    if any(argument not in PARTS and argument != "--docs" for argument in arguments):
        print("usage: bench/bench.py [--docs] [firmware] [simulator] [tool]", file=sys.stderr)
        return 2
    parts = parts or list(PARTS)
    results = Results()
    for part in parts:
        PARTS[part][0](results)

    rows = table(results, parts)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(text.ljust(width) if column in (0, 2) else text.rjust(width) for column, (text, width) in enumerate(zip(row, widths))))
    BUILD.mkdir(exist_ok=True)
    temporary = BUILD / "bench.json.new"
    temporary.write_text(json.dumps(results.as_json(), indent=2) + "\n")
    temporary.replace(BUILD / "bench.json")
    if "--docs" in arguments:
        write_docs(rows, parts)
    return 0 if results.values else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
