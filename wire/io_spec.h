// SPDX-License-Identifier: Apache-2.0

// The I/O specification: what a model's inputs and outputs look like, in memory and in three
// encodings: the legacy struct (160 bytes), Kenning's (356 bytes), and our own self-describing one
// for modules that neither can express (other counts, ranks up to 8, a type per tensor).
// Facts: shared spec kenning-contract.md, sections 5.1.2 and 5.2.6. Our own: docs/wire.md.
#ifndef WIRE_IO_SPEC_H_
#define WIRE_IO_SPEC_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/byte_reader.h"
#include "base/status.h"
#include "wire/message.h"

namespace wire {

inline constexpr size_t kMaxTensors = 16;
inline constexpr size_t kMaxRank = 8;
inline constexpr size_t kLegacyIoSpecBytes = 160;
inline constexpr size_t kKenningIoSpecBytes = 356;
// Longest encoding of any kind.
inline constexpr size_t kMaxIoSpecBytes = 1536;

// DLPack's codes, as Kenning's struct has them.
enum class TypeCode : uint8_t {
  kInt = 0,
  kUint = 1,
  kFloat = 2,
  kOpaque = 3,
  kBfloat = 4,
  kComplex = 5,
  kBool = 6,
};

struct ElementType {
  TypeCode code = TypeCode::kInt;
  uint8_t bits = 0;  // none: a type must be given

  [[nodiscard]] constexpr uint32_t bytes() const { return (bits + 7u) / 8u; }
  constexpr bool operator==(const ElementType&) const = default;
};

struct TensorSpec {
  ElementType type;
  // Legacy outputs have no shape, only a number of elements; legacy inputs may come without one.
  bool shape_known = false;
  uint8_t rank = 0;
  std::array<uint32_t, kMaxRank> dims = {};
  uint32_t element_count = 0;

  [[nodiscard]] constexpr uint64_t size_bytes() const {
    return uint64_t{element_count} * type.bytes();
  }
};

// A name of at most kCapacity characters, cut to nothing longer by its only setter.
class Name {
 public:
  static constexpr size_t kCapacity = 63;

  // False, and unchanged, if `text` is too long.
  [[nodiscard]] bool Assign(std::string_view text);
  [[nodiscard]] std::string_view view() const { return {text_.data(), length_}; }

 private:
  uint8_t length_ = 0;
  std::array<char, kCapacity> text_ = {};
};

struct IoSpec {
  uint32_t input_count = 0;
  uint32_t output_count = 0;  // 0 only in our own encoding: unknown
  std::array<TensorSpec, kMaxTensors> inputs;
  std::array<TensorSpec, kMaxTensors> outputs;
  Name entry_function;
  Name model_name;

  // Bytes of a DATA message. Cannot overflow: Decode checked it.
  [[nodiscard]] uint32_t input_bytes() const;
};

// Into a new `spec`, which is of no use after a failure. Known by size and, for our own, by its
// magic. kModelInvalidArgument for anything else: counts or
// ranks out of range, unknown element type, inputs of 4 GiB and more, names that are not printable.
// A legacy shape that contradicts its own number of elements is dropped (shape_known is false): the
// predecessor accepts it, and the module knows its shapes better.
[[nodiscard]] base::Status DecodeIoSpec(Generation generation, base::Bytes payload, IoSpec& spec);

// Bytes written to the start of `out` (kMaxIoSpecBytes are always enough): the generation's own
// struct if it can say everything, else our own encoding. kModelInvalidArgument if `spec` itself is
// out of range.
[[nodiscard]] base::Result<size_t> EncodeIoSpec(Generation generation, const IoSpec& spec,
                                                base::MutableBytes out);

}  // namespace wire

#endif  // WIRE_IO_SPEC_H_
