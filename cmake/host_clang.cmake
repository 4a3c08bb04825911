# SPDX-License-Identifier: Apache-2.0

# The one compiler of the project (docs/architecture.md, "One compiler"), for the host.
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_LINKER_TYPE LLD)
add_link_options(-fuse-ld=lld-19)
