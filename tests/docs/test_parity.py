# SPDX-License-Identifier: Apache-2.0

"""docs/test-parity.md names tests that exist."""

import re

from conftest import ROOT

TEST = re.compile(r"TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)")


def test_each_named_test_exists():
    existing = set()
    for folder in ("firmware", "wire"):
        for source in (ROOT / folder).rglob("*_test.cc"):
            existing |= {".".join(match) for match in TEST.findall(source.read_text())}
    named = set(re.findall(r"`(\w+\.\w+)`", (ROOT / "docs" / "test-parity.md").read_text()))
    named = {name for name in named if not name.endswith(".py")}
    assert len(named) > 25
    assert sorted(named - existing) == []


def test_each_function_group_of_the_predecessor_has_its_rows():
    """The headings count the predecessor's functions; each section has a table with something on both sides."""
    page = (ROOT / "docs" / "test-parity.md").read_text()
    sections = re.split(r"^## ", page, flags=re.M)[1:]
    unit = [section for section in sections if not section.startswith("Robot")]
    counted = sum(int(number) for section in unit for number in re.findall(r"\((\d+)", section.splitlines()[0]))
    assert counted == 161, "the predecessor has 161 test functions"
    for section in sections:
        rows = re.findall(r"^\| (?!---|predecessor)(.+?) \| (.+?) \|$", section, re.M)
        assert rows and all(there.strip() and here.strip() for there, here in rows), section


def test_each_named_robot_case_exists():
    page = (ROOT / "docs" / "test-parity.md").read_text()
    named = re.findall(r"\*([A-Z][\w ]+)\*", page)
    cases = set()
    for file in (ROOT / "tests" / "robot").glob("*.robot"):
        cases |= set(re.findall(r"^([A-Z].*)$", file.read_text().split("*** Test Cases ***")[1].split("*** Keywords")[0], re.M))
    assert len(named) >= 6
    assert sorted(set(named) - cases) == []
