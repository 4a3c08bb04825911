// SPDX-License-Identifier: Apache-2.0

// A scalar integer loop: a hash over a small table, 10 instructions a turn with a load, a store, a
// multiplication, shifts and a branch. BARE and the other form as in dense_vector.S.
  .equ kTurns, 20000000

  .section .text.start, "ax", @progbits
  .globl _start
_start:
#ifdef BARE
  li s0, 0
#else
  li s0, kTurns
#endif
  la a0, table
  li a1, 0x9e3779b1
  li a2, 1
turn:
  andi t0, a2, 0xfc
  add t0, a0, t0
  lw t1, 0(t0)
  xor a2, a2, t1
  mul a2, a2, a1
  srli t2, a2, 15
  xor a2, a2, t2
  sw a2, 0(t0)
  addi s0, s0, -1
  bnez s0, turn
  li a0, 0
  li a7, 93
  ecall

  .section .data
  .balign 64
table: .fill 64, 4, 0x01234567
