// SPDX-License-Identifier: Apache-2.0

// A dense vector loop as a matrix multiplication has it: 128 elements an instruction (e32, m8), two
// loads, a multiply-add, an add and a store, and six scalar instructions. With BARE it runs on the
// bare core until the simulator's instruction limit stops it; without, it is a Linux program for a
// user-mode emulator and ends after kTurns turns of 11 instructions.
  .equ kTurns, 100000

  .section .text.start, "ax", @progbits
  .globl _start
_start:
#ifdef BARE
  // mstatus.VS and FS on; a Linux program finds them on.
  li t0, 0x6600
  csrs mstatus, t0
  li s0, 0
#else
  li s0, kTurns
#endif
  la a0, operand_a
  la a1, operand_b
  la a2, result
  li t1, 128
  vsetvli t0, t1, e32, m8, ta, ma
  vmv.v.i v24, 0
turn:
  mv t2, a0
  mv t3, a1
  mv t4, a2
  vle32.v v8, (t2)
  vle32.v v16, (t3)
  vfmacc.vv v24, v8, v16
  vadd.vv v8, v8, v16
  vse32.v v24, (t4)
  addi s0, s0, -1
  addi t5, t5, 1
  bnez s0, turn
  li a0, 0
  li a7, 93
  ecall

  .section .data
  .balign 64
operand_a: .fill 128, 4, 0x3f800000
operand_b: .fill 128, 4, 0x3c23d70a
result:    .fill 128, 4, 0
