// SPDX-License-Identifier: Apache-2.0
// The speed of a model on this machine itself: the module compiled for x86-64, by our runtime,
// without any simulator. It is the limit that simulation can come near to. Prints one JSON object.
//
//   native_bench MODEL INPUT IN_TENSOR OUT_TENSOR   INPUT holds raw tensor bytes, a tensor is
//                                                   written like 1x128x3x1xf32
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "bench/process_device.h"
#include "bench/session.h"
#include "runtime/runtime.h"

namespace bench {
namespace {

constexpr int kRuns = 200;
constexpr size_t kArenaBytes = size_t{16} << 20;
constexpr std::align_val_t kPage{4096};

struct Free {
  void operator()(uint8_t* bytes) const { operator delete[](bytes, kPage); }
};
using Pages = std::unique_ptr<uint8_t[], Free>;

Pages MakePages(size_t size_bytes) {
  return Pages(static_cast<uint8_t*>(operator new[](size_bytes, kPage)));
}

Result<runtime::Value> ArgumentOf(const wire::TensorSpec& spec, Bytes& input) {
  runtime::Value value = {};
  value.kind = runtime::ValueKind::kTensor;
  value.tensor.type = spec.type.code == wire::TypeCode::kFloat ? runtime::kFloat32 : runtime::kInt8;
  value.tensor.rank = spec.rank;
  std::copy_n(spec.dims.begin(), spec.rank, value.tensor.dims.begin());
  value.tensor.data = input.data();
  value.tensor.size_bytes = input.size();
  return value;
}

Result<double> ShortestInference(const Bytes& model, const runtime::Value& argument) {
  const Pages file = MakePages(model.size());
  std::ranges::copy(model, file.get());
  const Pages arena = MakePages(kArenaBytes);
  runtime::Runtime runtime;
  const auto failed = [&runtime] { return std::unexpected(std::string(runtime.failure().text())); };
  if (runtime.Load({file.get(), model.size()}, {arena.get(), kArenaBytes}) != base::Status::kOk) {
    return failed();
  }
  const auto function = runtime.Find("main");
  if (!function) return failed();
  double shortest = 1e9;
  for (int run = 0; run < kRuns; ++run) {
    const double start = ThreadSeconds();
    if (runtime.Invoke(*function, {&argument, 1}) != base::Status::kOk) return failed();
    shortest = std::min(shortest, ThreadSeconds() - start);
    runtime.ReleaseResults();
  }
  return shortest;
}

Result<double> Measure(char** arguments) {
  const auto model = ReadFile(arguments[0]);
  if (!model) return std::unexpected(model.error());
  auto input = ReadFile(arguments[1]);
  if (!input) return std::unexpected(input.error());
  const auto spec = MakeIoSpec(arguments[2], arguments[3]);
  if (!spec) return std::unexpected(spec.error());
  const auto argument = ArgumentOf(spec->inputs[0], *input);
  if (!argument) return std::unexpected(argument.error());
  return ShortestInference(*model, *argument);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: native_bench MODEL INPUT IN_TENSOR OUT_TENSOR\n");
    return 2;
  }
  const auto seconds = bench::Measure(argv + 1);
  if (!seconds) {
    fmt::print(stderr, "native_bench: {}\n", seconds.error());
    return 1;
  }
  fmt::print("{{\"seconds\": {:.9f}}}\n", *seconds);
  return 0;
}
