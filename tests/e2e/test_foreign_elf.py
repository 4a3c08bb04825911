# SPDX-License-Identifier: Apache-2.0

"""An executable that this project's build has no part in, written to the conventions of the original firmware: entry at
0x3200_0000, data and stack sentinels in data memory, unit states as its start code leaves them, log by simprint, end by finish."""

import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIMULATOR = ROOT / "build" / "bin" / "springbok-sim"

START = """
  .equ stack_end, 0x34400000
  .equ stack_size, 204800
  .section .text.start, "ax"
  .globl _start
_start:
  li sp, stack_end - 64
  la gp, data + 0x800
  li t0, 0x400              # VS clean
  csrs mstatus, t0
  vsetvli t1, zero, e8, m8, tu, mu
  vmv.v.i v0, 0
  vmv.v.i v8, 0
  vmv.v.i v16, 0
  vmv.v.i v24, 0
  vsetvli t1, zero, e8, m1, tu, mu
  csrc mstatus, t0
  li t0, 0x2200             # FS and VS initial
  csrs mstatus, t0
  la t0, on_exception
  csrw mtvec, t0
  li t0, stack_end - stack_size
  li t1, 0xcafef00d
  li t2, stack_end - 64
  li t3, 0xdecafbad
  li t4, 16
sentinels:
  sw t1, 0(t0)
  sw t3, 0(t2)
  addi t0, t0, 4
  addi t2, t2, 4
  addi t4, t4, -1
  bnez t4, sentinels
  li a0, 0
  li a1, 0
  li a2, 0
  call main
  mv s0, a0
report:
  li a0, 2
  la a1, returned
  mv a2, s0
  .word 0x00c5857b          # simprint a0, a1, a2
end:
  addi sp, sp, -8
  sw s0, 0(sp)
  csrr t0, mepc
  sw t0, 4(sp)
  mv a0, s0
  .word 0x0000307b          # finish
  j end

  .balign 4
on_exception:
  li a0, 0
  la a1, exception
  csrr a2, mcause
  .word 0x00c5857b
  csrr s0, mcause
  li sp, stack_end - 64
  j end

  .data
data: .word 5, 6, 7
returned: .asciz "main returned: "
exception: .asciz "Exception occurred"
  .text
"""

MAINS = {
    # Adds what lies in data memory, with vector and floating-point instructions.
    "returns 0": (
        """
main:
  la t0, data
  vsetivli zero, 3, e32, m1, ta, ma
  vle32.v v1, (t0)
  vmv.s.x v2, zero
  vredsum.vs v2, v1, v2
  vmv.x.s a0, v2
  fcvt.s.w ft0, a0
  fcvt.w.s a1, ft0
  addi a0, a1, -18
  ret
""",
        0, 'simprint: "main returned: ", 0 (0x0)',
    ),
    "returns 3": ("main:\n  li a0, 3\n  ret\n", 1, 'simprint: "main returned: ", 3 (0x3)'),
    "traps": ("main:\n  .word 0\n", 1, 'simprint: "Exception occurred", 2 (0x2)'),
}  # fmt: skip

LINKER_SCRIPT = """
ENTRY(_start)
SECTIONS {
  .text 0x32000000 : { *(.text.start) *(.text*) }
  .data 0x34000000 : { *(.data*) }
}
"""


@pytest.mark.parametrize("engine", ["translator", "interpreter"])
@pytest.mark.parametrize("name", MAINS)
def test_it_boots(tmp_path, name, engine):
    if shutil.which("clang-19") is None:
        pytest.skip("clang-19 is absent")
    main, code, line = MAINS[name]
    (tmp_path / "program.S").write_text(START + main)
    (tmp_path / "program.ld").write_text(LINKER_SCRIPT)
    subprocess.run(
        ["clang-19", "--target=riscv32-unknown-elf", "-march=rv32imf_zicsr_zve32x_zvl512b", "-mabi=ilp32", "-nostdlib",
         "-static", "-fuse-ld=lld-19", "-Wl,-T,program.ld", "program.S", "-o", "program.elf"],
        cwd=tmp_path, check=True, timeout=60,
    )  # fmt: skip
    result = subprocess.run(
        [SIMULATOR, tmp_path / "program.elf", "--engine", engine], capture_output=True, text=True, timeout=60, check=False
    )
    assert line in result.stderr, result.stderr
    assert result.returncode == code, result.stderr
