# SPDX-License-Identifier: Apache-2.0

"""Reads the part of the Containerfile language that this project uses; anything else is an error.

One instruction a line, continued by a backslash; comments on lines of their own; FROM [AS], ENV KEY=VALUE, RUN in shell form,
COPY [--from=STAGE] SOURCE… TARGET, WORKDIR, CMD in exec form.
"""

import dataclasses
import json
import re
import shlex


class ContainerfileError(Exception):
    pass


@dataclasses.dataclass
class Step:
    line: int
    instruction: str
    text: str


@dataclasses.dataclass
class Stage:
    base: str
    name: str
    steps: list = dataclasses.field(default_factory=list)


def instructions(text):
    """(line number, instruction, rest) with continued lines joined."""
    joined, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or (not joined and not line.strip()):
            continue
        start = start or number
        if line.endswith("\\"):
            joined += line[:-1] + " "
            continue
        joined += line
        word, _, rest = joined.strip().partition(" ")
        yield start, word.upper(), rest.strip()
        joined, start = "", 0
    if joined:
        raise ContainerfileError(f"line {start}: the last line continues")


def parse(text):
    stages = []
    for line, instruction, rest in instructions(text):
        if instruction == "FROM":
            match = re.fullmatch(r"(\S+)(?:\s+AS\s+(\S+))?", rest, re.IGNORECASE)
            if not match:
                raise ContainerfileError(f"line {line}: FROM IMAGE [AS NAME] is expected")
            stages.append(Stage(match[1], match[2] or str(len(stages))))
            continue
        if not stages:
            raise ContainerfileError(f"line {line}: the first instruction must be FROM")
        check(line, instruction, rest, stages)
        stages[-1].steps.append(Step(line, instruction, rest))
    if not stages:
        raise ContainerfileError("there is no FROM")
    return stages


def check(line, instruction, rest, stages):
    if instruction == "ENV":
        if not re.fullmatch(r"[A-Za-z_]\w*=\S*", rest):
            raise ContainerfileError(f"line {line}: ENV KEY=VALUE is expected")
    elif instruction == "COPY":
        source, paths = copy_arguments(rest)
        if len(paths) < 2:
            raise ContainerfileError(f"line {line}: COPY needs a source and a target")
        if source is not None and source not in {stage.name for stage in stages[:-1]}:
            raise ContainerfileError(f"line {line}: there is no earlier stage {source}")
    elif instruction == "WORKDIR":
        if not rest.startswith("/"):
            raise ContainerfileError(f"line {line}: WORKDIR wants an absolute path")
    elif instruction == "CMD":
        if not isinstance(exec_form(rest), list):
            raise ContainerfileError(f'line {line}: CMD ["PROGRAM", …] is expected')
    elif instruction != "RUN" or not rest:
        raise ContainerfileError(f"line {line}: {instruction} is not read here")


def copy_arguments(rest):
    """(stage or None, [source…, target])."""
    words = shlex.split(rest)
    if words and words[0].startswith("--from="):
        return words[0].removeprefix("--from="), words[1:]
    return None, words


def exec_form(rest):
    try:
        return json.loads(rest)
    except ValueError:
        return None
