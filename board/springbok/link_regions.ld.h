/* Which region of the memory map holds what; read by the linker script firmware/start/firmware.ld.h. */
#define CODE_REGION ITCM
#define DATA_REGION DTCM
