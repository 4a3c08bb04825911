// SPDX-License-Identifier: Apache-2.0

#include "wire/io_spec.h"

#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "wire/testing_bytes.h"

namespace wire {
namespace {

using testing::ByteVector;

constexpr ElementType kF32 = {TypeCode::kFloat, 32};
constexpr ElementType kI8 = {TypeCode::kInt, 8};
constexpr ElementType kI32 = {TypeCode::kInt, 32};

TensorSpec Tensor(ElementType type, std::vector<uint32_t> dims) {
  TensorSpec tensor = {
      .type = type, .shape_known = true, .rank = 0, .dims = {}, .element_count = 1};
  for (uint32_t dim : dims) {
    tensor.dims[tensor.rank++] = dim;
    tensor.element_count *= dim;
  }
  return tensor;
}

IoSpec MagicWand() {
  IoSpec spec;
  spec.input_count = 1;
  spec.inputs[0] = Tensor(kF32, {1, 128, 3, 1});
  spec.output_count = 1;
  spec.outputs[0] = Tensor(kF32, {1, 4});
  EXPECT_TRUE(spec.entry_function.Assign("module.main"));
  EXPECT_TRUE(spec.model_name.Assign("module"));
  return spec;
}

ByteVector Encode(Generation generation, const IoSpec& spec) {
  ByteVector bytes(kMaxIoSpecBytes);
  const auto size = EncodeIoSpec(generation, spec, bytes);
  EXPECT_TRUE(size.has_value());
  bytes.resize(size.value_or(0));
  return bytes;
}

// As the rest of these tests ask for it.
std::optional<IoSpec> Decode(Generation generation, base::Bytes bytes) {
  IoSpec spec;
  if (DecodeIoSpec(generation, bytes, spec) != base::Status::kOk) return std::nullopt;
  return spec;
}

void ExpectSame(const TensorSpec& a, const TensorSpec& b) {
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.shape_known, b.shape_known);
  EXPECT_EQ(a.rank, b.rank);
  EXPECT_EQ(a.dims, b.dims);
  EXPECT_EQ(a.element_count, b.element_count);
}

TEST(IoSpecTest, LegacyMagicWandIsTheWorkedExample) {
  const ByteVector bytes = Encode(Generation::kLegacy, MagicWand());
  ASSERT_EQ(bytes.size(), 160u);
  ByteVector expected(160, 0);
  const auto put = [&](size_t at, uint32_t value) { base::StoreLe(&expected[at], value); };
  put(0, 1), put(4, 4), put(12, 1), put(16, 128), put(20, 3), put(24, 1), put(44, 384), put(52, 4);
  put(60, 1), put(64, 4), put(112, 4);
  std::memcpy(&expected[116], "f32", 3);
  std::memcpy(&expected[120], "module.main", 11);
  std::memcpy(&expected[140], "module", 6);
  EXPECT_EQ(bytes, expected);
}

TEST(IoSpecTest, EachEncodingComesBackTheSame) {
  IoSpec mixed = MagicWand();
  mixed.input_count = 2;
  mixed.inputs[1] = Tensor(kI32, {});
  IoSpec many = MagicWand();
  many.input_count = 16;
  many.output_count = 16;
  for (uint32_t i = 0; i < 16; ++i) {
    many.inputs[i] = Tensor(i % 2 == 0 ? kI8 : kF32, {1, 2, 1, 2, 1, 2, 1, i});
    many.outputs[i] = {.type = kI8, .element_count = 7 * i};  // shape unknown
  }
  IoSpec nothing;
  const struct {
    const char* name;
    IoSpec spec;
    size_t legacy_bytes;  // 0: our own
    size_t kenning_bytes;
  } rows[] = {{"magic wand", MagicWand(), 160, 356},
              {"mixed types", mixed, 0, 356},
              {"sixteen", many, 0, 0},
              {"nothing", nothing, 0, 0}};
  for (const auto& row : rows) {
    for (Generation generation :
         {Generation::kLegacy, Generation::kHeader8, Generation::kHeader12}) {
      const ByteVector bytes = Encode(generation, row.spec);
      const size_t expected =
          generation == Generation::kLegacy ? row.legacy_bytes : row.kenning_bytes;
      if (expected != 0) EXPECT_EQ(bytes.size(), expected) << row.name;
      const auto back = Decode(generation, bytes);
      ASSERT_TRUE(back.has_value()) << row.name << " " << GenerationName(generation);
      EXPECT_EQ(back->input_count, row.spec.input_count);
      EXPECT_EQ(back->output_count, row.spec.output_count);
      for (uint32_t i = 0; i < row.spec.input_count; ++i) {
        ExpectSame(back->inputs[i], row.spec.inputs[i]);
      }
      // Legacy outputs have no shape.
      for (uint32_t i = 0; bytes.size() != kLegacyIoSpecBytes && i < row.spec.output_count; ++i) {
        ExpectSame(back->outputs[i], row.spec.outputs[i]);
      }
      EXPECT_EQ(back->entry_function.view(), row.spec.entry_function.view());
      EXPECT_EQ(back->model_name.view(), row.spec.model_name.view());
    }
  }
}

TEST(IoSpecTest, OwnEncodingNeverHasTheSizeOfAnother) {
  IoSpec spec;
  spec.input_count = 16;
  for (uint32_t length = 0; length <= 63; ++length) {
    for (uint32_t ranked = 0; ranked < 16; ++ranked) {
      for (uint32_t i = 0; i < 16; ++i) {
        spec.inputs[i] = i < ranked ? Tensor(kF32, {1, 1, 1, 1}) : Tensor(kF32, {});
      }
      ASSERT_TRUE(spec.entry_function.Assign(std::string(length, 'x')));
      const ByteVector bytes = Encode(Generation::kLegacy, spec);
      ASSERT_NE(bytes.size(), kLegacyIoSpecBytes);
      ASSERT_NE(bytes.size(), kKenningIoSpecBytes);
      ASSERT_TRUE(Decode(Generation::kLegacy, bytes).has_value());
    }
  }
}

TEST(IoSpecTest, LegacyLimits) {
  const struct {
    const char* name;
    std::function<void(ByteVector&)> edit;
    bool accepted;
  } rows[] = {
      {"no inputs", [](ByteVector& b) { b[0] = 0; }, false},
      {"2 inputs",
       [](ByteVector& b) {
         b[0] = 2;
         base::StoreLe<uint32_t>(&b[56], 4);
       },
       true},
      {"3 inputs", [](ByteVector& b) { b[0] = 3; }, false},
      {"2^32-1 inputs", [](ByteVector& b) { base::StoreLe<uint32_t>(&b[0], UINT32_MAX); }, false},
      {"no outputs", [](ByteVector& b) { b[60] = 0; }, false},
      {"12 outputs", [](ByteVector& b) { b[60] = 12; }, true},
      {"13 outputs", [](ByteVector& b) { b[60] = 13; }, false},
      {"rank 0", [](ByteVector& b) { b[4] = 0; }, true},
      {"rank 5", [](ByteVector& b) { b[4] = 5; }, false},
      {"dtype f16",
       [](ByteVector& b) {
         std::memcpy(&b[116], "f16", 4);
         b[52] = 2;
       },
       true},
      {"dtype i64",
       [](ByteVector& b) {
         std::memcpy(&b[116], "i64", 4);
         b[52] = 8;
       },
       true},
      {"dtype empty", [](ByteVector& b) { std::memset(&b[116], 0, 4); }, false},
      {"dtype f15", [](ByteVector& b) { std::memcpy(&b[116], "f15", 4); }, false},
      {"dtype f32x", [](ByteVector& b) { std::memcpy(&b[116], "f32x", 4); }, false},
      {"element of 0 bytes", [](ByteVector& b) { b[52] = 0; }, false},
      {"element of 17 bytes", [](ByteVector& b) { b[52] = 17; }, false},
      {"inputs of 16 GB", [](ByteVector& b) { base::StoreLe<uint32_t>(&b[44], UINT32_MAX); },
       false},
      {"name of 20 characters", [](ByteVector& b) { std::memset(&b[120], 'x', 20); }, true},
      {"name with a control character", [](ByteVector& b) { b[121] = 7; }, false},
  };
  for (const auto& row : rows) {
    ByteVector bytes = Encode(Generation::kLegacy, MagicWand());
    row.edit(bytes);
    EXPECT_EQ(Decode(Generation::kLegacy, bytes).has_value(), row.accepted) << row.name;
  }
}

TEST(IoSpecTest, LegacyContradictionLeavesTheShapeOpen) {
  ByteVector bytes = Encode(Generation::kLegacy, MagicWand());
  bytes[16] = 64;  // 1x64x3x1 does not make 384
  const auto spec = Decode(Generation::kLegacy, bytes);
  ASSERT_TRUE(spec.has_value());
  EXPECT_FALSE(spec->inputs[0].shape_known);
  EXPECT_EQ(spec->input_bytes(), 1536u);
}

TEST(IoSpecTest, KenningLimits) {
  const struct {
    const char* name;
    std::function<void(ByteVector&)> edit;
    bool accepted;
  } rows[] = {
      {"no inputs", [](ByteVector& b) { b[0] = 0; }, false},
      {"3 inputs", [](ByteVector& b) { b[0] = 3; }, false},
      {"13 outputs", [](ByteVector& b) { b[48] = 13; }, false},
      {"rank 8", [](ByteVector& b) { b[4] = 8; }, true},
      {"rank 9", [](ByteVector& b) { b[4] = 9; }, false},
      {"ranks 5 + 4",
       [](ByteVector& b) {
         b[0] = 2;
         b[4] = 5;
         b[8] = 4;
         b[46] = 2;
         b[47] = 32;
       },
       false},
      {"type code 7", [](ByteVector& b) { b[44] = 7; }, false},
      {"0 bits", [](ByteVector& b) { b[45] = 0; }, false},
      {"4 bits", [](ByteVector& b) { b[45] = 4; }, false},
      {"2^64 elements",
       [](ByteVector& b) {
         for (size_t i = 12; i < 28; ++i) b[i] = 0xFF;
       },
       false},
      {"no entry function", [](ByteVector& b) { std::memset(&b[316], 0, 20); }, true},
  };
  for (const auto& row : rows) {
    ByteVector bytes = Encode(Generation::kHeader12, MagicWand());
    row.edit(bytes);
    EXPECT_EQ(Decode(Generation::kHeader12, bytes).has_value(), row.accepted) << row.name;
  }
}

TEST(IoSpecTest, OtherSizesAndCutsAreRefused) {
  for (size_t size = 0; size < 400; ++size) {
    for (Generation generation : {Generation::kLegacy, Generation::kHeader12}) {
      EXPECT_FALSE(Decode(generation, ByteVector(size, 0)).has_value()) << size;
    }
  }
  IoSpec spec = MagicWand();
  spec.output_count = 0;
  const ByteVector own = Encode(Generation::kLegacy, spec);
  ASSERT_TRUE(Decode(Generation::kLegacy, own).has_value());
  for (size_t cut = 0; cut < own.size(); ++cut) {
    EXPECT_FALSE(Decode(Generation::kLegacy, base::Bytes(own).first(cut)).has_value()) << cut;
  }
}

}  // namespace
}  // namespace wire
