# SPDX-License-Identifier: Apache-2.0

"""Scenarios for tests: the shipped ones with another place for what they write."""

import json

from conftest import ROOT


def load(name):
    return json.loads((ROOT / "scenarios" / name).read_text())


def set_value(scenario, pointer, value):
    """Sets what a JSON pointer names, e.g. /dataset/parameters/window_size; removes it if value is ...."""
    *path, last = pointer.strip("/").split("/")
    place = scenario
    for key in path:
        place = place[int(key) if isinstance(place, list) else key]
    if value is ...:
        del place[last]
    else:
        place[last] = value


def attach(scenario, port):
    """The device is there already, behind the port."""
    scenario["platform"]["parameters"] = {"name": "rv32-springbok", "simulated": False, "uart_port": str(port)}


def write(folder, scenario):
    """Writes the scenario into the folder; its VMFB goes there too."""
    optimizers = scenario.get("optimizers")
    for optimizer in optimizers if isinstance(optimizers, list) else []:
        parameters = optimizer.get("parameters", {})
        if "compiled_model_path" in parameters:
            parameters["compiled_model_path"] = str(folder / "model.vmfb")
    path = folder / "scenario.json"
    path.write_text(json.dumps(scenario, indent=2))
    return path
