#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Stands in for Renode where there is none: its command line and its monitor's dialogue on a socket, with
springbok-sim as the machine behind. A command that it does not know is an error, as it is to the real one.

Environment: FAKE_RENODE_TRANSCRIPT, a file that gets every command; FAKE_RENODE_MODE, what goes wrong
("", "refuse-include", "dies", "silent"); SPRINGBOK_SIM, the simulator.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time

MODE = os.environ.get("FAKE_RENODE_MODE", "")
OPCODES = ["lui", "addi", "vadd.vv", "vfmacc.vf", "@vpopc.m"]


class Monitor:
    def __init__(self, connection):
        self.connection = connection
        self.prompt = "monitor"
        self.variables = {}
        self.log = self.dump = self.machine = None
        self.asked = 0
        self.started = time.monotonic()

    def say(self, text):
        self.connection.sendall(text.replace("\n", "\r\n").encode())

    def serve(self):
        # What a telnet server says first: WILL ECHO, WILL SUPPRESS GO AHEAD, DO NAWS.
        self.connection.sendall(b"\xff\xfb\x01\xff\xfb\x03\xff\xfd\x1f")
        self.say("Renode, version 1.16.1 (fake)\n\n")
        pending = b""
        while True:
            self.say(f"({self.prompt}) ")
            while b"\n" not in pending:
                received = self.connection.recv(4096)
                if not received:
                    return
                pending += received
            line, pending = pending.split(b"\n", 1)
            command = line.decode().strip()
            with open(os.environ["FAKE_RENODE_TRANSCRIPT"], "a") as transcript:
                transcript.write(command + "\n")
            self.say(command + "\n")  # the echo
            if command == "quit":
                return
            answer = self.execute(command)
            if answer:
                self.say(answer + "\n")

    def value(self, text):
        """@path or $variable or "text", as the monitor reads it."""
        if text.startswith("$"):
            return self.variables[text[1:]]
        if text.startswith('"'):
            return text.strip('"')
        return re.sub(r"\\(.)", r"\1", text.removeprefix("@"))

    def execute(self, command):
        if match := re.fullmatch(r"\$(\w+)=(.+)", command):
            self.variables[match[1]] = self.value(match[2])
            return ""
        word, _, rest = command.partition(" ")
        if word == "logFile":
            self.log = self.value(rest)
            open(self.log, "w").close()
            return ""
        if word == "include":
            if MODE == "refuse-include":
                return f"There was an error executing command '{command}'\nError E05: Could not resolve type: 'CPU.RiscV32'."
            script = open(self.value(rest)).read()
            # Every variable that the script uses must be known by then.
            used = set(re.findall(r"(?<![\"\w])\$([a-z]\w*)(?!\w*\?=)", re.sub(r"#.*", "", script)))
            missing = used - set(self.variables) - {"reset", "springbok_repl"}
            if missing:
                return f"There was an error executing command '{command}'\nNo such variable: {', '.join(sorted(missing))}"
            self.prompt = "springbok"
            return ""
        if command.startswith("machine EnableProfiler "):
            self.dump = self.value(command.split(" ", 2)[2])
            return ""
        if command == "start":
            if MODE == "dies":
                sys.exit(3)
            if MODE != "silent":
                self.boot()
            return "Starting emulation..."
        if command in ("sysbus.vec_controlblock WriteDoubleWord 0xc 0", "pause"):
            return ""
        if command == "machine ElapsedVirtualTime":
            elapsed = time.monotonic() - self.started
            return f"[Domain = Antmicro.Renode.Time.MasterTimeSource, TimeElapsed = 00:00:{elapsed:012.9f}]"
        if command == "sysbus.cpu GetAllOpcodesCounters":
            self.asked += 1
            rows = [("Opcode", "Count"), *self.counters()]
            width, count = max(len(row[0]) for row in rows), max(len(row[1]) for row in rows)
            border = "-" * (width + count + 3)
            lines = [border] + [f"|{name:<{width}}|{number:<{count}}|" for name, number in rows] + [border]
            lines.insert(2, border)
            return "\n".join(lines)
        if command.startswith("sysbus.cpu SaveAllOpcodesCounters "):
            self.asked += 1
            with open(self.value(command.split(" ", 2)[2]), "w") as file:
                file.writelines(f"{name};{count}\n" for name, count in self.counters())
            return ""
        if command == "Clear":
            self.halt()
            self.prompt = "monitor"
            return ""
        return f"No such command or device: {command}"

    def counters(self):
        return [(name, str(1000 * self.asked * index)) for index, name in enumerate(OPCODES)]

    def boot(self):
        command = [
            os.environ["SPRINGBOK_SIM"], self.variables["bin"], "--uart-pty", self.variables["uart"], "--log", self.log,
        ]  # fmt: skip
        if self.dump:
            command += ["--renode-dump", self.dump]
        if "feed" in self.variables:
            command += ["--sensor-feed", self.variables["feed"], "--sensor-repeat", "-1"]
        self.machine = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def halt(self):
        if self.machine is not None:
            self.machine.send_signal(signal.SIGTERM)
            self.machine.wait(timeout=60)
            self.machine = None


def main():
    arguments = sys.argv[1:]
    if "--disable-xwt" not in arguments or "--plain" not in arguments:
        sys.exit("fake renode: a window would open")
    port = int(arguments[arguments.index("-P") + 1])
    server = socket.create_server(("127.0.0.1", port))
    connection, _ = server.accept()
    monitor = Monitor(connection)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        monitor.serve()
    finally:
        monitor.halt()


if __name__ == "__main__":
    main()
