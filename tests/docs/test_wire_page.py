# SPDX-License-Identifier: Apache-2.0

"""docs/wire.md has the numbers of wire/message.cc, and its frames obey its own checksum."""

import functools
import operator
import re

from conftest import ROOT

PAGE = (ROOT / "docs" / "wire.md").read_text()
SEED = 0x4B


def code_numbers():
    """message -> its numbers on the three wires, None where it does not exist."""
    rows = re.findall(r'\{(\w+), (\w+), (\w+)\},[^"{}]*"([A-Z_]+)"', (ROOT / "wire" / "message.cc").read_text())
    return {name: [None if number == "kNone" else int(number) for number in numbers] for *numbers, name in rows}


def page_numbers():
    section = PAGE.split("\n## Messages\n")[1].split("\n## ")[0]
    numbers = {}
    for names, *columns in re.findall(r"^\| ([A-Z_, ]+?) \| ([^|]*?) \| ([^|]*?) \| ([^|]*?) \|", section, re.M):
        for i, name in enumerate(names.split(", ")):
            numbers[name] = [None if column == "-" else int(column.split(", ")[i]) for column in columns]
    return numbers


def test_the_messages_table():
    code, page = code_numbers(), page_numbers()
    assert len(code) == 16 and len(page) == 10
    assert page == {name: code[name] for name in page}


def test_the_frames_that_are_shown():
    frames = re.findall(r"`((?:[0-9a-f]{2} )+[0-9a-f]{2})`", PAGE.split("\n## Frames\n")[1].split("\n## ")[0])
    assert [len(frame.split()) for frame in frames] == [6, 6, 8, 8, 12, 12]
    for frame in frames[2:]:
        assert functools.reduce(operator.xor, bytes.fromhex(frame)) == SEED, frame
