# SPDX-License-Identifier: Apache-2.0

# GoogleTest from the source that Debian's googletest package (which libgtest-dev needs) installs.
set(kn_googletest /usr/src/googletest)
if(NOT TARGET GTest::gtest)
  add_library(kn_gtest STATIC "${kn_googletest}/googletest/src/gtest-all.cc" "${kn_googletest}/googlemock/src/gmock-all.cc")
  target_include_directories(
    kn_gtest SYSTEM PUBLIC "${kn_googletest}/googletest/include" "${kn_googletest}/googlemock/include"
    PRIVATE "${kn_googletest}/googletest" "${kn_googletest}/googlemock")
  add_library(kn_gtest_main STATIC "${kn_googletest}/googletest/src/gtest_main.cc")
  target_link_libraries(kn_gtest_main PUBLIC kn_gtest)
  add_library(GTest::gtest ALIAS kn_gtest)
  add_library(GTest::gmock ALIAS kn_gtest)
  add_library(GTest::gtest_main ALIAS kn_gtest_main)
endif()
set(GTest_FOUND TRUE)
