# SPDX-License-Identifier: Apache-2.0

"""Puts sources together that one clang-tidy can read as one file.

Most of a run's time goes into the standard library's headers, which every file includes again: a batch includes them once.
Files go together when they are compiled with the same flags (their include folders are united: each target has a folder
of its own, so none hides another's header) and define nothing of the same name in the same namespace. A source that has a
name for itself which some header has too is read alone.
"""

import dataclasses
import re
import shlex

# A name at the left margin that two files in one translation unit may not both define. Overloads are taken for clashes:
# that costs a batch, not a finding.
DEFINITIONS = re.compile(
    r"^(?:"
    r"(?:struct|class|union|enum(?:\s+class)?)\s+(?P<type>\w+)"
    r"|using\s+(?:[\w:]+::)?(?P<alias>\w+)\s*[=;].*"
    r"|\#define\s+(?P<macro>\w+)"
    r"|(?:[\w:<>,&*\[\]]+\s+)+[&*]*(?P<function>\w+)\("
    r"|(?:[\w:<>,&*\[\]]+\s+)+[&*]*(?P<constant>k[A-Z]\w*)\s*(?:=|\[|\{|;)"
    r")",
    re.MULTILINE,
)  # fmt: skip
# What matters to the optimiser or to the compiler's own warnings only.
LEFT_OUT = re.compile(r"-(O|W|ffp-contract=|fno-strict-aliasing|fmacro-prefix-map=)")
UNNAMED_NAMESPACE = re.compile(r"^namespace \{$(.*?)^\}  // namespace$", re.MULTILINE | re.DOTALL)
NAMESPACE = re.compile(r"^namespace\s+([\w:]+)\s*\{", re.MULTILINE)


@dataclasses.dataclass
class Source:
    name: str
    command: str  # as in compile_commands.json
    text: str


@dataclasses.dataclass
class Batch:
    area: str
    flags: tuple
    includes: list = dataclasses.field(default_factory=list)
    names: list = dataclasses.field(default_factory=list)
    defined: dict = dataclasses.field(default_factory=dict)
    characters: int = 0

    def takes(self, defined):
        """Whether nothing in `defined` clashes. The same alias for the same thing may stand twice."""
        clashes = self.defined.keys() & defined.keys()
        return all(defined[key] and defined[key] == self.defined[key] for key in clashes)

    def add(self, source, includes, defined):
        self.names.append(source.name)
        self.includes += [folder for folder in includes if folder not in self.includes]
        self.defined |= defined
        self.characters += len(source.text)


def split_command(command):
    """(flags, include folders) of a compile command, without its input and output."""
    words = iter(shlex.split(command)[1:])
    flags, includes = [], []
    for word in words:
        if word in ("-o", "-c"):
            next(words)
        elif word == "-isystem":
            includes.append((word, next(words)))
        elif word.startswith("-I"):
            includes.append((word,))
        elif not LEFT_OUT.match(word):
            flags.append(word)
    return tuple(flags), includes


def namespace_of(text):
    found = NAMESPACE.search(text)
    return found[1] if found else ""


def definitions(text):
    """{(namespace, name): alias} of what the file defines at its left margin; `alias` is empty for all but `using`.

    Macros and main have no namespace. A macro that is undefined again is of no interest to the next file.
    """
    namespace, defined = namespace_of(text), {}
    for match in DEFINITIONS.finditer(text):
        name, kind = match[match.lastgroup], match.lastgroup
        if kind == "macro" and re.search(rf"^#undef {name}$", text, re.MULTILINE):
            continue
        is_global = kind == "macro" or name == "main"
        defined["" if is_global else namespace, name] = match[0] if kind == "alias" else ""
    return defined


def names_in_headers(texts):
    return {key for text in texts for key in definitions(text) if key[0]}


def hides(text, header_names):
    """Whether a name of the file's own would make a header's ambiguous, of its namespace or of the one around it."""
    namespace = namespace_of(text)
    own = {name for part in UNNAMED_NAMESPACE.findall(text) for _, name in definitions(part)}
    return any((around, name) in header_names for around in (namespace, namespace.rpartition("::")[0]) for name in own)


def batches(sources, header_names, most_characters):
    """Batches of neighbours: they include the same headers. Most characters first, since that one takes longest."""
    alone, made = [], []
    for source in sources:
        flags, includes = split_command(source.command)
        defined = definitions(source.text)
        area = source.name.partition("/")[0]
        if hides(source.text, header_names):
            batch = Batch(area, flags)
            alone.append(batch)
            batch.add(source, includes, defined)
            continue
        for batch in made:
            fits = batch.characters + len(source.text) <= most_characters
            if (batch.area, batch.flags) == (area, flags) and fits and batch.takes(defined):
                break
        else:
            batch = Batch(area, flags)
            made.append(batch)
        batch.add(source, includes, defined)
    return sorted(alone + made, key=lambda batch: -batch.characters)
