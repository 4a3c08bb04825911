# SPDX-License-Identifier: Apache-2.0

"""Keywords: the tool as the client of whatever board is behind a pseudo terminal. No fixed paths.

Which board it is, and how it starts and stops, is told by springbok_sim.resource or renode.resource. What both share
is a folder with the board's terminal, log and counters.
"""

import contextlib
import json
import os
import pathlib
import re
import select
import shutil
import subprocess
import tempfile
import termios
import time
import tty

from robot.api import SkipExecution, logger

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"
SCENARIO = ROOT / "scenarios" / "magic-wand-synthetic.json"
SHARED = pathlib.Path(os.environ.get("KN_SHARED", ROOT.parent / "shared"))

# How a scenario says that the device is there already, in the two grammars.
ATTACHED = {
    "platform": lambda port: {
        "platform": {"type": "BareMetalPlatform", "parameters": {"simulated": False, "uart_port": port}},
    },
    "sensor": lambda port: {
        "platform": {"type": "BareMetalPlatform", "parameters": {"simulated": False, "uart_port": port}},
    },
    "legacy": lambda port: {
        "runtime": {"type": "kenning.runtimes.iree.IREERuntime", "parameters": {"driver": "local-task"}},
        "protocol": {"type": "kenning.protocols.uart.UARTProtocol", "parameters": {"port": port, "baudrate": 115200}},
    },
}


