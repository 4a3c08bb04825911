# SPDX-License-Identifier: Apache-2.0

"""Keywords of Renode's remote library, with the stand-in for its monitor behind them (tests/e2e/fake_renode.py).

A keyword that is not here, or another number of arguments, is an error, as it is to the real runner.
"""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
sys.path.append(str(ROOT / "tests" / "e2e"))
os.environ.setdefault("SPRINGBOK_SIM", str(ROOT / "build" / "bin" / "springbok-sim"))

import fake_renode  # noqa: E402


class renode_stand_in:  # noqa: N801 - Robot Framework looks for a class named like the module
    ROBOT_LIBRARY_SCOPE = "GLOBAL"

    def __init__(self):
        self.monitor = fake_renode.Monitor(None)

    def reset_emulation(self):
        self.monitor.halt()
        self.monitor = fake_renode.Monitor(None)

    def log_to_file(self, filePath, flushAfterEveryWrite="False"):  # noqa: N803 - Renode's names
        if str(flushAfterEveryWrite) != "True":
            raise AssertionError("the log is read while it is written")
        self.monitor.execute(f"logFile @{filePath}")

    def execute_command(self, command, machine=None):
        answer = self.monitor.execute(command)
        if answer.startswith(("There was an error", "No such command")):
            raise AssertionError(answer)
        return answer

    def start_emulation(self):
        self.monitor.execute("start")
