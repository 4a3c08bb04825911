# SPDX-License-Identifier: Apache-2.0

# How every target of the project is made. A library exports one include folder that holds only
# itself: ${build}/include/<target>/<folder> is a link to the sources, so `#include "sim/isa/x.h"`
# compiles only where the target `sim_isa` is linked. Wrong arrows do not build.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 17)

find_program(KN_CCACHE ccache)
if(KN_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${KN_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${KN_CCACHE}")
endif()

# No program names the folder it was built in (std::source_location has the file's path).
add_compile_options("-fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=")

add_library(kn_flags INTERFACE)
target_compile_options(
  kn_flags INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Werror
                     -Wno-gnu-statement-expression-from-macro-expansion -fno-strict-aliasing)
if(KN_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(KN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(KN_COVERAGE)
  add_link_options(-fprofile-instr-generate)
endif()

if(KN_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

# With KN_PRECOMPILE headers that most sources include are parsed once, not in each. Only where other
# builds (fuzz, portable, the firmware's) hold the sources to what they include themselves.
if(KN_PRECOMPILE)
  set(KN_COMMON_HEADERS
      <algorithm> <array> <chrono> <cstdint> <cstring> <expected> <filesystem> <fstream> <functional> <map> <memory>
      <optional> <ranges> <set> <span> <sstream> <string> <string_view> <tuple> <unordered_map> <utility> <variant> <vector>)
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/precompiled.cc" CONTENT "")
  add_library(kn_common_headers OBJECT "${CMAKE_BINARY_DIR}/precompiled.cc")
  target_link_libraries(kn_common_headers PRIVATE kn_flags)
  target_precompile_headers(kn_common_headers PRIVATE ${KN_COMMON_HEADERS})
  add_library(kn_test_headers OBJECT "${CMAKE_BINARY_DIR}/precompiled.cc")
  target_link_libraries(kn_test_headers PRIVATE kn_flags GTest::gtest GTest::gmock)
  # The tests' own code is run once: optimising it takes longer than running it.
  set(KN_TEST_OPTIONS -O0)
  target_compile_options(kn_test_headers PRIVATE ${KN_TEST_OPTIONS})
  target_precompile_headers(kn_test_headers PRIVATE ${KN_COMMON_HEADERS} <gmock/gmock.h> <gtest/gtest.h>)
endif()
function(kn_precompiled target headers)
  if(KN_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${headers})
  endif()
endfunction()

# What tests/coverage/run_coverage.py judges is instrumented, the rest of the sanitized build is not.
function(kn_count_coverage target)
  file(RELATIVE_PATH folder "${CMAKE_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  if(KN_COVERAGE AND folder MATCHES "^(wire|runtime|firmware)(/|$)")
    # The folder is named, lest a compiler cache gives an object that names another one.
    target_compile_options(
      ${target} PRIVATE -fprofile-instr-generate -fcoverage-mapping "-fcoverage-compilation-dir=${CMAKE_BINARY_DIR}")
  endif()
endfunction()

# With KN_UNITY the sources of a library are compiled in groups, for the same reason.
function(kn_unity target apart)
  if(KN_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)
    set_source_files_properties(${apart} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()

# kn_library(<target> SOURCES a.cc … [APART b.cc …] [DEPS other …] [PRIVATE_DEPS …])
# APART are sources that have a name for themselves which others of the target have, too.
# The folder of the calling CMakeLists.txt, relative to the project, is the include prefix.
function(kn_library target)
  cmake_parse_arguments(arg "" "" "SOURCES;APART;DEPS;PRIVATE_DEPS" ${ARGN})
  file(RELATIVE_PATH folder "${CMAKE_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  set(include_dir "${CMAKE_BINARY_DIR}/include/${target}")
  get_filename_component(parent "${include_dir}/${folder}" DIRECTORY)
  file(MAKE_DIRECTORY "${parent}")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${include_dir}/${folder}" SYMBOLIC)
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES} ${arg_APART})
    target_include_directories(${target} PUBLIC "${include_dir}")
    target_link_libraries(${target} PUBLIC ${arg_DEPS} PRIVATE kn_flags ${arg_PRIVATE_DEPS})
    kn_unity(${target} "${arg_APART}")
    kn_precompiled(${target} kn_common_headers)
    kn_count_coverage(${target})
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE "${include_dir}")
    target_link_libraries(${target} INTERFACE ${arg_DEPS})
  endif()
endfunction()

# kn_program(<target> SOURCES … DEPS …): a program in KN_PROGRAM_DIR. Its sources know KN_VERSION.
function(kn_program target)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE kn_flags ${arg_DEPS})
  target_compile_definitions(${target} PRIVATE KN_VERSION="${PROJECT_VERSION}")
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${KN_PROGRAM_DIR}")
endfunction()

# kn_test(<name> SOURCES a_test.cc … DEPS …): GoogleTest binary, one ctest per binary (its own
# totals are printed by gtest); built only with KN_TESTS. Runs with the project root as directory.
function(kn_test name)
  if(NOT KN_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE kn_flags ${arg_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  kn_precompiled(${name} kn_test_headers)
  target_compile_options(${name} PRIVATE ${KN_TEST_OPTIONS})
  kn_count_coverage(${name})
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "LLVM_PROFILE_FILE=${CMAKE_BINARY_DIR}/profile/${name}.profraw")
endfunction()

# kn_fuzz(<name> SOURCES … DEPS …): libFuzzer target; seeds lie in fuzz/corpus/<name>/.
function(kn_fuzz name)
  if(NOT KN_FUZZ)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE kn_flags ${arg_DEPS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  # Comparisons of the harness itself teach the fuzzer nothing, and watching them costs time.
  target_compile_options(${name} PRIVATE -fno-sanitize-coverage=trace-cmp)
endfunction()