class session:  # noqa: N801 - Robot Framework looks for a class named like the module
    ROBOT_LIBRARY_SCOPE = "TEST"

    def __init__(self):
        self.folder = None
        self.client = None

    def make_folder(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="springbok-"))
        self.uart = self.folder / "uart"
        self.log = self.folder / "device.log"
        self.counters = self.folder / "counters"

    def path_of_uart(self):
        return str(self.uart)

    def path_of_log(self):
        return str(self.log)

    def path_of_counters(self):
        return str(self.counters)

    def path_of_image(self, name):
        return str(BUILD / "firmware" / "springbok" / f"{name}.elf")

    def path_of_platform(self, name):
        return str(ROOT / "platforms" / name)

    def monitor_path(self, path):
        """A path as Renode's monitor reads it."""
        return "@" + re.sub(r"([ \\])", r"\\\1", os.path.normpath(path))

    def remove_folder(self):
        if self.client is not None and self.client.poll() is None:
            self.client.kill()
            self.client.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def uart_should_appear(self, limit_s=10):
        self._wait("the pseudo terminal", float(limit_s), self.uart.exists)

    def uart_should_be_gone(self):
        if self.uart.exists() or self.uart.is_symlink():
            raise AssertionError("the board left its pseudo terminal behind")

    def wait_for_log_line(self, text, limit_s=10):
        self._wait(f"'{text}' in the log of the device", float(limit_s), lambda: text in self._log())

    def log_should_not_contain(self, text):
        for line in self._log().splitlines():
            if text in line:
                raise AssertionError(f"the log of the device has: {line}")

    def log_should_contain(self, text):
        if text not in self._log():
            raise AssertionError(f"the log of the device lacks '{text}':\n{self._log()[-2000:]}")

    def uart_should_be_idle_for(self, seconds):
        """Listens at the line as a second terminal would; a byte is a failure."""
        with self._line() as line:
            if select.select([line], [], [], float(seconds))[0]:
                raise AssertionError(f"the device sent {os.read(line, 64).hex(' ')} unasked")

    def start_inference(self, grammar):
        scenario = json.loads(SCENARIO.read_text())
        for key in ("platform", "runtime", "protocol"):
            scenario.pop(key, None)
        scenario.update(ATTACHED[grammar](str(self.uart)))
        if grammar == "sensor":
            scenario["platform"]["parameters"].update(sensor="adxl345", number_of_batches=10)
        scenario["optimizers"][0]["parameters"]["compiled_model_path"] = str(self.folder / "model.vmfb")
        path = self.folder / "scenario.json"
        path.write_text(json.dumps(scenario, indent=2))
        self._start_client(
            "optimize", "test", "report", "--json-cfg", path, "--measurements", self.folder / "results.json",
            "--report-types", "performance", "classification", "--report-path", f"{self.folder}/report/", "--to-html",
        )  # fmt: skip

    def start_run(self, module, *arguments):
        """Sends the module to the device whatever the tool thinks of it."""
        self._start_client("run", module, *arguments, "--simulator", self.uart, "--no-check")

    def client_should_end_with(self, code, limit_s=300):
        ended = self.client.wait(timeout=float(limit_s))
        output = (self.folder / "client.log").read_text(errors="replace")
        logger.info(output)
        if ended != int(code):
            raise AssertionError(f"kenning ended with {ended}, not {code}:\n{output[-3000:]}")

    def kill_client_that_says(self, text, limit_s=60):
        """Ends the client in the middle of its work, as a crash would."""
        said = self.folder / "client.log"
        self._wait(f"kenning to say '{text}'", float(limit_s), lambda: text in said.read_text(errors="replace"))
        self.client.kill()
        if self.client.wait() == 0:
            raise AssertionError("kenning had ended by itself")

    def client_should_say(self, text):
        output = (self.folder / "client.log").read_text(errors="replace")
        if text not in output:
            raise AssertionError(f"kenning did not say '{text}':\n{output[-3000:]}")

    def report_should_be_complete(self):
        results = json.loads((self.folder / "results.json").read_text())
        matrix = results["eval_confusion_matrix"]
        total = sum(sum(row) for row in matrix)
        if total == 0 or total != results["total"]:
            raise AssertionError(f"{total} samples in the confusion matrix, {results['total']} in all")
        for pattern in ("*.md", "*.html", "*.png"):
            if not list((self.folder / "report").rglob(pattern)):
                raise AssertionError(f"the report has no {pattern}")

    def results_should_lack(self, *keys):
        results = json.loads((self.folder / "results.json").read_text())
        for key in keys:
            if key in results:
                raise AssertionError(f"the results have {key}, which nobody could have counted")

    def request_should_be_answered(self, request, answer, limit_s=5):
        """Sends a message and reads its answer over one opening of the line."""
        expected, received = bytes.fromhex(answer), b""
        with self._line() as line:
            os.write(line, bytes.fromhex(request))
            while len(received) < len(expected) and select.select([line], [], [], float(limit_s))[0]:
                received += os.read(line, 4096)
        if received != expected:
            raise AssertionError(f"the device answered {received.hex(' ')}, not {expected.hex(' ')}")

    def corpus_file(self, relative):
        path = SHARED / "spec" / "corpus" / relative
        if not path.exists():
            raise SkipExecution("the shared material is absent (no ../shared/spec/corpus, and KN_SHARED is not set to it)")
        return str(path)

    def damaged_copy(self, path, kind):
        data = bytearray(pathlib.Path(path).read_bytes())
        if kind == "truncated":
            data = data[: len(data) // 2]
        elif kind == "flipped":
            data[len(data) // 3] ^= 0x40
            data[16] ^= 0xFF
        else:
            raise ValueError(kind)
        copy = self.folder / f"{kind}.vmfb"
        copy.write_bytes(data)
        return str(copy)

    def _start_client(self, *arguments):
        self.client = subprocess.Popen(
            [BUILD / "bin" / "kenning", *arguments], cwd=ROOT, stdin=subprocess.DEVNULL,
            stdout=(self.folder / "client.log").open("w"), stderr=subprocess.STDOUT,
        )  # fmt: skip

    @contextlib.contextmanager
    def _line(self):
        line = os.open(self.uart, os.O_RDWR | os.O_NOCTTY)
        try:
            tty.setraw(line, termios.TCSANOW)
            yield line
        finally:
            os.close(line)

    def _log(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _wait(self, what, limit_s, condition):
        deadline = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {limit_s} s for {what}; the log of the device:\n{self._log()[-2000:]}")
            time.sleep(0.02)
