#!/usr/bin/env python3
"""Measures what this project promises; prints a table and writes build/bench.json.

build/bench.json is {name: {value, unit, goal, peer, met}}. What the peers reach was measured once on
this kind of machine; a peer's figure that can be measured on the spot is.
What could not be measured is missing from the file and printed with the reason. With --docs the
table is also written to docs/benchmarks.md.
"""

import datetime
import json
import os
import pathlib
import re
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
SIM_BENCH = BUILD / "host" / "bench" / "sim_bench"

# name: (unit, goal, peer, smaller is better, what it is)
METRICS = {
    "firmware_text_rodata": ("bytes", 64 * 1024, 367_000, True, "firmware code and constants"),
    "wand_2023_load": ("instructions", 60_000, 853_934, True, "load wand_f32, compiler 20230209.425"),
    "wand_2023_runtime": ("instructions", 8_000, 272_146, True, "one inference outside the kernels, same module"),
    "wand_2023_kernels": ("instructions", None, None, True, "one inference inside the kernels, same module"),
    "wand_new_load": ("instructions", 60_000, None, True, "load wand_f32, compiler 3.13.0"),
    "wand_new_runtime": ("instructions", 8_000, None, True, "one inference outside the kernels, same module"),
    "wand_new_kernels": ("instructions", None, None, True, "one inference inside the kernels, same module"),
    "person_2023_load": ("instructions", 150_000, 23_649_841, True, "load person_detect, compiler 20230209.425"),
    "person_2023_runtime": ("instructions", 60_000, 2_079_991, True, "one inference outside the kernels, same module"),
    "person_2023_kernels": ("instructions", None, None, True, "one inference inside the kernels, same module"),
    "person_new_load": ("instructions", 150_000, None, True, "load person_detect, compiler 3.1.0"),
    "person_new_runtime": ("instructions", 60_000, None, True, "one inference outside the kernels, same module"),
    "person_new_kernels": ("instructions", None, None, True, "one inference inside the kernels, same module"),
    "demo_kernels": ("instructions", 32_000, 60_750, True, "one inference inside the kernels, the shipped Magic Wand scenario"),
    "simulator_wand": ("instructions/s", 2_790_000_000, 279_000_000, False, "simulator on wand_f32, all counters on; peer: QEMU 7.2 counting nothing"),
    "simulator_person": ("instructions/s", 1_890_000_000, 189_000_000, False, "simulator on person_detect, all counters on; peer: QEMU 7.2 counting nothing"),
    "simulator_dense_vector": ("instructions/s", 350_000_000, 3_500_000, False, "simulator on a dense e32,m8 loop; peer: QEMU"),
    "help_time": ("ms", 20, 700, True, "kenning --help"),
    "report_time": ("s", 2.5, 14, True, "report with HTML and PNG, three types"),
    "report_time_no_png": ("s", 0.2, None, True, "the same without PNG"),
    "report_memory": ("MB", 200, 900, True, "largest resident memory of the report and its helper"),
    "report_page": ("bytes", 3_000_000, 20_000_000, True, "the HTML page"),
}

# (metric prefix, module, input, input tensor, output tensor)
MODELS = [
    ("wand_2023", "20230209.425/wand_f32.vmfb", "models/wand_f32.0.in0.npy", "1x128x3x1xf32", "1x4xf32"),
    ("wand_new", "3.13.0/wand_f32.vmfb", "models/wand_f32.0.in0.npy", "1x128x3x1xf32", "1x4xf32"),
    ("person_2023", "person_detect/person_detect.tosa23.20230209.425.rv32.vmfb", "person_detect/pd_person_raw.npy", "1x96x96x1xi8", "1x2xi8"),
    ("person_new", "person_detect/person_detect.tosa218.3.1.0.rv32.vmfb", "person_detect/pd_person_raw.npy", "1x96x96x1xi8", "1x2xi8"),
]  # fmt: skip
SPEED_OF = {"wand_2023": "simulator_wand", "person_2023": "simulator_person"}

