# SPDX-License-Identifier: Apache-2.0

# Start-up and traps. Facts: shared spec platform.md, sections 1.3, 1.4 and 1.6.

#if __riscv_xlen == 32
#define REGISTER_BYTES 4
#define STORE sw
#define LOAD lw
#else
#define REGISTER_BYTES 8
#define STORE sd
#define LOAD ld
#endif
/* The frame of save_restore.S: ra at the top, below it s0 .. s11, and what keeps sp aligned. */
#define FRAME_BYTES 16 * REGISTER_BYTES
#define RA_AT 15 * REGISTER_BYTES

    .section .text.start, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    la      sp, stack_top
    .irp reg, x1, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15, x16, x17, x18, x19, x20, x21, x22, x23, x24, x25, x26, x27, x28, x29, x30, x31
    li      \reg, 0
    .endr

    la      t0, TrapEntry
    csrw    mtvec, t0                   # direct mode
    li      t0, 0x2200                  # mstatus.FS and mstatus.VS := Initial
    csrs    mstatus, t0
    csrw    fcsr, zero
    csrw    vcsr, zero
    vsetvli t0, zero, e8, m8, ta, ma
    vmv.v.i v0, 0
    vmv.v.i v8, 0
    vmv.v.i v16, 0
    vmv.v.i v24, 0

    # A warm restart finds the memory as the last run left it.
    la      t1, bss_begin
    la      t2, bss_end
    sub     t2, t2, t1
1:  vsetvli t0, t2, e8, m8, ta, ma
    vse8.v  v0, (t1)
    add     t1, t1, t0
    sub     t2, t2, t0
    bnez    t2, 1b

    la      t0, stack_begin
    li      t1, 0xCAFEF00D
    la      t2, stack_top
    li      t3, 0xDECAFBAD
    li      t4, 16
2:  sw      t1, 0(t0)
    sw      t3, 0(t2)
    addi    t0, t0, 4
    addi    t2, t2, 4
    addi    t4, t4, -1
    bnez    t4, 2b
    vsetivli zero, 16, e8, m1, tu, mu

    call    FirmwareMain                # (0, 0, 0): a0, a1 and a2 were cleared
    tail    AfterMain
    .size _start, . - _start

# A trap never returns to where it happened: what ran is given up. The stack may be what broke, so the
# handler has its own.
    .text
    .balign 4
    .globl TrapEntry
    .type TrapEntry, @function
TrapEntry:
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    la      sp, trap_stack_end
    csrw    vstart, zero                # a vector instruction may have stopped half-way
    csrw    fcsr, zero                  # kernels change the rounding mode
    csrr    a0, mcause
    csrr    a1, mepc
    csrr    a2, mtval
    tail    HandleTrap
    .size TrapEntry, . - TrapEntry

# bool CallGuarded(uintptr_t* recovery_sp, void (*body)(void*), void* argument)
# Calls body(argument). Returns 0, or 1 if ResumeAfterTrap was called meanwhile.
    .globl CallGuarded
    .type CallGuarded, @function
CallGuarded:
    addi    sp, sp, -FRAME_BYTES
    .set    at, RA_AT
    .irp reg, ra, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11
    STORE   \reg, at(sp)
    .set    at, at - REGISTER_BYTES
    .endr
    STORE   sp, 0(a0)
    mv      a0, a2
    jalr    a1
    LOAD    ra, RA_AT(sp)
    addi    sp, sp, FRAME_BYTES
    li      a0, 0
    ret
    .size CallGuarded, . - CallGuarded

# [[noreturn]] void ResumeAfterTrap(uintptr_t recovery_sp)
    .globl ResumeAfterTrap
    .type ResumeAfterTrap, @function
ResumeAfterTrap:
    mv      sp, a0
    li      a0, 1
#if __riscv_xlen == 32
    tail    __riscv_restore_12
#else
    .set    at, RA_AT
    .irp reg, ra, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11
    LOAD    \reg, at(sp)
    .set    at, at - REGISTER_BYTES
    .endr
    addi    sp, sp, FRAME_BYTES
    ret
#endif
    .size ResumeAfterTrap, . - ResumeAfterTrap

    .bss
    .balign 16
    .space  2048
trap_stack_end:
