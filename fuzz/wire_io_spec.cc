// SPDX-License-Identifier: Apache-2.0

// Arbitrary bytes as an I/O specification: what is accepted can be encoded for each generation,
// says the same after it was read again, and is then encoded to the same bytes.
#include <algorithm>
#include <cstdlib>
#include <span>

#include "wire/io_spec.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

bool SameCounts(const wire::TensorSpec& a, const wire::TensorSpec& b) {
  return a.type == b.type && a.element_count == b.element_count;
}

bool SameShape(const wire::TensorSpec& a, const wire::TensorSpec& b) {
  // One element of unknown shape and a scalar look alike in the legacy struct.
  const bool one = a.rank == 0 && a.element_count == 1;
  return SameCounts(a, b) && (a.shape_known == b.shape_known || one) && a.rank == b.rank &&
         std::equal(a.dims.begin(), a.dims.begin() + a.rank, b.dims.begin());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto generation = static_cast<wire::Generation>(data[0] % wire::kGenerationCount);
  wire::IoSpec spec;
  const base::Bytes payload = {data + 1, size - 1};
  if (wire::DecodeIoSpec(generation, payload, spec) != base::Status::kOk) return 0;
  const auto inputs = std::span(spec.inputs).first(spec.input_count);
  const auto outputs = std::span(spec.outputs).first(spec.output_count);
  static uint8_t first[wire::kMaxIoSpecBytes];
  static uint8_t second[wire::kMaxIoSpecBytes];
  for (size_t g = 0; g < wire::kGenerationCount; ++g) {
    const auto other = static_cast<wire::Generation>(g);
    const base::Result<size_t> encoded = wire::EncodeIoSpec(other, spec, first);
    Require(encoded.has_value());
    const base::Bytes bytes(first, *encoded);
    wire::IoSpec again;
    Require(wire::DecodeIoSpec(other, bytes, again) == base::Status::kOk);
    Require(again.input_bytes() == spec.input_bytes());
    Require(again.entry_function.view() == spec.entry_function.view());
    Require(again.model_name.view() == spec.model_name.view());
    Require(
        std::ranges::equal(inputs, std::span(again.inputs).first(again.input_count), SameShape));
    // The legacy struct has no shapes of outputs.
    Require(std::ranges::equal(outputs, std::span(again.outputs).first(again.output_count),
                               other == wire::Generation::kLegacy ? SameCounts : SameShape));
    const base::Result<size_t> length = wire::EncodeIoSpec(other, again, second);
    Require(length.has_value() && std::ranges::equal(bytes, base::Bytes(second, *length)));
  }
  return 0;
}
