// SPDX-License-Identifier: Apache-2.0

// Runs a loop in the widest SIMD instructions of this host, chosen at run time.
//
// RunWide(body) calls body() once. On x86-64 the body is compiled three times (baseline, AVX2 with
// FMA, AVX-512) and the best one that the processor has runs; elsewhere it is compiled once. The
// body is a lambda over contiguous typed pointers, simple enough that the compiler vectorises it;
// it captures by value, so that the compiler knows that no store of the loop changes a pointer.
// Everything the body computes is in memory when RunWide returns. Cost: one indirect-free call.
// The environment variable KN_HOST_SIMD (avx512, avx2, baseline) lowers the choice, for tests.
#ifndef SIM_FP_WIDE_LOOP_H_
#define SIM_FP_WIDE_LOOP_H_

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace sim {

enum class HostSimd : uint8_t { kBaseline, kAvx2, kAvx512 };

#if defined(__x86_64__)

inline const HostSimd kHostSimd = [] {
  const char* wanted = std::getenv("KN_HOST_SIMD");
  const std::string_view limit = wanted != nullptr ? wanted : "avx512";
  __builtin_cpu_init();
  if (limit == "baseline") return HostSimd::kBaseline;
  if (limit != "avx2" && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("fma")) {
    return HostSimd::kAvx512;
  }
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? HostSimd::kAvx2
                                                                         : HostSimd::kBaseline;
}();

template <typename Body>
[[gnu::noinline, gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]]
void RunAvx512(const Body& body) {
  const Body local = body;
  [[clang::always_inline]] local();
}

template <typename Body>
[[gnu::noinline, gnu::target("avx2,fma")]] void RunAvx2(const Body& body) {
  const Body local = body;
  [[clang::always_inline]] local();
}

template <typename Body>
[[gnu::noinline]] void RunBaseline(const Body& body) {
  const Body local = body;
  [[clang::always_inline]] local();
}

template <typename Body>
void RunWide(const Body& body) {
  switch (kHostSimd) {
    case HostSimd::kAvx512:
      return RunAvx512(body);
    case HostSimd::kAvx2:
      return RunAvx2(body);
    case HostSimd::kBaseline:
      return RunBaseline(body);
  }
}

#else

inline constexpr HostSimd kHostSimd = HostSimd::kBaseline;

template <typename Body>
[[gnu::noinline]] void RunWide(const Body& body) {
  body();
}

#endif

}  // namespace sim

#endif  // SIM_FP_WIDE_LOOP_H_
