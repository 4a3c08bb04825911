# SPDX-License-Identifier: Apache-2.0

# memcpy, memmove, memset, memcmp on vectors of 8 registers, 512 bytes a round; memchr on one, since what
# it looks for is mostly near.
# Clobbers vector registers, as every call may (the ABI has no callee-saved ones).

    .macro  function name
    .section .text.\name, "ax", @progbits
    .globl  \name
    .type   \name, @function
    .balign 4
\name:
    .endm

    function memcpy
    mv      a3, a0
1:  vsetvli t0, a2, e8, m8, ta, ma
    vle8.v  v0, (a1)
    add     a1, a1, t0
    sub     a2, a2, t0
    vse8.v  v0, (a3)
    add     a3, a3, t0
    bnez    a2, 1b
    ret
    .size memcpy, . - memcpy

    function memmove
    sub     t1, a0, a1
    bgeu    t1, a2, memcpy_forward      # destination before the source, or behind its end
    add     a1, a1, a2
    add     a3, a0, a2
1:  vsetvli t0, a2, e8, m8, ta, ma
    sub     a1, a1, t0
    sub     a3, a3, t0
    vle8.v  v0, (a1)
    sub     a2, a2, t0
    vse8.v  v0, (a3)
    bnez    a2, 1b
    ret
memcpy_forward:
    tail    memcpy
    .size memmove, . - memmove

    function memset
    mv      a3, a0
    vsetvli t0, a2, e8, m8, ta, ma
    vmv.v.x v0, a1
1:  vsetvli t0, a2, e8, m8, ta, ma
    vse8.v  v0, (a3)
    add     a3, a3, t0
    sub     a2, a2, t0
    bnez    a2, 1b
    ret
    .size memset, . - memset

    function memcmp
1:  vsetvli t0, a2, e8, m8, ta, ma
    vle8.v  v0, (a0)
    vle8.v  v8, (a1)
    vmsne.vv v16, v0, v8
    vfirst.m t1, v16
    bgez    t1, 2f
    add     a0, a0, t0
    add     a1, a1, t0
    sub     a2, a2, t0
    bnez    a2, 1b
    li      a0, 0
    ret
2:  add     a0, a0, t1
    add     a1, a1, t1
    lbu     a0, 0(a0)
    lbu     a1, 0(a1)
    sub     a0, a0, a1
    ret
    .size memcmp, . - memcmp

    function memchr
1:  vsetvli t0, a2, e8, m1, ta, ma
    vle8.v  v0, (a0)
    vmseq.vx v1, v0, a1
    vfirst.m t1, v1
    bgez    t1, 2f
    add     a0, a0, t0
    sub     a2, a2, t0
    bnez    a2, 1b
    li      a0, 0
    ret
2:  add     a0, a0, t1
    ret
    .size memchr, . - memchr
