# SPDX-License-Identifier: Apache-2.0

"""A device behind a pseudo terminal that does one thing badly: silent, slow, lying, babbling or gone."""

import os
import struct
import time

from quick_device import QuickDevice

DATA, PROCESS, OUTPUT = 2, 4, 5


class BadDevice(QuickDevice):
    """Good until it gets request `kind` for the `nth` time; from then on `fault` of the faults below.

    `pause_s` is how long it takes its time where it is slow."""

    def __init__(self, wire="legacy", fault="silent", kind=DATA, nth=2, pause_s=0.0):
        self.fault, self.kind, self.left, self.pause_s = fault, kind, nth, pause_s
        super().__init__(wire)

    def is_bad(self, kind):
        self.left -= kind == self.kind
        return self.left <= 0 and (kind == self.kind or self.fault == "silent")

    def answer(self, kind, frame):
        if not self.is_bad(kind):
            os.write(self.master, frame)
            return
        getattr(self, self.fault)(frame)

    def silent(self, frame):
        pass

    def slow(self, frame):
        time.sleep(self.pause_s)
        os.write(self.master, frame)

    def halting(self, frame):
        os.write(self.master, frame[:3])
        time.sleep(self.pause_s)
        os.write(self.master, frame[3:])

    def lying(self, frame):
        """Says that more is to come than ever does."""
        os.write(self.master, struct.pack("<IH", 1 << 20, 0) + b"\x00" * 16)

    def babbling(self, frame):
        while True:
            os.write(self.master, b"\xa5" * 7)
            time.sleep(0.05)

    def gone(self, frame):
        os.close(self.slave)
        os.close(self.master)
        raise OSError

    def deaf(self, frame):
        """Takes no byte any more."""
        time.sleep(60)
