# SPDX-License-Identifier: Apache-2.0

import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
