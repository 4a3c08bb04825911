// SPDX-License-Identifier: Apache-2.0

// Hostile programs, interpreted and translated in lock-step: any difference is a crash. The first
// byte chooses the core and the policies; the others make the program (sim/translate/lockstep.h).
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "sim/translate/lockstep.h"

namespace {

using sim::translate::Lockstep;
using sim::translate::LockstepOptions;

LockstepOptions OptionsOf(size_t choice) {
  constexpr uint32_t kVlen[] = {512, 512, 512, 512, 128, 256, 1024, 512};
  LockstepOptions options{.max_instructions = 1500};
  options.core.vlen_bits = kVlen[choice % 8];
  if (choice % 8 == 7) options.core.vector = sim::VectorUnit::kZve32x;
  if ((choice & 2) != 0) options.misaligned = sim::MisalignedPolicy::kAllow;
  if ((choice & 1) != 0) options.unmapped = sim::UnmappedPolicy::kFault;
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kKinds = 8;
  static std::unique_ptr<Lockstep> pairs[kKinds];
  if (size < 2) return 0;
  const size_t kind = data[0] % kKinds;
  if (pairs[kind] == nullptr) pairs[kind] = std::make_unique<Lockstep>(OptionsOf(kind));
  static uint64_t runs = 0;
  if (++runs % 10'000 == 0) {
    uint64_t blocks = 0;
    for (const auto& pair : pairs) blocks += pair != nullptr ? pair->blocks_run() : 0;
    std::fprintf(stderr, "blocks run: %llu\n", static_cast<unsigned long long>(blocks));
  }
  const std::string difference = pairs[kind]->Run({data + 1, size - 1});
  if (!difference.empty()) {
    std::fputs(difference.c_str(), stderr);
    std::abort();
  }
  return 0;
}
