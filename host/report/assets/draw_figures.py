"""Draws Vega-Lite specifications as PNG files; run by the report with the request on stdin.

Request: {"config": {...}, "scale": s, "figures": [{"path": "x.png", "spec": {...}}, ...]}.
Prints one line per figure: its index, a blank, and "ok" or what went wrong. A file appears whole
or not at all.
"""
import json
import os
import sys

import vl_convert


def main():
    request = json.load(sys.stdin)
    for index, figure in enumerate(request["figures"]):
        try:
            png = vl_convert.vegalite_to_png(
                figure["spec"],
                config=request["config"],
                scale=request["scale"],
                allowed_base_urls=[],
            )
            part = figure["path"] + ".part"
            with open(part, "wb") as file:
                file.write(png)
            os.replace(part, figure["path"])
            outcome = "ok"
        except Exception as error:  # one bad figure must not cost the others
            outcome = str(error).replace("\n", " ")[:300]
        print(index, outcome, flush=True)


main()
