# SPDX-License-Identifier: Apache-2.0

"""Writes the charting library that the report's page carries (Vega, Vega-Lite and vega-embed in
one script) out of the installed vl-convert-python, so that page and PNG use the same version and
nothing comes from npm.

usage: make_web_bundle.py OUTPUT
"""
import os
import sys

import vl_convert


def main():
    output = sys.argv[1]
    bundle = vl_convert.javascript_bundle()
    # The bundle is a module body; in a function it leaves no names behind but the ones it sets.
    text = "(() => {\n" + bundle + "\n})();\n"
    os.makedirs(os.path.dirname(os.path.abspath(output)), exist_ok=True)
    with open(output + ".part", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(output + ".part", output)


main()
