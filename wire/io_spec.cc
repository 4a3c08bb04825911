// SPDX-License-Identifier: Apache-2.0

#include "wire/io_spec.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>

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
constexpr size_t kInputs = 0, kOutputs = 48, kEntry = 316, kModel = 336;
}  // namespace kenning_offset

// One side of Kenning's struct: the count, a rank for each of at most `max_count` tensors, their
// dimensions one behind the other, a type for each. Offsets in bytes from its start.
struct KenningSide {
  uint32_t max_count;

  static constexpr size_t kRankAt = 4;
  [[nodiscard]] constexpr uint32_t shape_words() const { return 4 * max_count; }
  [[nodiscard]] constexpr size_t shape_at() const { return kRankAt + 4 * max_count; }
  [[nodiscard]] constexpr size_t type_at() const { return shape_at() + 4 * shape_words(); }
};
constexpr KenningSide kKenningInputs = {kStructInputs}, kKenningOutputs = {kStructOutputs};
static_assert(legacy_offset::kEntry + kStructNameBytes == legacy_offset::kModel);
static_assert(kenning_offset::kEntry + kStructNameBytes == kenning_offset::kModel);
static_assert(kenning_offset::kInputs + kKenningInputs.type_at() + 2 * kStructInputs ==
              kenning_offset::kOutputs);
static_assert(kenning_offset::kOutputs + kKenningOutputs.type_at() + 2 * kStructOutputs ==
              kenning_offset::kEntry);

// Our own encoding: this header, the two names, then per tensor {code, bits, rank, 0} and its
// dimensions, or its element count where the shape is unknown (rank kUnknownRank).
namespace own_offset {
constexpr size_t kMagic = 0, kVersion = 4, kInputCount = 5, kOutputCount = 6, kEntryLength = 7,
                 kModelLength = 8, kNames = 12;
}  // namespace own_offset
constexpr uint32_t kOwnMagic = 0x4F494E4B;  // "KNIO"
constexpr uint8_t kOwnVersion = 1;
constexpr uint8_t kUnknownRank = 0xFF;

// The text of a legacy type as the word it is in the struct.
consteval uint32_t Word(std::string_view text) {
  uint32_t word = 0;
  for (size_t i = 0; i < text.size(); ++i) word |= uint32_t{static_cast<uint8_t>(text[i])} << 8 * i;
  return word;
}

struct LegacyType {
  uint32_t text;
  ElementType type;
};

constexpr auto kLegacyTypes = std::to_array<LegacyType>({
    {Word("i8"), {TypeCode::kInt, 8}},
    {Word("u8"), {TypeCode::kUint, 8}},
    {Word("i16"), {TypeCode::kInt, 16}},
    {Word("u16"), {TypeCode::kUint, 16}},
    {Word("i32"), {TypeCode::kInt, 32}},
    {Word("u32"), {TypeCode::kUint, 32}},
    {Word("i64"), {TypeCode::kInt, 64}},
    {Word("u64"), {TypeCode::kUint, 64}},
    {Word("f16"), {TypeCode::kFloat, 16}},
    {Word("f32"), {TypeCode::kFloat, 32}},
    {Word("f64"), {TypeCode::kFloat, 64}},
});

std::span<const TensorSpec> Inputs(const IoSpec& spec) {
  return std::span(spec.inputs).first(spec.input_count);
}
std::span<const TensorSpec> Outputs(const IoSpec& spec) {
  return std::span(spec.outputs).first(spec.output_count);
}

bool IsType(const ElementType& type) {
  const bool known_bits =
      type.bits == 1 ? type.code == TypeCode::kBool : type.bits != 0 && type.bits % 8 == 0;
  return type.code <= TypeCode::kBool && known_bits;
}

// The sum that input_bytes() returns must fit.
bool TotalFits(const IoSpec& spec) {
  uint64_t total = 0;
  for (const TensorSpec& input : Inputs(spec)) total += input.size_bytes();
  return total <= std::numeric_limits<uint32_t>::max();
}

// False for a type that there is not.
bool SetType(const uint8_t* code_and_bits, TensorSpec& tensor) {
  tensor.type = {static_cast<TypeCode>(code_and_bits[0]), code_and_bits[1]};
  return IsType(tensor.type);
}

// Takes `rank` dimensions, at most kMaxRank. False if the elements are too many to count in 32
// bits.
bool SetShape(uint32_t rank, const uint8_t* dims, TensorSpec& tensor) {
  tensor.shape_known = true;
  tensor.rank = static_cast<uint8_t>(rank);
  std::memcpy(tensor.dims.data(), dims, rank * sizeof(uint32_t));
  uint32_t count = 1;
  bool overflows = false;
  for (uint32_t i = 0; i < rank; ++i) {
    overflows |= __builtin_mul_overflow(count, tensor.dims[i], &count);
  }
  tensor.element_count = count;
  return !overflows;
}

