# SPDX-License-Identifier: Apache-2.0

"""A pseudo terminal in front of another one that loses, doubles, flips and delays bytes on the way."""

import contextlib
import os
import random
import select
import threading
import time
import tty


class FaultyPty:
    """`path` is the terminal for the client; `rate` (faults per byte) may be changed at any time. A context manager."""

    def __init__(self, device_path, rate, seed):
        self.rate, self.injected = rate, 0
        self._random = random.Random(seed)
        self._device = os.open(device_path, os.O_RDWR | os.O_NOCTTY)
        self._master, self._slave = os.openpty()
        for descriptor in (self._device, self._slave):
            tty.setraw(descriptor)
        self.path = os.ttyname(self._slave)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._pump)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        for descriptor in (self._device, self._master, self._slave):
            os.close(descriptor)

    def _pump(self):
        other = {self._master: self._device, self._device: self._master}
        while not self._stop.is_set():
            for source in select.select(list(other), [], [], 0.05)[0]:
                with contextlib.suppress(OSError):  # the client hung up; the next one opens again
                    self._pass(os.read(source, 4096), other[source])

    def _pass(self, data, target):
        out = bytearray()
        for byte in data:
            if self._random.random() >= self.rate:
                out.append(byte)
                continue
            self.injected += 1
            kind = self._random.choice(["lost", "doubled", "flipped", "delayed"])
            if kind == "delayed":
                self._write(target, out)
                out.clear()
                time.sleep(self._random.uniform(0.002, 0.4))
            if kind == "doubled":
                out.append(byte)
            if kind != "lost":
                out.append(byte ^ (1 << self._random.randrange(8)) if kind == "flipped" else byte)
        self._write(target, out)

    @staticmethod
    def _write(target, data):
        view = memoryview(bytes(data))
        while view:
            view = view[os.write(target, view) :]
