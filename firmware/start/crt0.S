# Start-up and traps. Facts: shared spec platform.md, sections 1.3, 1.4 and 1.6.

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
    .irp reg, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    fmv.w.x f\reg, zero
    .endr
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

    li      a0, 0
    li      a1, 0
    li      a2, 0
    call    FirmwareMain
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

# bool CallGuarded(uint32_t* recovery_sp, void (*body)(void*), void* argument)
# Calls body(argument). Returns 0, or 1 if ResumeAfterTrap was called meanwhile.
    .globl CallGuarded
    .type CallGuarded, @function
CallGuarded:
    addi    sp, sp, -64
    sw      ra, 0(sp)
    .set    at, 4
    .irp reg, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11
    sw      \reg, at(sp)
    .set    at, at + 4
    .endr
    sw      sp, 0(a0)
    mv      a0, a2
    jalr    a1
    lw      ra, 0(sp)
    addi    sp, sp, 64
    li      a0, 0
    ret
    .size CallGuarded, . - CallGuarded

# [[noreturn]] void ResumeAfterTrap(uint32_t recovery_sp)
    .globl ResumeAfterTrap
    .type ResumeAfterTrap, @function
ResumeAfterTrap:
    mv      sp, a0
    lw      ra, 0(sp)
    .set    at, 4
    .irp reg, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11
    lw      \reg, at(sp)
    .set    at, at + 4
    .endr
    addi    sp, sp, 64
    li      a0, 1
    ret
    .size ResumeAfterTrap, . - ResumeAfterTrap

    .bss
    .balign 16
    .space  2048
trap_stack_end:
