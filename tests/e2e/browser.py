# SPDX-License-Identifier: Apache-2.0

"""A headless Chromium that is told by its debugging pipe what to open, which keys to press and what to tell."""

import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND",
    "--hide-scrollbars", "--remote-debugging-pipe",
]  # fmt: skip
KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), "Space": (32, " ")}
# The events by which a page's console is told.
CONSOLE = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
TIME_LIMIT_S = 60


def find_chromium():
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """One window of `size` (width, height). Use as a context."""

    def __init__(self, size=(1280, 900), dark=False, scale=1):
        self.size, self.dark, self.scale = size, dark, scale
        self.sent, self.pending, self.session = 0, b"", None
        self.complaints = []  # what stood on the console: errors, and requests that the page's policy forbids

    def __enter__(self):
        # Chromium's helpers may write into it for a moment after their parent is gone.
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_read, self.to = os.pipe()
        self.back, to_write = os.pipe()

        def hand_over():  # it reads descriptor 3 and writes descriptor 4
            lows = os.dup(to_read), os.dup(to_write)
            os.dup2(lows[0], 3)
            os.dup2(lows[1], 4)

        dark = ["--blink-settings=preferredColorScheme=0"] if self.dark else []
        self.process = subprocess.Popen(
            [find_chromium(), *FLAGS, *dark, f"--user-data-dir={self.profile.name}", "--window-size=%d,%d" % self.size],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=hand_over, pass_fds=(3, 4),
            start_new_session=True,
        )  # fmt: skip
        os.close(to_read)
        os.close(to_write)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Log.enable")
        self.call("Runtime.enable")
        width, height = self.size
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=self.scale, mobile=False)
        # Scrolling at once, so that nothing is asked of a page on its way.
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.to)
        os.close(self.back)
        self.profile.cleanup()

    def call(self, method, **parameters):
        self.sent += 1
        message = {"id": self.sent, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + TIME_LIMIT_S
        while True:
            while b"\0" not in self.pending:
                ready, _, _ = select.select([self.back], [], [], max(deadline - time.monotonic(), 0))
                chunk = os.read(self.back, 1 << 16) if ready else b""
                if not chunk:
                    raise TimeoutError(f"Chromium does not answer {method}")
                self.pending += chunk
            line, self.pending = self.pending.split(b"\0", 1)
            answer = json.loads(line)
            if answer.get("method") in CONSOLE:
                self.complaints.append(json.dumps(answer["params"])[:500])
            if answer.get("id") == self.sent:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def open(self, page):
        """Until the page's figures are drawn."""
        self.call("Page.navigate", url=page.as_uri())
        deadline = time.monotonic() + TIME_LIMIT_S
        while self.ask("document.documentElement?.dataset.figures") != "drawn":
            if time.monotonic() > deadline:
                raise TimeoutError("the figures were not finished")
            time.sleep(0.1)

    def ask(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def press(self, key, shift=False):
        code, text = KEYS[key]
        common = {"key": " " if key == "Space" else key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def picture(self, path, whole=False):
        import base64

        clip = {}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}, "captureBeyondViewport": True}
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png", **clip)["data"]))
