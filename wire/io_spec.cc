// SPDX-License-Identifier: Apache-2.0

#include "wire/io_spec.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "base/try.h"

namespace wire {
namespace {

constexpr base::Status kBad = base::Status::kModelInvalidArgument;

// What a struct of fixed size can hold; offsets in bytes from its start.
constexpr uint32_t kStructInputs = 2;
constexpr uint32_t kStructOutputs = 12;
constexpr uint32_t kStructNameBytes = 20;
constexpr uint32_t kLegacyRank = 4;

namespace legacy_offset {
constexpr size_t kInputCount = 0, kInputRank = 4, kInputShape = 12, kInputLength = 44,
                 kInputElementBytes = 52, kOutputCount = 60, kOutputLength = 64,
                 kOutputElementBytes = 112, kDtype = 116, kEntry = 120, kModel = 140;
}  // namespace legacy_offset

namespace kenning_offset {
constexpr size_t kInputCount = 0, kInputRank = 4, kInputShape = 12, kInputType = 44,
                 kOutputCount = 48, kOutputRank = 52, kOutputShape = 100, kOutputType = 292,
                 kEntry = 316, kModel = 336;
constexpr uint32_t kInputShapeWords = 8, kOutputShapeWords = 48;
}  // namespace kenning_offset

// Our own encoding: this header, the two names, then per tensor {code, bits, rank, 0} and its
// dimensions, or its element count where the shape is unknown (rank kUnknownRank).
namespace own_offset {
constexpr size_t kMagic = 0, kVersion = 4, kInputCount = 5, kOutputCount = 6, kEntryLength = 7,
                 kModelLength = 8, kNames = 12;
}  // namespace own_offset
constexpr uint32_t kOwnMagic = 0x4F494E4B;  // "KNIO"
constexpr uint8_t kOwnVersion = 1;
constexpr uint8_t kUnknownRank = 0xFF;

struct LegacyType {
  char text[4];
  ElementType type;
};

constexpr auto kLegacyTypes = std::to_array<LegacyType>({
    {{'i', '8', 0, 0}, {TypeCode::kInt, 8}},
    {{'u', '8', 0, 0}, {TypeCode::kUint, 8}},
    {{'i', '1', '6', 0}, {TypeCode::kInt, 16}},
    {{'u', '1', '6', 0}, {TypeCode::kUint, 16}},
    {{'i', '3', '2', 0}, {TypeCode::kInt, 32}},
    {{'u', '3', '2', 0}, {TypeCode::kUint, 32}},
    {{'i', '6', '4', 0}, {TypeCode::kInt, 64}},
    {{'u', '6', '4', 0}, {TypeCode::kUint, 64}},
    {{'f', '1', '6', 0}, {TypeCode::kFloat, 16}},
    {{'f', '3', '2', 0}, {TypeCode::kFloat, 32}},
    {{'f', '6', '4', 0}, {TypeCode::kFloat, 64}},
});

base::Result<> CheckType(ElementType type) {
  const bool known_code = type.code <= TypeCode::kBool;
  const bool known_bits = type.bits == 1 || (type.bits > 0 && type.bits % 8 == 0);
  if (!known_code || !known_bits || (type.bits == 1 && type.code != TypeCode::kBool)) {
    return std::unexpected(kBad);
  }
  return {};
}

// Elements of a shape; an error if they do not fit 32 bits.
base::Result<uint32_t> CountElements(const TensorSpec& tensor) {
  uint64_t count = 1;
  for (uint32_t i = 0; i < tensor.rank; ++i) {
    count *= tensor.dims[i];
    if (count > std::numeric_limits<uint32_t>::max()) return std::unexpected(kBad);
  }
  return static_cast<uint32_t>(count);
}

base::Result<Name> ReadName(base::Bytes field) {
  const auto end = std::find(field.begin(), field.end(), uint8_t{0});
  const std::string_view text(reinterpret_cast<const char*>(field.data()),
                              static_cast<size_t>(end - field.begin()));
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  Name name;
  if (!printable || !name.Assign(text)) return std::unexpected(kBad);
  return name;
}

void WriteName(std::string_view text, uint8_t* field) {
  std::copy(text.begin(), text.end(), field);
}

// The sum that input_bytes() returns must fit.
base::Result<> CheckTotals(const IoSpec& spec) {
  uint64_t total = 0;
  for (uint32_t i = 0; i < spec.input_count; ++i) total += spec.inputs[i].size_bytes();
  if (total > std::numeric_limits<uint32_t>::max()) return std::unexpected(kBad);
  return {};
}

uint32_t Word(base::Bytes bytes, size_t offset) {
  return base::LoadLe<uint32_t>(bytes.data() + offset);
}

// The legacy struct has one element type for all and a size for each tensor: where they disagree
// only the size is meant.
base::Result<ElementType> LegacyTypeOfSize(ElementType common, uint32_t size_bytes) {
  if (size_bytes == common.bytes()) return common;
  constexpr uint32_t kMaxElementBytes = 16;
  if (size_bytes == 0 || size_bytes > kMaxElementBytes) return std::unexpected(kBad);
  return ElementType{TypeCode::kOpaque, static_cast<uint8_t>(size_bytes * 8)};
}

base::Result<> DecodeLegacy(base::Bytes bytes, IoSpec& spec) {
  namespace at = legacy_offset;
  spec.input_count = Word(bytes, at::kInputCount);
  spec.output_count = Word(bytes, at::kOutputCount);
  if (spec.input_count < 1 || spec.input_count > kStructInputs || spec.output_count < 1 ||
      spec.output_count > kStructOutputs) {
    return std::unexpected(kBad);
  }
  const auto row = std::find_if(kLegacyTypes.begin(), kLegacyTypes.end(), [&](const LegacyType& r) {
    return std::memcmp(r.text, bytes.data() + at::kDtype, sizeof(r.text)) == 0;
  });
  if (row == kLegacyTypes.end()) return std::unexpected(kBad);
  for (uint32_t i = 0; i < spec.input_count; ++i) {
    TensorSpec& input = spec.inputs[i];
    input.rank = Word(bytes, at::kInputRank + 4 * i);
    if (input.rank > kLegacyRank) return std::unexpected(kBad);
    for (uint32_t d = 0; d < input.rank; ++d) {
      input.dims[d] = Word(bytes, at::kInputShape + 4 * (kLegacyRank * i + d));
    }
    input.element_count = Word(bytes, at::kInputLength + 4 * i);
    input.type = TRY(LegacyTypeOfSize(row->type, Word(bytes, at::kInputElementBytes + 4 * i)));
    const base::Result<uint32_t> counted = CountElements(input);
    input.shape_known = counted && *counted == input.element_count;
    if (!input.shape_known) input.rank = 0;
  }
  const uint32_t output_element_bytes = Word(bytes, at::kOutputElementBytes);
  for (uint32_t i = 0; i < spec.output_count; ++i) {
    spec.outputs[i].element_count = Word(bytes, at::kOutputLength + 4 * i);
    // The predecessor never looks at this field, so a strange value must not stop a session.
    spec.outputs[i].type = LegacyTypeOfSize(row->type, output_element_bytes).value_or(row->type);
  }
  spec.entry_function = TRY(ReadName(bytes.subspan(at::kEntry, kStructNameBytes)));
  spec.model_name = TRY(ReadName(bytes.subspan(at::kModel, kStructNameBytes)));
  return {};
}

// One side of Kenning's struct: ranks, all shapes one behind the other, types.
base::Result<> DecodeKenningTensors(base::Bytes bytes, std::span<TensorSpec> tensors,
                                    size_t rank_at, size_t shape_at, uint32_t shape_words,
                                    size_t type_at) {
  uint32_t used = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    TensorSpec& tensor = tensors[i];
    tensor.rank = Word(bytes, rank_at + 4 * i);
    if (tensor.rank > kMaxRank || tensor.rank > shape_words - used) return std::unexpected(kBad);
    for (uint32_t d = 0; d < tensor.rank; ++d) {
      tensor.dims[d] = Word(bytes, shape_at + 4 * (used + d));
    }
    used += tensor.rank;
    tensor.type = {static_cast<TypeCode>(bytes[type_at + 2 * i]), bytes[type_at + 2 * i + 1]};
    TRY(CheckType(tensor.type));
    tensor.element_count = TRY(CountElements(tensor));
    tensor.shape_known = true;
  }
  return {};
}

base::Result<> DecodeKenning(base::Bytes bytes, IoSpec& spec) {
  namespace at = kenning_offset;
  spec.input_count = Word(bytes, at::kInputCount);
  spec.output_count = Word(bytes, at::kOutputCount);
  if (spec.input_count < 1 || spec.input_count > kStructInputs || spec.output_count < 1 ||
      spec.output_count > kStructOutputs) {
    return std::unexpected(kBad);
  }
  TRY(DecodeKenningTensors(bytes, std::span(spec.inputs).first(spec.input_count), at::kInputRank,
                           at::kInputShape, at::kInputShapeWords, at::kInputType));
  TRY(DecodeKenningTensors(bytes, std::span(spec.outputs).first(spec.output_count), at::kOutputRank,
                           at::kOutputShape, at::kOutputShapeWords, at::kOutputType));
  spec.entry_function = TRY(ReadName(bytes.subspan(at::kEntry, kStructNameBytes)));
  spec.model_name = TRY(ReadName(bytes.subspan(at::kModel, kStructNameBytes)));
  return {};
}

base::Result<TensorSpec> DecodeOwnTensor(base::ByteReader& reader) {
  TensorSpec tensor;
  tensor.type.code = static_cast<TypeCode>(TRY(reader.Read<uint8_t>()));
  tensor.type.bits = TRY(reader.Read<uint8_t>());
  const uint8_t rank = TRY(reader.Read<uint8_t>());
  const uint8_t reserved = TRY(reader.Read<uint8_t>());
  TRY(CheckType(tensor.type));
  if (reserved != 0) return std::unexpected(kBad);
  if (rank == kUnknownRank) {
    tensor.element_count = TRY(reader.Read<uint32_t>());
    return tensor;
  }
  if (rank > kMaxRank) return std::unexpected(kBad);
  tensor.rank = rank;
  tensor.shape_known = true;
  for (uint32_t d = 0; d < rank; ++d) tensor.dims[d] = TRY(reader.Read<uint32_t>());
  tensor.element_count = TRY(CountElements(tensor));
  return tensor;
}

base::Result<> DecodeOwn(base::Bytes bytes, IoSpec& spec) {
  namespace at = own_offset;
  if (bytes.size() < at::kNames || Word(bytes, at::kMagic) != kOwnMagic ||
      bytes[at::kVersion] != kOwnVersion) {
    return std::unexpected(kBad);
  }
  spec.input_count = bytes[at::kInputCount];
  spec.output_count = bytes[at::kOutputCount];
  if (spec.input_count > kMaxTensors || spec.output_count > kMaxTensors) {
    return std::unexpected(kBad);
  }
  base::ByteReader reader(bytes, at::kNames);
  const base::Bytes entry = TRY(reader.ReadBytes(bytes[at::kEntryLength]));
  const base::Bytes model = TRY(reader.ReadBytes(bytes[at::kModelLength]));
  spec.entry_function = TRY(ReadName(entry));
  spec.model_name = TRY(ReadName(model));
  for (uint32_t i = 0; i < spec.input_count; ++i) spec.inputs[i] = TRY(DecodeOwnTensor(reader));
  for (uint32_t i = 0; i < spec.output_count; ++i) spec.outputs[i] = TRY(DecodeOwnTensor(reader));
  // One byte of padding keeps the size apart from the other two encodings.
  if (reader.remaining() > 1) return std::unexpected(kBad);
  return {};
}

bool FitsStruct(const IoSpec& spec) {
  return spec.input_count >= 1 && spec.input_count <= kStructInputs && spec.output_count >= 1 &&
         spec.output_count <= kStructOutputs &&
         spec.entry_function.view().size() <= kStructNameBytes &&
         spec.model_name.view().size() <= kStructNameBytes;
}

std::span<const TensorSpec> Inputs(const IoSpec& spec) {
  return std::span(spec.inputs).first(spec.input_count);
}
std::span<const TensorSpec> Outputs(const IoSpec& spec) {
  return std::span(spec.outputs).first(spec.output_count);
}

// Nothing if the legacy struct cannot say all of `spec`: it has one type, and ranks up to 4.
std::optional<LegacyType> LegacyTypeFor(const IoSpec& spec) {
  if (!FitsStruct(spec)) return std::nullopt;
  const ElementType common = spec.inputs[0].type;
  const auto fits = [&](const TensorSpec& tensor) {
    return tensor.type == common && tensor.rank <= kLegacyRank;
  };
  if (!std::ranges::all_of(Inputs(spec), fits)) return std::nullopt;
  if (!std::ranges::all_of(Outputs(spec), [&](const TensorSpec& t) { return t.type == common; })) {
    return std::nullopt;
  }
  const auto row =
      std::ranges::find_if(kLegacyTypes, [&](const LegacyType& r) { return r.type == common; });
  if (row == kLegacyTypes.end()) return std::nullopt;
  return *row;
}

bool FitsKenning(const IoSpec& spec) {
  if (!FitsStruct(spec)) return false;
  const auto words = [](std::span<const TensorSpec> tensors) {
    uint32_t sum = 0;
    for (const TensorSpec& tensor : tensors) sum += tensor.rank;
    return sum;
  };
  const auto shaped = [](const TensorSpec& tensor) { return tensor.shape_known; };
  return std::ranges::all_of(Inputs(spec), shaped) && std::ranges::all_of(Outputs(spec), shaped) &&
         words(Inputs(spec)) <= kenning_offset::kInputShapeWords &&
         words(Outputs(spec)) <= kenning_offset::kOutputShapeWords;
}

void PutWord(base::MutableBytes out, size_t offset, uint32_t value) {
  base::StoreLe(out.data() + offset, value);
}

size_t EncodeLegacy(const IoSpec& spec, const LegacyType& type, base::MutableBytes out) {
  namespace at = legacy_offset;
  std::fill_n(out.begin(), kLegacyIoSpecBytes, uint8_t{0});
  PutWord(out, at::kInputCount, spec.input_count);
  for (uint32_t i = 0; i < spec.input_count; ++i) {
    const TensorSpec& input = spec.inputs[i];
    PutWord(out, at::kInputRank + 4 * i, input.rank);
    for (uint32_t d = 0; d < input.rank; ++d) {
      PutWord(out, at::kInputShape + 4 * (kLegacyRank * i + d), input.dims[d]);
    }
    PutWord(out, at::kInputLength + 4 * i, input.element_count);
    PutWord(out, at::kInputElementBytes + 4 * i, input.type.bytes());
  }
  PutWord(out, at::kOutputCount, spec.output_count);
  for (uint32_t i = 0; i < spec.output_count; ++i) {
    PutWord(out, at::kOutputLength + 4 * i, spec.outputs[i].element_count);
  }
  PutWord(out, at::kOutputElementBytes, type.type.bytes());
  std::memcpy(out.data() + at::kDtype, type.text, sizeof(type.text));
  WriteName(spec.entry_function.view(), out.data() + at::kEntry);
  WriteName(spec.model_name.view(), out.data() + at::kModel);
  return kLegacyIoSpecBytes;
}

void EncodeKenningTensors(std::span<const TensorSpec> tensors, base::MutableBytes out,
                          size_t rank_at, size_t shape_at, size_t type_at) {
  uint32_t used = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorSpec& tensor = tensors[i];
    PutWord(out, rank_at + 4 * i, tensor.rank);
    for (uint32_t d = 0; d < tensor.rank; ++d) PutWord(out, shape_at + 4 * used++, tensor.dims[d]);
    out[type_at + 2 * i] = static_cast<uint8_t>(tensor.type.code);
    out[type_at + 2 * i + 1] = tensor.type.bits;
  }
}

