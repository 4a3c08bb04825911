# SPDX-License-Identifier: Apache-2.0

# Sphinx configuration of these pages: `make docs` builds them into build/docs, warnings are errors.
project = "Springbok IREE runtime for Kenning"
extensions = ["myst_parser"]
root_doc = "index"
exclude_patterns = ["images/README.md"]
myst_heading_anchors = 3
html_theme = "alabaster"
html_theme_options = {"description": "Does the network load, answer right, and where do its instructions go?"}
html_css_files = []
suppress_warnings = []
