/* Linker script, run through the preprocessor. Code in one region; constants, data, heap and stack in
 * the other. Load addresses equal run addresses: simulators load by physical address and nothing copies
 * .data. Facts: shared spec platform.md, section 1.6. */
#include LINK_REGIONS

#define REGION(id, base, size, node) id (rwx) : ORIGIN = base, LENGTH = size
MEMORY
{
#include MEMORY_MAP
}
#undef REGION

/* Kernels of the compiler need up to 40 KiB (spec iree-formats, section 6.5); the rest is what the
 * predecessor reserves. */
stack_size = 200K;
/* 64 bytes at either end hold a pattern that is looked at when main returns. */
stack_sentinel_size = 64;

ENTRY(_start)

SECTIONS
{
  .text : ALIGN(4) {
    KEEP(*(.text.start))
    *(.text .text.*)
  } > CODE_REGION

  .rodata : ALIGN(64) { *(.rodata .rodata.* .srodata .srodata.*) } > DATA_REGION
  .init_array : { KEEP(*(.preinit_array .init_array .init_array.* .ctors)) } > DATA_REGION
  .data : ALIGN(64) {
    __global_pointer$ = . + 0x800;
    *(.data .data.* .sdata .sdata.*)
  } > DATA_REGION
  .bss (NOLOAD) : ALIGN(64) {
    bss_begin = .;
    *(.bss .bss.* .sbss .sbss.* COMMON)
    . = ALIGN(64);
    bss_end = .;
  } > DATA_REGION

  stack_end = ORIGIN(DATA_REGION) + LENGTH(DATA_REGION);
  stack_top = stack_end - stack_sentinel_size;
  stack_begin = stack_end - stack_size;
  heap_begin = ALIGN(bss_end, 64);
  heap_end = stack_begin;

  .symtab 0 : { *(.symtab) }
  .strtab 0 : { *(.strtab) }
  .shstrtab 0 : { *(.shstrtab) }
  /DISCARD/ : { *(.eh_frame .eh_frame.* .comment .note.* .riscv.attributes) }
}

ASSERT(SIZEOF(.init_array) == 0, "no constructor may run before main: nothing calls them")
ASSERT(heap_begin < heap_end, "static data leaves no heap")
