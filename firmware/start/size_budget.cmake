# Prints what the image weighs and, given a budget, fails if code and constants exceed it.
# cmake -DSIZE=llvm-size -DELF=firmware.elf [-DBUDGET=65536] -P size_budget.cmake
execute_process(COMMAND ${SIZE} -A ${ELF} OUTPUT_VARIABLE sections COMMAND_ERROR_IS_FATAL ANY)
set(total 0)
foreach(section .text .rodata .data)
  if(sections MATCHES "\n\\${section}[ ]+([0-9]+)")
    math(EXPR total "${total} + ${CMAKE_MATCH_1}")
    string(APPEND detail " ${section} ${CMAKE_MATCH_1}")
  endif()
endforeach()
message(STATUS "firmware size: ${total} bytes (${detail} )")
if(DEFINED BUDGET AND total GREATER BUDGET)
  message(FATAL_ERROR "the firmware is over its budget of ${BUDGET} bytes")
endif()
