# SPDX-License-Identifier: Apache-2.0

"""clang-tidy's suite puts together only what may stand together, and finds what is wrong."""

import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests" / "format"))
import check_tidy  # noqa: E402
import tidy_batches  # noqa: E402

COMMAND = "clang++-19 -I/x -std=c++23 -O3 -o a.o -c a.cc"


@pytest.mark.parametrize(
    "first, second, batches",
    [
        ("namespace a {\nint One() {}\n}", "namespace a {\nint Two() {}\n}", 1),
        ("namespace a {\nint One() {}\n}", "namespace a {\nint One() {}\n}", 2),
        ("namespace a {\nint One() {}\n}", "namespace b {\nint One() {}\n}", 1),
        ("namespace a {\nconstexpr int kOne = 1;\n}", "namespace a {\nconstexpr int kOne = 2;\n}", 2),
        ("namespace a {\nstruct One {};\n}", "namespace a {\nclass One {};\n}", 2),
        ("namespace a {\nusing X = b::Y;\n}", "namespace a {\nusing X = b::Y;\n}", 1),
        ("namespace a {\nusing X = b::Y;\n}", "namespace a {\nusing X = c::Y;\n}", 2),
        ("#define ONE 1\nnamespace a {}", "#define ONE 2\nnamespace b {}", 2),
        ("#define ONE 1\n#undef ONE\n", "#define ONE 2\n#undef ONE\n", 1),
        ("namespace a {}\nint main() {}", "namespace b {}\nint main() {}", 2),
    ],
)
def test_what_clashes_is_apart(first, second, batches):
    sources = [tidy_batches.Source("host/a.cc", COMMAND, first), tidy_batches.Source("host/b.cc", COMMAND, second)]
    assert len(tidy_batches.batches(sources, set(), 1000)) == batches


def test_other_flags_areas_and_long_texts_are_apart():
    sources = [
        tidy_batches.Source(*row)
        for row in [("host/a.cc", COMMAND, "1"), ("host/b.cc", f"{COMMAND} -DX", "2"), ("sim/c.cc", COMMAND, "3")]
    ]
    assert len(tidy_batches.batches(sources, set(), 1000)) == 3
    same = [tidy_batches.Source(f"host/{i}.cc", f"{COMMAND} -I/{i} -Wall -O{i}", "x" * 40) for i in range(4)]
    assert [len(batch.names) for batch in tidy_batches.batches(same, set(), 100)] == [2, 2]


def test_a_source_that_hides_a_header_s_name_is_alone():
    headers = tidy_batches.names_in_headers(["namespace a {\nstruct Tensor {\n};\n}  // namespace a\n"])
    texts = ["namespace a {\nnamespace {\n\nint Tensor() {}\n\n}  // namespace\n}", "namespace a {\nint Tensor() {}\n}", ""]
    sources = [tidy_batches.Source(f"host/{number}.cc", COMMAND, text) for number, text in enumerate(texts)]
    assert [batch.names for batch in tidy_batches.batches(sources, headers, 1000)] == [
        ["host/0.cc"],
        ["host/1.cc", "host/2.cc"],
    ]


def test_sources_that_do_not_compile_together_are_read_alone():
    read = []

    def run(batch, names):
        read.append(tuple(names))
        if len(names) == 3:
            return f"{ROOT}/host/b.cc:1:1: error: ambiguous [clang-diagnostic-error]\n"
        return f"{ROOT}/host/a.cc:2:1: error: moved [bugprone-use-after-move]\n" if "host/a.cc" in names else ""

    found = check_tidy.check(None, ["host/a.cc", "host/b.cc", "host/c.cc"], run)
    assert [(name, check) for name, check, _ in found] == [("host/a.cc", "bugprone-use-after-move")]
    assert read[1:] == [("host/b.cc",), ("host/a.cc", "host/c.cc")]


def test_what_does_not_compile_alone_is_a_finding():
    def run(batch, names):
        return f"{ROOT}/host/a.cc:1:1: error: what [clang-diagnostic-error]\n"

    assert check_tidy.check(None, ["host/a.cc"], run)


def test_a_planted_fault_is_found(tmp_path):
    folder = tmp_path / "host"
    folder.mkdir()
    (folder / "named.h").write_text("inline int BadlyNamed = 1;\n")
    for name, text in [
        ("good.cc", "namespace a {\nint Good() { return 1; }\n}\n"),
        ("bad.cc", '#include "named.h"\n#include <optional>\nint Bad(std::optional<int> x) { return *x; }\n'),
    ]:
        (folder / name).write_text(text)
    batch = tidy_batches.Batch("host", ("-std=c++23",))
    found = check_tidy.check(batch, [str(folder / "good.cc"), str(folder / "bad.cc")])
    assert sorted((name.rsplit("/")[-1], check.split(",")[0]) for name, check, _ in found) == [
        ("bad.cc", "bugprone-unchecked-optional-access"),
        ("named.h", "readability-identifier-naming"),
    ]