// Where the names stand, one behind the other.
struct Names {
  const uint8_t* text;
  size_t entry_bytes;
  size_t model_bytes;
};

// Up to the first NUL.
bool ReadName(base::Bytes field, Name& name) {
  size_t length = 0;
  for (; length < field.size() && field[length] != 0; ++length) {
    if (field[length] <= ' ' || field[length] >= 0x7F) return false;
  }
  return name.Assign({reinterpret_cast<const char*>(field.data()), length});
}

void WriteName(std::string_view text, uint8_t* field) {
  std::copy(text.begin(), text.end(), field);
}

// Of an aligned struct.
uint32_t WordAt(const uint8_t* bytes, size_t offset) {
  return base::LoadLe<uint32_t>(std::assume_aligned<4>(bytes + offset));
}

// The legacy struct has one element type for all and a size for each tensor: where they disagree
// only the size is meant. No type for an impossible size.
[[gnu::noinline]] void FitTypeToSize(uint32_t size_bytes, ElementType& type) {
  constexpr uint32_t kMaxElementBytes = 16;
  if (size_bytes == type.bytes()) return;
  if (size_bytes > kMaxElementBytes) size_bytes = 0;
  type = {TypeCode::kOpaque, static_cast<uint8_t>(size_bytes * 8)};
}

bool DecodeLegacy(const uint8_t* bytes, IoSpec& spec) {
  namespace at = legacy_offset;
  spec.input_count = WordAt(bytes, at::kInputCount);
  spec.output_count = WordAt(bytes, at::kOutputCount);
  const bool inputs_fit = spec.input_count >= 1 && spec.input_count <= kStructInputs;
  const bool outputs_fit = spec.output_count >= 1 && spec.output_count <= kStructOutputs;
  if (!inputs_fit || !outputs_fit) return false;
  const auto row = std::ranges::find(kLegacyTypes, WordAt(bytes, at::kDtype), &LegacyType::text);
  if (row == kLegacyTypes.end()) return false;
  for (uint32_t i = 0; i < spec.input_count; ++i) {
    TensorSpec& input = spec.inputs[i];
    const uint8_t* const words = bytes + 4 * i;
    const uint32_t rank = WordAt(words, at::kInputRank);
    const uint32_t element_count = WordAt(words, at::kInputLength);
    if (rank > kLegacyRank) return false;
    if (!SetShape(rank, bytes + at::kInputShape + 4 * kLegacyRank * i, input) ||
        input.element_count != element_count) {
      input.shape_known = false;
      input.rank = 0;
      input.element_count = element_count;
    }
    input.type = row->type;
    FitTypeToSize(WordAt(words, at::kInputElementBytes), input.type);
    if (input.type.bits == 0) return false;
  }
  // The predecessor never looks at this field, so a strange value must not stop a session.
  ElementType type = row->type;
  FitTypeToSize(WordAt(bytes, at::kOutputElementBytes), type);
  if (type.bits == 0) type = row->type;
  for (uint32_t i = 0; i < spec.output_count; ++i) {
    spec.outputs[i].element_count = WordAt(bytes + 4 * i, at::kOutputLength);
    spec.outputs[i].type = type;
  }
  return true;
}

bool DecodeKenningSide(const uint8_t* bytes, KenningSide side, TensorSpec* tensors,
                       uint32_t& count) {
  count = WordAt(bytes, 0);
  if (count < 1 || count > side.max_count) return false;
  const uint8_t* dims = bytes + side.shape_at();
  uint32_t words_left = side.shape_words();
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t rank = WordAt(bytes + 4 * i, KenningSide::kRankAt);
    if (rank > kMaxRank || rank > words_left || !SetShape(rank, dims, tensors[i])) return false;
    words_left -= rank;
    dims += 4 * rank;
    if (!SetType(bytes + side.type_at() + 2 * i, tensors[i])) return false;
  }
  return true;
}

bool DecodeKenning(const uint8_t* bytes, IoSpec& spec) {
  namespace at = kenning_offset;
  return DecodeKenningSide(bytes + at::kInputs, kKenningInputs, spec.inputs.data(),
                           spec.input_count) &&
         DecodeKenningSide(bytes + at::kOutputs, kKenningOutputs, spec.outputs.data(),
                           spec.output_count);
}

// The next `size` of the bytes that are left; null if there are not as many.
const uint8_t* Take(base::Bytes& left, size_t size) {
  if (size > left.size()) return nullptr;
  const uint8_t* const taken = left.data();
  left = left.subspan(size);
  return taken;
}

bool DecodeOwnTensors(base::Bytes& left, uint32_t count, TensorSpec* tensors) {
  for (TensorSpec* tensor = tensors; tensor != tensors + count; ++tensor) {
    const uint8_t* const head = Take(left, 4);
    if (head == nullptr || !SetType(head, *tensor) || head[3] != 0) return false;
    const uint32_t rank = head[2];
    const bool shape_known = rank != kUnknownRank;
    if (shape_known && rank > kMaxRank) return false;
    const size_t size = 4 * (shape_known ? rank : 1);
    const uint8_t* const words = Take(left, size);
    if (words == nullptr) return false;
    if (!shape_known) {
      std::memcpy(&tensor->element_count, words, size);
    } else if (!SetShape(rank, words, *tensor)) {
      return false;
    }
  }
  return true;
}

