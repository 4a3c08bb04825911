# SPDX-License-Identifier: Apache-2.0

"""The matrix' models serve as cargo."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "matrix"))
