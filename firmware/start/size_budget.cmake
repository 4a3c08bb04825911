# Prints what the image weighs and fails if code and constants exceed the budget.
# cmake -DSIZE=llvm-size -DELF=firmware.elf -DBUDGET=65536 -P size_budget.cmake
execute_process(COMMAND ${SIZE} -A ${ELF} OUTPUT_VARIABLE sections COMMAND_ERROR_IS_FATAL ANY)
set(total 0)
foreach(section .text .rodata .data)
  if(sections MATCHES "\n\\${section}[ ]+([0-9]+)")
    math(EXPR total "${total} + ${CMAKE_MATCH_1}")
    string(APPEND detail " ${section} ${CMAKE_MATCH_1}")
  endif()
endforeach()
message(STATUS "firmware size: ${total} of ${BUDGET} bytes (${detail} )")
if(total GREATER BUDGET)
  message(FATAL_ERROR "the firmware is over its size budget")
endif()
