# SPDX-License-Identifier: Apache-2.0

"""Writes TFLite files (schema version 3) without TensorFlow, for the checks of the importer.

A FlatBuffer is written front to back: each table stands behind its field list, and what a table
points to comes after it, so that every offset is positive. Values of a table's fields, by number:

    ("i8", 3)  ("i32", 7)  ("u32", 7)  ("f32", 0.5)   a number in the table
    ("vector", numpy array)  ("text", "name")         a list
    ("table", {…})  ("tables", [{…}, …])              tables
"""

import struct

import numpy as np

FLOAT32, FLOAT16, INT32, UINT8, INT64, BOOL, INT8 = 0, 1, 2, 3, 4, 6, 9
TYPES = {
    np.dtype(np.float32): FLOAT32,
    np.dtype(np.float16): FLOAT16,
    np.dtype(np.int32): INT32,
    np.dtype(np.uint8): UINT8,
    np.dtype(np.int64): INT64,
    np.dtype(np.bool_): BOOL,
    np.dtype(np.int8): INT8,
}
SCALARS = {"i8": ("<b", 1), "i32": ("<i", 4), "u32": ("<I", 4), "f32": ("<f", 4)}
CODES_IN_A_BYTE = 127


class FlatBuffer:
    def __init__(self):
        self.bytes = bytearray()

    def align(self, size, ahead=0):
        """Fills up so that what stands `ahead` bytes on is aligned."""
        while (len(self.bytes) + ahead) % size:
            self.bytes.append(0)

    def table(self, fields):
        """Appends the table and all it points to; returns where it stands."""
        slots, size, later = {}, 4, []
        for number, (kind, value) in sorted(fields.items()):
            width = SCALARS[kind][1] if kind in SCALARS else 4
            size += -size % width
            slots[number] = size
            later.append((size, kind, value))
            size += width
        count = max(slots, default=-1) + 1
        self.align(4)
        vtable = len(self.bytes)
        self.bytes += struct.pack("<HH", 4 + 2 * count, size)
        self.bytes += b"".join(struct.pack("<H", slots.get(n, 0)) for n in range(count))
        self.align(4)
        start = len(self.bytes)
        self.bytes += struct.pack("<i", start - vtable) + bytes(size - 4)
        for offset, kind, value in later:
            at = start + offset
            if kind in SCALARS:
                struct.pack_into(SCALARS[kind][0], self.bytes, at, value)
            else:
                target = getattr(self, kind)(value)
                struct.pack_into("<I", self.bytes, at, target - at)
        return start

    def vector(self, array):
        array = np.ascontiguousarray(array)
        self.align(16, ahead=4)
        start = len(self.bytes)
        self.bytes += struct.pack("<I", array.size) + array.tobytes()
        return start

    def text(self, value):
        start = self.vector(np.frombuffer(value.encode(), np.uint8))
        self.bytes.append(0)
        return start

    def tables(self, tables):
        self.align(4)
        start = len(self.bytes)
        self.bytes += struct.pack("<I", len(tables)) + bytes(4 * len(tables))
        for index, fields in enumerate(tables):
            at = start + 4 + 4 * index
            struct.pack_into("<I", self.bytes, at, self.table(fields) - at)
        return start


class Model:
    """One subgraph; tensors and operators in the order in which they are made."""

    def __init__(self):
        self.tensors, self.operators, self.codes = [], [], []
        self.buffers = [{}]  # buffer 0 stands for "none"

    def tensor(self, shape, dtype, scale=None, zero_point=None, data=None, axis=0, signature=None):
        """Returns its number. `scale` and `zero_point`: one number or one for each channel."""
        fields = {
            0: ("vector", np.array(shape, np.int32)),
            1: ("i8", TYPES[np.dtype(dtype)]),
            3: ("text", f"tensor{len(self.tensors)}"),
        }
        if data is not None:
            fields[2] = ("u32", len(self.buffers))
            raw = np.frombuffer(np.ascontiguousarray(data, dtype).tobytes(), np.uint8)
            self.buffers.append({0: ("vector", raw)})
        if scale is not None:
            scales = np.atleast_1d(np.asarray(scale, np.float32))
            zeros = np.broadcast_to(np.asarray(zero_point or 0, np.int64), scales.shape)
            fields[4] = (
                "table",
                {2: ("vector", scales), 3: ("vector", zeros), 6: ("i32", axis)},
            )
        if signature is not None:
            fields[7] = ("vector", np.array(signature, np.int32))
        self.tensors.append(fields)
        return len(self.tensors) - 1

    def constant(self, data, scale=None, zero_point=None, axis=0):
        data = np.asarray(data)
        return self.tensor(data.shape, data.dtype, scale, zero_point, data, axis)

    def operator(self, code, inputs, outputs, options_type=0, options=None, version=1, custom=None):
        key = (code, version, custom)
        if key not in self.codes:
            self.codes.append(key)
        fields = {
            0: ("u32", self.codes.index(key)),
            1: ("vector", np.array(inputs, np.int32)),
            2: ("vector", np.array(outputs, np.int32)),
        }
        if options_type:
            fields[3] = ("i8", options_type)
            fields[4] = ("table", options or {})
        self.operators.append(fields)

    def bytes(self, inputs, outputs):
        codes = []
        for code, version, custom in self.codes:
            fields = {0: ("i8", min(code, CODES_IN_A_BYTE)), 2: ("i32", version), 3: ("i32", code)}
            if custom:
                fields[1] = ("text", custom)
            codes.append(fields)
        subgraph = {
            0: ("tables", self.tensors),
            1: ("vector", np.array(inputs, np.int32)),
            2: ("vector", np.array(outputs, np.int32)),
            3: ("tables", self.operators),
            4: ("text", "main"),
        }
        buffer = FlatBuffer()
        buffer.bytes += bytes(4) + b"TFL3"
        root = buffer.table(
            {
                0: ("u32", 3),
                1: ("tables", codes),
                2: ("tables", [subgraph]),
                3: ("text", "written by models/checks/tflite_writer.py"),
                4: ("tables", self.buffers),
            }
        )
        struct.pack_into("<I", buffer.bytes, 0, root)
        return bytes(buffer.bytes)