DENSE_TURNS = 100_000  # kTurns and the length of the loop in dense_vector.S
DENSE_INSTRUCTIONS = 11 * DENSE_TURNS
QEMU = ["qemu-riscv32", "-cpu", "rv32,v=true,vlen=512,elen=32,vext_spec=v1.0"]


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
        result = json.loads(run([SIM_BENCH, "model", need(FIRMWARE), need(CORPUS / module), raw, input_type, output_type]).stdout)
    inference = result["inference"]
    values = {
        f"{prefix}_load": result["model_load"]["instructions"],
        f"{prefix}_runtime": inference["instructions"] - inference["kernel_instructions"],
        f"{prefix}_kernels": inference["kernel_instructions"],
    }
    if prefix in SPEED_OF:
        values[SPEED_OF[prefix]] = result["instructions_per_second"]
    return values


def dense_vector():
    image = need(SIM_BENCH.parent / "dense_vector_bare.elf")
    return {"simulator_dense_vector": json.loads(run([SIM_BENCH, "image", image, 50 * DENSE_INSTRUCTIONS]).stdout)["instructions_per_second"]}


def best_seconds(command, runs, **options):
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        run(command, **options)
        best = min(best, time.perf_counter() - start)
    return best


def qemu_dense_vector():
    return round(DENSE_INSTRUCTIONS / best_seconds([*QEMU, need(SIM_BENCH.parent / "dense_vector_user.elf")], 3))


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
    return {
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


def table(results):
    rows = [("what", "measured", "unit", "goal", "met", "peer")]
    for name, (unit, goal, peer, smaller, what) in METRICS.items():
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


def write_docs(rows):
    lines = [
        "# Benchmarks",
        "",
        "Measured by `make bench`; this page is written by `bench/bench.py --docs`.",
        "Counts of guest instructions are exact and the same on every machine. Times are the shortest of several runs.",
        "Peers are the predecessor's firmware, QEMU and Kenning's own tool as measured once on this kind of machine;",
        "QEMU's figure for the dense loop is measured beside ours where it is installed.",
        "",
        f"Measured on {datetime.date.today().isoformat()}, {machine_kind()}.",
        "",
        "| " + " | ".join(rows[0]) + " |",
        "| --- | ---: | --- | ---: | --- | ---: |",
    ]
    lines += ["| " + " | ".join(row) + " |" for row in rows[1:]]
    (ROOT / "docs" / "benchmarks.md").write_text("\n".join(lines) + "\n")


def main(arguments):
    if arguments not in ([], ["--docs"]):
        print("usage: bench/bench.py [--docs]", file=sys.stderr)
        return 2
    results = Results()
    results.measure(["firmware_text_rodata"], firmware_size)
    for row in MODELS:
        names = [name for name in METRICS if name.startswith(row[0])] + [SPEED_OF.get(row[0])]
        results.measure(names, lambda row=row: model(*row))
    results.measure(["simulator_dense_vector"], dense_vector)
    try:
        results.peers["simulator_dense_vector"] = qemu_dense_vector()
    except (NotMeasured, OSError, subprocess.SubprocessError):
        pass  # the design's figure stands
    results.measure(["help_time"], help_time)
    names = [name for name in METRICS if name.startswith(("demo", "report"))]
    results.measure(names, lambda: {**demo_kernels(measurements := shipped_scenario()), **report(measurements)})

    rows = table(results)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(text.ljust(width) if column in (0, 2) else text.rjust(width) for column, (text, width) in enumerate(zip(row, widths))))
    BUILD.mkdir(exist_ok=True)
    temporary = BUILD / "bench.json.new"
    temporary.write_text(json.dumps(results.as_json(), indent=2) + "\n")
    temporary.replace(BUILD / "bench.json")
    if arguments:
        write_docs(rows)
    return 0 if results.values else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
