# SPDX-License-Identifier: Apache-2.0

# The predecessor's targets by their names: `cmake --build build/host --target clang-tidy`. Each runs what
# `make test` runs, or mends what can be mended.
set(KN_PYTHON "${CMAKE_SOURCE_DIR}/build/venv/bin/python")
foreach(pair "unit-tests=unit" "unit-tests-coverage=coverage" "clang-format=format" "clang-tidy=tidy" "renode-tests=robot")
  string(REPLACE "=" ";" pair "${pair}")
  list(GET pair 0 target)
  list(GET pair 1 suite)
  add_custom_target(
    ${target} COMMAND "${KN_PYTHON}" tests/run_all.py ${suite} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
    USES_TERMINAL VERBATIM)
endforeach()
add_custom_target(
  clang-format-fix COMMAND sh -c "git ls-files -z -- '*.h' '*.cc' | xargs -0 clang-format-19 -i"
  WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}" VERBATIM)
add_custom_target(
  clang-tidy-fix COMMAND sh -c "git ls-files -z -- '*.cc' | xargs -0 clang-tidy-19 -p build/host --quiet --fix"
  WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}" VERBATIM)
