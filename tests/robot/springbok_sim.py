# SPDX-License-Identifier: Apache-2.0

"""Keywords: springbok-sim as the board, by itself or by the launch script."""

import json
import pathlib
import signal
import subprocess

from robot.api import logger

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class springbok_sim:  # noqa: N801 - Robot Framework looks for a class named like the module
    ROBOT_LIBRARY_SCOPE = "TEST"

    def __init__(self):
        self.simulator = None

    def start_simulator(self, firmware, uart, log, counters):
        self._start(
            ROOT / "build" / "bin" / "springbok-sim", firmware, "--uart-pty", uart, "--log", log, "--counters", counters, stderr=None
        )

    def start_launch_script(self, uart, log, *arguments):
        """With no Renode to be found; the log comes out where the script was started."""
        self._start(ROOT / "platforms" / "run-simulation.sh", "--springbok-sim", "--uart", uart, *arguments, stderr=log)

    def stop_simulator(self):
        """As a user would (SIGTERM); it must go within a few seconds."""
        self.simulator.send_signal(signal.SIGTERM)
        code = self.simulator.wait(timeout=10)
        self.simulator = None
        logger.info(f"springbok-sim ended with {code}")

    def kill_simulator(self):
        """What is left of it after a test that failed."""
        if self.simulator is not None and self.simulator.poll() is None:
            self.simulator.kill()
            self.simulator.wait()

    def inferences_should_be_counted(self, counters):
        spans = json.loads(pathlib.Path(counters).read_text())["spans"]
        inferences = [span["kernel_instructions"] for span in spans if span["name"] == "inference"]
        if not inferences or min(inferences) <= 0:
            raise AssertionError(f"no inference with kernel instructions in {counters}")

    def _start(self, *command, stderr):
        self.simulator = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(stderr, "w") if stderr else subprocess.DEVNULL
        )
