# SPDX-License-Identifier: Apache-2.0

"""Copies of a module whose kernels do what no kernel should: RISC-V words written over each kernel's first ones."""

import dataclasses
import struct

PT_LOAD, PT_DYNAMIC, PF_X = 1, 2, 1
DT_RELA, DT_RELASZ = 7, 8
MACHINE_RISCV = 243


@dataclasses.dataclass(frozen=True)
class KernelFault:
    name: str
    words: tuple  # instructions
    log: str  # what the device's log must say (a regular expression)


FAULTS = [
    KernelFault("illegal_instruction", (0x00000000,), r"cause 2 at"),
    # lw a0, 1(sp); sw a0, 1(sp)
    KernelFault("misaligned_load", (0x00112503,), r"cause 4 at"),
    KernelFault("misaligned_store", (0x00A120A3,), r"cause 6 at"),
    # jalr zero, 4(zero)
    KernelFault("wild_jump", (0x00400067,), r"cause 1 at 0x00000004"),
    # lui t0, -512K; add sp, sp, t0; sw ra, 0(sp); lw ra, 0(sp); ret: below the stack there is no memory, so
    # nothing of the firmware's is overwritten and the return address is lost.
    KernelFault("stack_overflow", (0xFFF802B7, 0x00510133, 0x00112023, 0x00012083, 0x00008067), r"cause 1 at 0x00000000"),
    KernelFault("breakpoint", (0x00100073,), r"cause 3 at"),
    KernelFault("environment_call", (0x00000073,), r"cause 11 at"),
    # j .
    KernelFault("runaway", (0x0000006F,), r"ran longer than the time limit"),
]
# An access to an address where nothing is reads zero on this platform (in Renode too). A bus that answers with a
# fault is simulated by springbok-sim --fault-unmapped.
FAULTS_OF_A_STRICT_BUS = [
    # lui a0, 0x50000; lw a0, 0(a0) and sw a0, 0(a0)
    KernelFault("unmapped_load", (0x50000537, 0x00052503), r"cause 5 at 0x[0-9A-F]{8}, value 0x50000000"),
    KernelFault("unmapped_store", (0x50000537, 0x00A52023), r"cause 7 at 0x[0-9A-F]{8}, value 0x50000000"),
    # addi sp, sp, -64; sw zero, 0(sp); j -8
    KernelFault("endless_stack", (0xFC010113, 0x00012023, 0xFF9FF06F), r"cause 7 at 0x[0-9A-F]{8}, value 0x33FFFF[0-9A-F]{2}"),
]


def _segments(elf):
    offset, size, count = struct.unpack_from("<I", elf, 28)[0], *struct.unpack_from("<HH", elf, 42)
    return [struct.unpack_from("<8I", elf, offset + i * size) for i in range(count)]


def _file_offset(segments, address):
    for kind, offset, vaddr, _, filesz, _, _, _ in segments:
        if kind == PT_LOAD and vaddr <= address < vaddr + filesz:
            return offset + address - vaddr
    raise ValueError(f"no segment holds {address:#x}")


def kernel_offsets(elf):
    """File offsets of the functions that the ELF's tables point at: its kernels."""
    segments = _segments(elf)
    code = next(s for s in segments if s[0] == PT_LOAD and s[6] & PF_X)
    dynamic = next(s for s in segments if s[0] == PT_DYNAMIC)
    tags = dict(struct.unpack_from("<II", elf, dynamic[1] + i) for i in range(0, dynamic[4], 8))
    start = _file_offset(segments, tags[DT_RELA])
    addends = [struct.unpack_from("<IIi", elf, start + i)[2] for i in range(0, tags[DT_RELASZ], 12)]
    return sorted({_file_offset(segments, a) for a in addends if code[2] <= a < code[2] + code[4]})


def broken(module, fault):
    """`module` with the fault at the start of each kernel of each RISC-V ELF in it."""
    patched = bytearray(module)
    at = module.find(b"\x7fELF")
    kernels = 0
    while at >= 0:
        elf = module[at:]
        if struct.unpack_from("<H", elf, 18)[0] == MACHINE_RISCV:
            for offset in kernel_offsets(elf):
                struct.pack_into(f"<{len(fault.words)}I", patched, at + offset, *fault.words)
                kernels += 1
        at = module.find(b"\x7fELF", at + 4)
    assert kernels > 0, "the module has no kernel"
    return bytes(patched)
