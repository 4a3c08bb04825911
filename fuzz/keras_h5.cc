// SPDX-License-Identifier: Apache-2.0

// Whole Keras HDF5 files. The HDF5 library runs in a child process (host/model/keras_file.h), so a
// fault of it must come back as an Error; what is accepted has as many values as its shapes say.
// Each run forks: the file lies in memory, the library is made ready once, and the child hands its
// coverage counters over.
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "host/model/keras_file.h"
#include "host/model/keras_hdf5.h"

// One byte for each edge of the program, named by the linker.
extern "C" uint8_t __start___sancov_cntrs[];
extern "C" uint8_t __stop___sancov_cntrs[];

namespace {

uint8_t* childs_counters = nullptr;  // shared with the child

std::span<uint8_t> Counters() { return {__start___sancov_cntrs, __stop___sancov_cntrs}; }

void Require(bool condition) {
  if (!condition) std::abort();
}

void AddChildsCounters() {
  const std::span<uint8_t> own = Counters();
  for (size_t i = 0; i < own.size(); ++i) {
    own[i] = static_cast<uint8_t>(std::min(own[i] + childs_counters[i], 255));
    childs_counters[i] = 0;
  }
}

}  // namespace

// How the child ends, unless it crashes.
extern "C" void _exit(int status) {
  if (childs_counters != nullptr) std::ranges::copy(Counters(), childs_counters);
  syscall(SYS_exit_group, status);
  __builtin_unreachable();
}

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  void* const shared =
      mmap(nullptr, Counters().size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  Require(shared != MAP_FAILED);
  childs_counters = static_cast<uint8_t*>(shared);
  Require(!host::ReadKerasHdf5("/dev/null"));
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const int file = memfd_create("keras_h5", 0);
  static const std::filesystem::path path = "/proc/self/fd/" + std::to_string(file);
  Require(ftruncate(file, static_cast<off_t>(size)) == 0);
  Require(pwrite(file, data, size, 0) == static_cast<ssize_t>(size));
  const auto content = host::ReadKerasFile(path, std::chrono::seconds(5));
  AddChildsCounters();
  if (!content) {
    Require(content.error().kind == host::ErrorKind::kInput);
    return 0;
  }
  for (const host::KerasLayerWeights& layer : content->layers) {
    for (const host::KerasWeight& weight : layer.weights) {
      Require(weight.values.size() == std::accumulate(weight.shape.begin(), weight.shape.end(),
                                                      uint64_t{1}, std::multiplies<>()));
    }
  }
  return 0;
}