size_t EncodeKenning(const IoSpec& spec, base::MutableBytes out) {
  namespace at = kenning_offset;
  std::fill_n(out.begin(), kKenningIoSpecBytes, uint8_t{0});
  PutWord(out, at::kInputCount, spec.input_count);
  EncodeKenningTensors(Inputs(spec), out, at::kInputRank, at::kInputShape, at::kInputType);
  PutWord(out, at::kOutputCount, spec.output_count);
  EncodeKenningTensors(Outputs(spec), out, at::kOutputRank, at::kOutputShape, at::kOutputType);
  WriteName(spec.entry_function.view(), out.data() + at::kEntry);
  WriteName(spec.model_name.view(), out.data() + at::kModel);
  return kKenningIoSpecBytes;
}

size_t EncodeOwn(const IoSpec& spec, base::MutableBytes out) {
  namespace at = own_offset;
  const std::string_view entry = spec.entry_function.view();
  const std::string_view model = spec.model_name.view();
  std::fill_n(out.begin(), at::kNames, uint8_t{0});
  PutWord(out, at::kMagic, kOwnMagic);
  out[at::kVersion] = kOwnVersion;
  out[at::kInputCount] = static_cast<uint8_t>(spec.input_count);
  out[at::kOutputCount] = static_cast<uint8_t>(spec.output_count);
  out[at::kEntryLength] = static_cast<uint8_t>(entry.size());
  out[at::kModelLength] = static_cast<uint8_t>(model.size());
  size_t size = at::kNames;
  WriteName(entry, out.data() + size);
  size += entry.size();
  WriteName(model, out.data() + size);
  size += model.size();
  for (const std::span<const TensorSpec> side : {Inputs(spec), Outputs(spec)}) {
    for (const TensorSpec& tensor : side) {
      out[size++] = static_cast<uint8_t>(tensor.type.code);
      out[size++] = tensor.type.bits;
      out[size++] = tensor.shape_known ? static_cast<uint8_t>(tensor.rank) : kUnknownRank;
      out[size++] = 0;
      const uint32_t words = tensor.shape_known ? tensor.rank : 1;
      for (uint32_t w = 0; w < words; ++w, size += 4) {
        PutWord(out, size, tensor.shape_known ? tensor.dims[w] : tensor.element_count);
      }
    }
  }
  if (size == kLegacyIoSpecBytes || size == kKenningIoSpecBytes) out[size++] = 0;
  return size;
}

}  // namespace

