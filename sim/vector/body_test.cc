// SPDX-License-Identifier: Apache-2.0

// What holds for every vector instruction, at each VLEN: only active elements of the body change
// (agnostic means undisturbed here), they change as they would in a full vector, vstart ends at 0,
// and flags come from them alone (V specification, sections 3.4.3, 3.7, 5.3, 5.4, 13.1; platform
// facts, section 5.3).
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string_view>

#include "sim/isa/disassembler.h"
#include "sim/vector/test_hart.h"

namespace sim {
namespace {

constexpr uint32_t kVd = 8, kVs2 = 16, kVs1 = 24;
constexpr uint32_t kAgnostic = 0xC0;  // ta, ma

bool StartsWithOneOf(std::string_view name, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [name](std::string_view prefix) { return name.starts_with(prefix); });
}

enum class Destination : uint8_t {
  kOther,     // none, a scalar, whole registers, memory
  kElements,  // each from the elements of the same index
  kMaskBits,  // the same, a bit each
  kMoved,     // elements that come from other indices
  kMaskOfMask,
  kFirstElement,
};

Destination DestinationOf(Op op) {
  const std::string_view name = Info(op).mnemonic;
  const InsnClass insn_class = Info(op).insn_class;
  if (insn_class >= InsnClass::kVectorSetVli && insn_class <= InsnClass::kVectorStoreWhole) {
    return Destination::kOther;
  }
  if (insn_class == InsnClass::kVectorToX || insn_class == InsnClass::kVectorToF) {
    return Destination::kOther;
  }
  if (StartsWithOneOf(name, {"vmv1r", "vmv2r", "vmv4r", "vmv8r"})) return Destination::kOther;
  if (StartsWithOneOf(name, {"vmv.s", "vfmv.s", "vred", "vwred", "vfred"})) {
    return Destination::kFirstElement;
  }
  if (name.ends_with(".mm") || StartsWithOneOf(name, {"vmsbf", "vmsif", "vmsof"})) {
    return Destination::kMaskOfMask;
  }
  if (StartsWithOneOf(name, {"vrgather", "vslide", "vfslide", "vcompress", "viota"})) {
    return Destination::kMoved;
  }
  if (StartsWithOneOf(name,
                      {"vmseq", "vmsne", "vmslt", "vmsle", "vmsgt", "vmf", "vmadc", "vmsbc"})) {
    return Destination::kMaskBits;
  }
  return Destination::kElements;
}

// The instructions whose vm = 0 does not mask: v0 is an operand.
bool TakesV0AsOperand(Op op) {
  const InsnClass c = Info(op).insn_class;
  return c >= InsnClass::kVectorVvm && c <= InsnClass::kVectorVfm;
}

bool HasVm(Op op) { return Info(op).pattern[31 - 25] == 'm'; }

uint32_t DestinationBytes(Op op, uint32_t sew_bytes) {
  const bool wide = StartsWithOneOf(Info(op).mnemonic, {"vw", "vfw"});
  return wide ? 2 * sew_bytes : sew_bytes;
}

struct Setting {
  uint32_t vlen_bytes, sew_shift;
  int lmul_shift;
};

// A hart in a random state, in that setting; floats are mostly near one.
void Prepare(TestHart& t, const Setting& setting, uint32_t seed) {
  std::mt19937 random(seed);
  SetVtype(t.hart.v,
           kAgnostic | setting.sew_shift << 3 | (static_cast<uint32_t>(setting.lmul_shift) & 7));
  const auto number = [&] {
    const auto bits = static_cast<uint32_t>(random());
    return random() % 4 == 0 ? bits : (bits & 0x81FF'FFFF) | 0x3E00'0000;
  };
  for (uint32_t at = 0; at < 32 * setting.vlen_bytes; at += 4) {
    const uint32_t value = at < setting.vlen_bytes ? static_cast<uint32_t>(random()) : number();
    std::memcpy(t.hart.v.reg + at, &value, 4);
  }
  for (uint32_t i = 1; i < 32; ++i) t.hart.x[i] = static_cast<uint32_t>(random()) >> random() % 32;
  for (uint32_t& f : t.hart.f) f = number();
  t.hart.frm = random() % 5;
  t.hart.v.vxrm = random() % 4;
  t.hart.v.vl = Vlmax(t.hart.v);
}

template <typename Visit>
void ForEachSetting(const Visit& visit) {
  for (uint32_t vlen_bytes : {16u, 32u, 64u, 128u}) {
    for (uint32_t sew_shift = 0; sew_shift < 3; ++sew_shift) {
      for (int lmul_shift = static_cast<int>(sew_shift) - 2; lmul_shift <= 2; ++lmul_shift) {
        visit(Setting{vlen_bytes, sew_shift, lmul_shift});
      }
    }
  }
}

std::string Where(Op op, const Setting& s) {
  return std::string(Info(op).mnemonic) + " VLEN " + std::to_string(8 * s.vlen_bytes) + " e" +
         std::to_string(8 << s.sew_shift) + " lmul 2^" + std::to_string(s.lmul_shift);
}

struct Body {
  uint32_t vstart, vl;
  bool masked;
};

// Does bit `bit` of register byte `at` belong to an element of the body that may change?
bool MayChange(Op op, const VectorState& before, const Setting& setting, const Body& body,
               uint32_t at, uint32_t bit) {
  const uint32_t first = kVd * before.vlen_bytes;
  if (at < first) return false;
  const Destination destination = DestinationOf(op);
  const bool bits =
      destination == Destination::kMaskBits || destination == Destination::kMaskOfMask;
  const uint32_t size = DestinationBytes(op, 1u << setting.sew_shift);
  const uint32_t element = bits ? (at - first) * 8 + bit : (at - first) / size;
  if (destination == Destination::kFirstElement) return element == 0 && body.vl > body.vstart;
  if (element < body.vstart || element >= body.vl) return false;
  return !body.masked || (before.reg[element / 8] >> element % 8 & 1) != 0;
}

// Runs each instruction that has a vector destination on a full vector and on a part of it.
class VectorBody : public testing::TestWithParam<size_t> {};

TEST_P(VectorBody, OnlyActiveElementsChangeAndAsInAFullVector) {
  const Op op = static_cast<Op>(kFirstVectorOp + GetParam());
  const Destination destination = DestinationOf(op);
  if (destination == Destination::kOther) return;
  std::mt19937 random(static_cast<uint32_t>(GetParam()));
  uint32_t legal = 0;
  ForEachSetting([&](const Setting& setting) {
    for (int round = 0; round < 2; ++round) {
      const auto seed = static_cast<uint32_t>(random());
      const bool masked = HasVm(op) && !TakesV0AsOperand(op) && random() % 2 == 0;
      const uint32_t word = TestHart::Encode(op, kVd, kVs2, kVs1, !masked);
      TestHart full(setting.vlen_bytes), part(setting.vlen_bytes);
      Prepare(full, setting, seed);
      Prepare(part, setting, seed);
      const VectorState before = part.hart.v;
      const auto x = part.hart.x;
      const auto f = part.hart.f;
      const uint32_t vlmax = Vlmax(before);
      Body body{.vstart = 0, .vl = static_cast<uint32_t>(random()) % (vlmax + 1), .masked = masked};
      if (random() % 3 == 0) body.vl = vlmax;
      const bool starts_anywhere = destination == Destination::kElements ||
                                   destination == Destination::kMaskBits ||
                                   Info(op).mnemonic.ends_with(".mm");
      if (starts_anywhere && random() % 2 == 0)
        body.vstart = static_cast<uint32_t>(random()) % vlmax;
      part.hart.v.vl = body.vl;
      part.hart.v.vstart = body.vstart;
      const bool runs = full.Execute(TestHart::Encode(op, kVd, kVs2, kVs1, true));
      ASSERT_EQ(part.Execute(word), runs) << Where(op, setting);
      if (!runs) continue;
      ++legal;
      EXPECT_EQ(part.hart.v.vstart, 0u) << Where(op, setting);
      EXPECT_EQ(part.hart.v.vl, body.vl);
      EXPECT_EQ(part.hart.x, x) << Where(op, setting);
      EXPECT_EQ(part.hart.f, f) << Where(op, setting);
      EXPECT_EQ(part.hart.mstatus & kMstatusVs, kMstatusVs);
      const bool by_index = destination == Destination::kElements ||
                            destination == Destination::kMaskBits ||
                            Info(op).mnemonic.ends_with(".mm");
      for (uint32_t at = 0; at < 32 * setting.vlen_bytes; ++at) {
        const uint8_t now = part.hart.v.reg[at];
        if (now == before.reg[at] && (!by_index || now == full.hart.v.reg[at])) continue;
        for (uint32_t bit = 0; bit < 8; ++bit) {
          const auto value = [&](const VectorState& v) { return v.reg[at] >> bit & 1; };
          if (!MayChange(op, before, setting, body, at, bit)) {
            ASSERT_EQ(value(part.hart.v), value(before))
                << Where(op, setting) << " vstart " << body.vstart << " vl " << body.vl
                << (masked ? " masked" : "") << ": v" << at / setting.vlen_bytes << " byte "
                << at % setting.vlen_bytes << " changed, seed " << seed;
          } else if (by_index) {
            ASSERT_EQ(value(part.hart.v), value(full.hart.v))
                << Where(op, setting) << " vstart " << body.vstart << " vl " << body.vl
                << (masked ? " masked" : "") << ": v" << at / setting.vlen_bytes << " byte "
                << at % setting.vlen_bytes << ", seed " << seed;
          }
        }
      }
    }
  });
  EXPECT_GT(legal, 0u) << Info(op).mnemonic << " was never legal";
}

// The flags of a vector are those of its elements one by one.
TEST_P(VectorBody, FlagsAreThoseOfTheActiveElements) {
  const Op op = static_cast<Op>(kFirstVectorOp + GetParam());
  const Destination destination = DestinationOf(op);
  if (destination != Destination::kElements && destination != Destination::kMaskBits) return;
  ForEachSetting([&](const Setting& setting) {
    if (setting.lmul_shift > 0) return;
    const auto seed = static_cast<uint32_t>(GetParam()) * 31 + setting.vlen_bytes;
    const bool vm = !TakesV0AsOperand(op);
    TestHart full(setting.vlen_bytes);
    Prepare(full, setting, seed);
    if (!full.Execute(op, kVd, kVs2, kVs1, vm)) return;
    uint8_t fflags = 0, vxsat = 0;
    TestHart one(setting.vlen_bytes);
    Prepare(one, setting, seed);
    const VectorState before = one.hart.v;
    for (uint32_t i = 0; i < full.hart.v.vl; ++i) {
      one.hart.v = before;
      one.hart.fflags = 0;
      one.hart.v.vstart = i;
      one.hart.v.vl = i + 1;
      ASSERT_TRUE(one.Execute(op, kVd, kVs2, kVs1, vm));
      fflags |= one.hart.fflags;
      vxsat |= one.hart.v.vxsat;
    }
    EXPECT_EQ(full.hart.fflags, fflags) << Where(op, setting);
    EXPECT_EQ(full.hart.v.vxsat, vxsat) << Where(op, setting);
  });
}

INSTANTIATE_TEST_SUITE_P(EveryInstruction, VectorBody, testing::Range(size_t{0}, kVectorOpCount),
                         [](const testing::TestParamInfo<size_t>& info) {
                           return "Row" + std::to_string(info.param);
                         });

// With vl = 0 nothing is read, written or raised but by the instructions that say so.
TEST(VectorBodyTest, WithVl0OnlyFourInstructionsDoAnything) {
  for (size_t i = kFirstVectorOp; i < kOpCount; ++i) {
    const Op op = static_cast<Op>(i);
    const std::string_view name = Info(op).mnemonic;
    const InsnClass c = Info(op).insn_class;
    if (name.starts_with("vset") || StartsWithOneOf(name, {"vmv1r", "vmv2r", "vmv4r", "vmv8r"}))
      continue;
    if ((c == InsnClass::kVectorLoadWhole || c == InsnClass::kVectorStoreWhole) &&
        name.find('m') == name.npos)
      continue;
    for (uint32_t sew_shift : {1u, 2u}) {
      TestHart t;
      Prepare(t, {64, sew_shift, 0}, 1);
      t.hart.v.vl = 0;
      t.hart.x[kVs1] = 0xFFFF'0000;  // no memory there
      const VectorState before = t.hart.v;
      const auto x = t.hart.x;
      const auto f = t.hart.f;
      if (!t.Execute(op, kVd, kVs2, kVs1)) continue;  // not at this SEW
      EXPECT_EQ(std::memcmp(before.reg, t.hart.v.reg, sizeof(before.reg)), 0) << name;
      EXPECT_EQ(t.hart.fflags, 0) << name;
      if (StartsWithOneOf(name, {"vmv.x.s", "vcpop", "vfirst"})) {
        EXPECT_NE(t.hart.x, x) << name;
      } else {
        EXPECT_EQ(t.hart.x, x) << name;
      }
      if (name != "vfmv.f.s") EXPECT_EQ(t.hart.f, f) << name;
    }
  }
}

// VLMAX = LMUL * VLEN / SEW at each VLEN, and vlenb.
TEST(VectorBodyTest, VlmaxScalesWithVlen) {
  ForEachSetting([](const Setting& setting) {
    TestHart t(setting.vlen_bytes);
    Prepare(t, setting, 1);
    const uint32_t elements = setting.vlen_bytes >> setting.sew_shift;
    const uint32_t expected =
        setting.lmul_shift >= 0 ? elements << setting.lmul_shift : elements >> -setting.lmul_shift;
    EXPECT_EQ(Vlmax(t.hart.v), expected) << Where(Op::kVsetvli, setting);
  });
}

}  // namespace
}  // namespace sim
