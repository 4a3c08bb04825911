# SPDX-License-Identifier: Apache-2.0

# Prints what the image weighs beside its goal and, given a limit, fails above that.
# cmake -DSIZE=llvm-size -DELF=firmware.elf -DGOAL=65536 [-DLIMIT=…] -P size_budget.cmake
execute_process(COMMAND ${SIZE} -A ${ELF} OUTPUT_VARIABLE sections COMMAND_ERROR_IS_FATAL ANY)
set(total 0)
foreach(section .text .rodata .data)
  if(sections MATCHES "\n\\${section}[ ]+([0-9]+)")
    math(EXPR total "${total} + ${CMAKE_MATCH_1}")
    string(APPEND detail " ${section} ${CMAKE_MATCH_1}")
  endif()
endforeach()
cmake_path(GET ELF FILENAME image)
message(STATUS "${image}: ${total} bytes (${detail} ), goal ${GOAL}")
if(DEFINED LIMIT AND total GREATER LIMIT)
  message(FATAL_ERROR "${image} grew beyond ${LIMIT} bytes (firmware/start/CMakeLists.txt)")
endif()