bool Name::Assign(std::string_view text) {
  if (text.size() > kCapacity) return false;
  std::copy(text.begin(), text.end(), text_.begin());
  length_ = static_cast<uint8_t>(text.size());
  return true;
}

uint32_t IoSpec::input_bytes() const {
  uint64_t total = 0;
  for (uint32_t i = 0; i < input_count; ++i) total += inputs[i].size_bytes();
  return static_cast<uint32_t>(total);
}

base::Result<IoSpec> DecodeIoSpec(Generation generation, base::Bytes payload) {
  const bool legacy = generation == Generation::kLegacy;
  base::Result<IoSpec> spec(std::in_place);
  base::Result<> decoded;
  if (payload.size() != (legacy ? kLegacyIoSpecBytes : kKenningIoSpecBytes)) {
    decoded = DecodeOwn(payload, *spec);
  } else {
    decoded = legacy ? DecodeLegacy(payload, *spec) : DecodeKenning(payload, *spec);
  }
  // A read past the end is a bad specification, too.
  if (!decoded || !CheckTotals(*spec)) spec = std::unexpected(kBad);
  return spec;
}

base::Result<size_t> EncodeIoSpec(Generation generation, const IoSpec& spec,
                                  base::MutableBytes out) {
  if (spec.input_count > kMaxTensors || spec.output_count > kMaxTensors ||
      out.size() < kMaxIoSpecBytes) {
    return std::unexpected(kBad);
  }
  for (const std::span<const TensorSpec> side : {Inputs(spec), Outputs(spec)}) {
    for (const TensorSpec& tensor : side) {
      if (tensor.rank > kMaxRank || !CheckType(tensor.type)) return std::unexpected(kBad);
    }
  }
  if (generation == Generation::kLegacy) {
    if (const auto type = LegacyTypeFor(spec)) return EncodeLegacy(spec, *type, out);
  } else if (FitsKenning(spec)) {
    return EncodeKenning(spec, out);
  }
  return EncodeOwn(spec, out);
}

}  // namespace wire
