# SPDX-License-Identifier: Apache-2.0

"""docs/boards.md tells what a port consists of: the files and names that the example has, no more, no less."""

import json
import re

from conftest import ROOT

SECTION = (ROOT / "docs" / "boards.md").read_text().split("\n## A board of your own\n")[1]
EXAMPLE = ROOT / "board" / "qemu-virt"


def test_the_files_of_a_board():
    named = set(re.findall(r"`board/NAME/([\w.]+)`", SECTION))
    assert named == {file.name for file in EXAMPLE.iterdir()}


def test_the_names_that_a_board_defines():
    header = (EXAMPLE / "board.h").read_text()
    required = SECTION.split("**`board/NAME/board.h`**")[1].split("\n4. ")[0]
    names = re.findall(r"`(k\w+|SetTimer|PrintToSimulator|StopCore)`", required)
    assert len(names) >= 7
    for name in names:
        assert re.search(rf"\b{name}\b", header) or re.search(rf"\b{name}\b", (ROOT / "board" / "console.h").read_text()), name
    defined = set(re.findall(r"^inline constexpr (?:auto|bool|uint32_t) (k\w+)|(?:inline void|inline) (\w+)\(", header, re.M))
    for name in {constant or function for constant, function in defined}:
        assert name in SECTION, f"the page does not tell of {name}"


def test_the_presets_of_the_example():
    presets = json.loads((ROOT / "CMakePresets.json").read_text())
    for kind in ("configurePresets", "buildPresets", "workflowPresets"):
        assert "qemu-virt" in {preset["name"] for preset in presets[kind]}