bool DecodeOwn(base::Bytes bytes, IoSpec& spec, Names& names) {
  namespace at = own_offset;
  const uint8_t* const head = Take(bytes, at::kNames);
  if (head == nullptr || base::LoadLe<uint32_t>(head + at::kMagic) != kOwnMagic ||
      head[at::kVersion] != kOwnVersion) {
    return false;
  }
  spec.input_count = head[at::kInputCount];
  spec.output_count = head[at::kOutputCount];
  const size_t entry_bytes = head[at::kEntryLength];
  const size_t model_bytes = head[at::kModelLength];
  names = {Take(bytes, entry_bytes + model_bytes), entry_bytes, model_bytes};
  return names.text != nullptr && spec.input_count <= kMaxTensors &&
         spec.output_count <= kMaxTensors &&
         DecodeOwnTensors(bytes, spec.input_count, spec.inputs.data()) &&
         DecodeOwnTensors(bytes, spec.output_count, spec.outputs.data()) &&
         // One byte of padding keeps the size apart from the other two encodings.
         bytes.size() <= 1;
}

bool FitsStruct(const IoSpec& spec) {
  return spec.input_count >= 1 && spec.input_count <= kStructInputs && spec.output_count >= 1 &&
         spec.output_count <= kStructOutputs &&
         spec.entry_function.view().size() <= kStructNameBytes &&
         spec.model_name.view().size() <= kStructNameBytes;
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
         words(Inputs(spec)) <= kKenningInputs.shape_words() &&
         words(Outputs(spec)) <= kKenningOutputs.shape_words();
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
  PutWord(out, at::kDtype, type.text);
  WriteName(spec.entry_function.view(), out.data() + at::kEntry);
  WriteName(spec.model_name.view(), out.data() + at::kModel);
  return kLegacyIoSpecBytes;
}

void EncodeKenningSide(std::span<const TensorSpec> tensors, KenningSide side,
                       base::MutableBytes out) {
  PutWord(out, 0, static_cast<uint32_t>(tensors.size()));
  uint32_t used = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorSpec& tensor = tensors[i];
    PutWord(out, KenningSide::kRankAt + 4 * i, tensor.rank);
    for (uint32_t d = 0; d < tensor.rank; ++d) {
      PutWord(out, side.shape_at() + 4 * used++, tensor.dims[d]);
    }
    out[side.type_at() + 2 * i] = static_cast<uint8_t>(tensor.type.code);
    out[side.type_at() + 2 * i + 1] = tensor.type.bits;
  }
}

size_t EncodeKenning(const IoSpec& spec, base::MutableBytes out) {
  namespace at = kenning_offset;
  std::fill_n(out.begin(), kKenningIoSpecBytes, uint8_t{0});
  EncodeKenningSide(Inputs(spec), kKenningInputs, out.subspan(at::kInputs));
  EncodeKenningSide(Outputs(spec), kKenningOutputs, out.subspan(at::kOutputs));
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

base::Status DecodeIoSpec(Generation generation, base::Bytes payload, IoSpec& spec) {
  const bool legacy = generation == Generation::kLegacy;
  alignas(uint32_t) std::array<uint8_t, kKenningIoSpecBytes> fields;
  Names names = {nullptr, kStructNameBytes, kStructNameBytes};
  bool good = false;
  if (payload.size() != (legacy ? kLegacyIoSpecBytes : kKenningIoSpecBytes)) {
    good = DecodeOwn(payload, spec, names);
  } else {
    std::memcpy(fields.data(), payload.data(), payload.size());
    names.text = fields.data() + (legacy ? legacy_offset::kEntry : kenning_offset::kEntry);
    good = legacy ? DecodeLegacy(fields.data(), spec) : DecodeKenning(fields.data(), spec);
  }
  good = good && TotalFits(spec) &&
         ReadName({names.text, names.entry_bytes}, spec.entry_function) &&
         ReadName({names.text + names.entry_bytes, names.model_bytes}, spec.model_name);
  return good ? base::Status::kOk : kBad;
}

base::Result<size_t> EncodeIoSpec(Generation generation, const IoSpec& spec,
                                  base::MutableBytes out) {
  if (spec.input_count > kMaxTensors || spec.output_count > kMaxTensors ||
      out.size() < kMaxIoSpecBytes) {
    return std::unexpected(kBad);
  }
  for (const std::span<const TensorSpec> side : {Inputs(spec), Outputs(spec)}) {
    for (const TensorSpec& tensor : side) {
      if (tensor.rank > kMaxRank || !IsType(tensor.type)) return std::unexpected(kBad);
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
