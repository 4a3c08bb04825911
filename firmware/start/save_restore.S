# SPDX-License-Identifier: Apache-2.0

# Prologues and epilogues of all functions, called by code compiled with -msave-restore: without the
# compressed instructions they would be a fifth of the image. Names, registers and stack layout are the
# compiler's (compiler-rt, RV32I): saved in fours, sp moved by what is needed.

#if __riscv_xlen == 32
    .macro  entry name
    .globl  \name
    .type   \name, @function
\name:
    .endm

    .section .text.save_restore, "ax", @progbits
    .balign 4
    entry __riscv_save_12
    addi    sp, sp, -64
    li      t1, 0
    sw      s11, 12(sp)
    j       save_11_8
    entry __riscv_save_11
    entry __riscv_save_10
    entry __riscv_save_9
    entry __riscv_save_8
    addi    sp, sp, -64
    li      t1, 16
save_11_8:
    sw      s10, 16(sp)
    sw      s9, 20(sp)
    sw      s8, 24(sp)
    sw      s7, 28(sp)
    j       save_7_4
    entry __riscv_save_7
    entry __riscv_save_6
    entry __riscv_save_5
    entry __riscv_save_4
    addi    sp, sp, -64
    li      t1, 32
save_7_4:
    sw      s6, 32(sp)
    sw      s5, 36(sp)
    sw      s4, 40(sp)
    sw      s3, 44(sp)
    sw      s2, 48(sp)
    sw      s1, 52(sp)
    sw      s0, 56(sp)
    sw      ra, 60(sp)
    add     sp, sp, t1
    jr      t0
    entry __riscv_save_3
    entry __riscv_save_2
    entry __riscv_save_1
    entry __riscv_save_0
    addi    sp, sp, -16
    sw      s2, 0(sp)
    sw      s1, 4(sp)
    sw      s0, 8(sp)
    sw      ra, 12(sp)
    jr      t0

    entry __riscv_restore_12
    lw      s11, 12(sp)
    addi    sp, sp, 16
    entry __riscv_restore_11
    entry __riscv_restore_10
    entry __riscv_restore_9
    entry __riscv_restore_8
    lw      s10, 0(sp)
    lw      s9, 4(sp)
    lw      s8, 8(sp)
    lw      s7, 12(sp)
    addi    sp, sp, 16
    entry __riscv_restore_7
    entry __riscv_restore_6
    entry __riscv_restore_5
    entry __riscv_restore_4
    lw      s6, 0(sp)
    lw      s5, 4(sp)
    lw      s4, 8(sp)
    lw      s3, 12(sp)
    addi    sp, sp, 16
    entry __riscv_restore_3
    entry __riscv_restore_2
    entry __riscv_restore_1
    entry __riscv_restore_0
    lw      s2, 0(sp)
    lw      s1, 4(sp)
    lw      s0, 8(sp)
    lw      ra, 12(sp)
    addi    sp, sp, 16
    ret
#endif
