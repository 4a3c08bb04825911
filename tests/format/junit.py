# SPDX-License-Identifier: Apache-2.0

"""The checks' results as JUnit XML."""

import pathlib
import xml.sax.saxutils as saxutils

# A tool may print a page for one file; the report keeps its start, standard output all of it.
MOST_CHARACTERS = 2000


def write(path, problems):
    """A case for each (name, problem) of `problems`; an empty problem is a passed case."""
    rows = []
    for name, problem in problems:
        body = f"<failure message={saxutils.quoteattr(problem[:MOST_CHARACTERS])}/>" if problem else ""
        rows.append(f"<testcase name={saxutils.quoteattr(name)}>{body}</testcase>")
    pathlib.Path(path).write_text("<testsuite>" + "".join(rows) + "</testsuite>\n")
