// SPDX-License-Identifier: Apache-2.0

// Element-wise instructions, one row a case: operands in, result and sticky bits out. Every row
// also runs masked, and from vstart on, and must leave inactive, prestart and tail elements alone.
#include <gtest/gtest.h>

#include <ostream>

#include "sim/vector/test_hart.h"

namespace sim {
namespace {

struct Row {
  Op op;
  uint32_t sew;
  uint32_t d, b, a;  // vd before, vs2, vs1 or x[rs1] or immediate or f[rs1]
  uint32_t want;
  uint8_t mode = 0;         // vxrm or frm
  uint8_t want_sticky = 0;  // vxsat or fflags
};

std::ostream& operator<<(std::ostream& os, const Row& row) {
  return os << Info(row.op).mnemonic << " e" << row.sew << std::hex << " d=" << row.d
            << " b=" << row.b << " a=" << row.a << " mode=" << int{row.mode};
}

// Widths in bytes, from the mnemonic: w... doubles vd, ...w. halves it against vs2.
struct Widths {
  uint32_t vd, vs2, vs1;
};
Widths WidthsOf(const Row& row) {
  const std::string_view name = Info(row.op).mnemonic;
  const uint32_t sew = row.sew / 8;
  const bool is_w_source = name.find(".w") != std::string_view::npos;
  if (name.starts_with("vn") || name.starts_with("vfn")) {
    return {sew, is_w_source ? 2 * sew : sew, sew};
  }
  if (name.starts_with("vw") || name.starts_with("vfw")) {
    return {2 * sew, is_w_source ? 2 * sew : sew, sew};
  }
  if (name.ends_with(".vf2")) return {sew, sew / 2, sew};
  if (name.ends_with(".vf4")) return {sew, sew / 4, sew};
  return {sew, sew, sew};
}

void FillElements(TestHart& t, uint32_t reg, uint32_t bytes, uint32_t value) {
  if (bytes == 1) t.Fill<uint8_t>(reg, static_cast<uint8_t>(value), 4);
  if (bytes == 2) t.Fill<uint16_t>(reg, static_cast<uint16_t>(value), 4);
  if (bytes == 4) t.Fill<uint32_t>(reg, value, 4);
}

uint32_t Element(const TestHart& t, uint32_t reg, uint32_t bytes, uint32_t i) {
  uint32_t value = 0;
  std::memcpy(&value, t.hart.v.Reg(reg) + i * bytes, bytes);
  return value;
}

class ElementWise : public testing::TestWithParam<Row> {};

TEST_P(ElementWise, ComputesBodyAndKeepsTheRest) {
  constexpr uint32_t kVd = 8, kVs2 = 16, kVs1 = 24, kVl = 11;
  const Row& row = GetParam();
  const InsnInfo& info = Info(row.op);
  const Widths widths = WidthsOf(row);
  const bool is_float = info.mnemonic.starts_with("vf");
  const bool can_mask = info.pattern[6] == 'm';
  for (bool masked : {false, true}) {
    if (masked && !can_mask) continue;
    for (uint32_t vstart : {0u, 3u}) {
      TestHart t;
      t.Configure(row.sew, 0, kVl);
      t.hart.v.vstart = vstart;
      t.hart.v.vxrm = row.mode;
      t.hart.frm = is_float ? row.mode : 0;
      FillElements(t, kVd, widths.vd, row.d);
      FillElements(t, kVs2, widths.vs2, row.b);
      FillElements(t, kVs1, widths.vs1, row.a);
      t.Set<uint8_t>(0, {0b0101'1010, 0b0000'0101});
      uint32_t field = kVs1;
      switch (info.insn_class) {
        case InsnClass::kVectorVx:
        case InsnClass::kVectorMacVx:
        case InsnClass::kVectorMoveX:
        case InsnClass::kVectorVxm:
          field = 5;
          t.hart.x[5] = row.a;
          break;
        case InsnClass::kVectorVf:
        case InsnClass::kVectorMacVf:
        case InsnClass::kVectorMoveF:
          field = 5;
          t.hart.f[5] = row.a;
          break;
        case InsnClass::kVectorVi:
        case InsnClass::kVectorVu:
        case InsnClass::kVectorMoveI:
          field = row.a;
          break;
        default:
          break;
      }
      ASSERT_TRUE(t.Execute(row.op, kVd, kVs2, field, !masked));
      const uint32_t vd_mask = widths.vd == 4 ? ~0u : (1u << 8 * widths.vd) - 1;
      for (uint32_t i = 0; i < 16; ++i) {
        const bool active =
            i >= vstart && i < kVl && (!masked || (t.Get<uint8_t>(0, i / 8) >> i % 8 & 1) != 0);
        EXPECT_EQ(Element(t, kVd, widths.vd, i), (active ? row.want : row.d) & vd_mask)
            << "element " << i << (masked ? " masked" : "") << " vstart " << vstart;
      }
      EXPECT_EQ(is_float ? t.hart.fflags : t.hart.v.vxsat, row.want_sticky);
      EXPECT_EQ(t.hart.v.vstart, 0u);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Integer, ElementWise,
    testing::Values(
        Row{Op::kVaddVv, 8, 0, 0xFF, 0x02, 0x01}, Row{Op::kVaddVi, 16, 0, 0, 0x1F, 0xFFFF},
        Row{Op::kVaddVx, 8, 0, 1, 0x1FF, 0x00}, Row{Op::kVsubVv, 32, 0, 0, 1, 0xFFFF'FFFF},
        Row{Op::kVrsubVi, 8, 0, 5, 3, 0xFE}, Row{Op::kVrsubVx, 32, 0, 1, 0, 0xFFFF'FFFF},
        Row{Op::kVandVi, 32, 0, 0x1234'5678, 0x10, 0x1234'5670},
        Row{Op::kVxorVi, 16, 0, 0x00FF, 0x1F, 0xFF00}, Row{Op::kVsllVx, 8, 0, 0x81, 9, 0x02},
        Row{Op::kVsrlVi, 8, 0, 0x80, 7, 0x01}, Row{Op::kVsrlVi, 32, 0, 0x8000'0000, 31, 1},
        Row{Op::kVsraVv, 16, 0, 0x8000, 15, 0xFFFF},
        Row{Op::kVsraVx, 32, 0, 0x8000'0000, 0x24, 0xF800'0000},
        Row{Op::kVnsrlWi, 8, 0, 0x1234, 4, 0x23}, Row{Op::kVnsrlWx, 16, 0, 0x8000'0000, 0x3F, 1},
        Row{Op::kVnsraWv, 16, 0, 0x8000'0000, 17, 0xC000}, Row{Op::kVminVv, 8, 0, 0x80, 0x7F, 0x80},
        Row{Op::kVminuVv, 8, 0, 0x80, 0x7F, 0x7F}, Row{Op::kVmaxVx, 16, 0, 0x8000, 0xFFFF, 0xFFFF},
        Row{Op::kVmaxuVx, 16, 0, 0x8000, 1, 0x8000}, Row{Op::kVzextVf2, 16, 0, 0x80, 0, 0x0080},
        Row{Op::kVsextVf2, 16, 0, 0x80, 0, 0xFF80}, Row{Op::kVsextVf4, 32, 0, 0x80, 0, 0xFFFF'FF80},
        Row{Op::kVmulVv, 16, 0, 0xFFFF, 0xFFFF, 1}, Row{Op::kVmulhVv, 8, 0, 0x80, 0x80, 0x40},
        Row{Op::kVmulhuVv, 32, 0, 0xFFFF'FFFF, 0xFFFF'FFFF, 0xFFFF'FFFE},
        Row{Op::kVmulhsuVv, 8, 0, 0xFF, 0xFF, 0xFF},
        Row{Op::kVmulhsuVx, 32, 0, 0x8000'0000, 0xFFFF'FFFF, 0x8000'0000},
        Row{Op::kVdivuVx, 16, 0, 7, 0, 0xFFFF}, Row{Op::kVdivVv, 32, 0, 7, 0, 0xFFFF'FFFF},
        Row{Op::kVdivVv, 32, 0, 0x8000'0000, 0xFFFF'FFFF, 0x8000'0000},
        Row{Op::kVdivVv, 8, 0, 0xF9, 2, 0xFD}, Row{Op::kVremVv, 8, 0, 0xF9, 2, 0xFF},
        Row{Op::kVremVv, 16, 0, 0x8000, 0xFFFF, 0}, Row{Op::kVremuVx, 32, 0, 9, 0, 9},
        Row{Op::kVmaccVv, 8, 10, 3, 4, 22}, Row{Op::kVnmsacVv, 8, 10, 3, 4, 0xFE},
        Row{Op::kVmaddVx, 16, 10, 3, 4, 43}, Row{Op::kVnmsubVx, 16, 10, 3, 4, 0xFFDB},
        Row{Op::kVwadduVv, 8, 0, 0xFF, 0xFF, 0x1FE}, Row{Op::kVwaddVv, 8, 0, 0xFF, 0xFF, 0xFFFE},
        Row{Op::kVwaddWv, 16, 0, 0x7FFF'FFFF, 0xFFFF, 0x7FFF'FFFE},
        Row{Op::kVwsubuWx, 8, 0, 0, 1, 0xFFFF}, Row{Op::kVwsubVx, 16, 0, 0, 0x8000, 0x8000},
        Row{Op::kVwmulVv, 16, 0, 0x8000, 0x8000, 0x4000'0000},
        Row{Op::kVwmulsuVv, 8, 0, 0xFF, 0xFF, 0xFF01},
        Row{Op::kVwmaccsuVx, 8, 1, 0xFF, 0xFF, 0xFF02},
        Row{Op::kVwmaccusVx, 8, 1, 0xFF, 0xFF, 0xFF02},
        Row{Op::kVwmaccuVv, 16, 0xFFFF'FFFF, 0xFFFF, 0xFFFF, 0xFFFE'0000},
        Row{Op::kVmvVI, 32, 7, 0, 0x1F, 0xFFFF'FFFF}, Row{Op::kVmvVX, 8, 7, 0, 0x123, 0x23}));

// Section 12, and the rounding of section 3.8: 0 rnu, 1 rne, 2 rdn, 3 rod.
INSTANTIATE_TEST_SUITE_P(
    FixedPoint, ElementWise,
    testing::Values(
        Row{Op::kVsadduVv, 8, 0, 0xF0, 0x20, 0xFF, 0, 1}, Row{Op::kVsadduVi, 8, 0, 1, 2, 3},
        Row{Op::kVsaddVv, 16, 0, 0x7FFF, 1, 0x7FFF, 0, 1},
        Row{Op::kVsaddVx, 32, 0, 0x8000'0000, 0xFFFF'FFFF, 0x8000'0000, 0, 1},
        Row{Op::kVssubuVv, 8, 0, 1, 2, 0, 0, 1}, Row{Op::kVssubVv, 8, 0, 0x80, 1, 0x80, 0, 1},
        Row{Op::kVaadduVv, 8, 0, 0xFF, 0xFE, 0xFF, 0},
        Row{Op::kVaadduVv, 8, 0, 0xFF, 0xFE, 0xFE, 1},
        Row{Op::kVaadduVv, 8, 0, 0xFF, 0xFE, 0xFE, 2},
        Row{Op::kVaadduVv, 8, 0, 0xFE, 0xFF, 0xFF, 3},
        Row{Op::kVaaddVx, 32, 0, 0x7FFF'FFFF, 0x7FFF'FFFF, 0x7FFF'FFFF, 0},
        Row{Op::kVasubVv, 8, 0, 0x80, 0x7F, 0x81, 0}, Row{Op::kVasubVv, 8, 0, 0x80, 0x7F, 0x80, 2},
        Row{Op::kVasubuVv, 8, 0, 0, 1, 0, 0}, Row{Op::kVasubuVv, 8, 0, 0, 1, 0xFF, 2},
        Row{Op::kVsmulVv, 8, 0, 0x80, 0x80, 0x7F, 0, 1},
        Row{Op::kVsmulVx, 32, 0, 0x4000'0000, 0x4000'0000, 0x2000'0000, 0},
        Row{Op::kVsmulVv, 8, 0, 0x01, 0x40, 0x01, 0}, Row{Op::kVsmulVv, 8, 0, 0x01, 0x40, 0x00, 1},
        Row{Op::kVssrlVi, 8, 0, 0x0A, 2, 3, 0}, Row{Op::kVssrlVi, 8, 0, 0x0A, 2, 2, 1},
        Row{Op::kVssrlVi, 8, 0, 0x0A, 2, 2, 2}, Row{Op::kVssrlVi, 8, 0, 0x0A, 2, 3, 3},
        Row{Op::kVssraVx, 16, 0, 0xFFF6, 2, 0xFFFE, 0},
        Row{Op::kVssraVx, 16, 0, 0xFFF6, 2, 0xFFFD, 2},
        Row{Op::kVnclipuWi, 8, 0, 0x0FFF, 4, 0xFF, 0, 1},
        Row{Op::kVnclipuWi, 8, 0, 0x0FEF, 4, 0xFE, 2},
        Row{Op::kVnclipWv, 16, 0, 0x8000'0000, 0, 0x8000, 0, 1},
        Row{Op::kVnclipWx, 8, 0, 0xFF80, 0, 0x80, 0},
        Row{Op::kVnclipWx, 8, 0, 0x007F, 0x20, 0x7F, 0}));

INSTANTIATE_TEST_SUITE_P(
    Float, ElementWise,
    testing::Values(Row{Op::kVfaddVv, 32, 0, 0x3F80'0000, 0x4000'0000, 0x4040'0000},
                    Row{Op::kVfaddVv, 32, 0, 0x3F80'0000, 0x3380'0000, 0x3F80'0001, 4, 1},
                    Row{Op::kVfaddVf, 32, 0, 0x7F80'0000, 0xFF80'0000, 0x7FC0'0000, 0, 16},
                    Row{Op::kVfsubVv, 32, 0, 0x7FC1'2345, 0x3F80'0000, 0x7FC0'0000},
                    Row{Op::kVfsubVf, 32, 0, 0x3F80'0000, 0x3F80'0000, 0x8000'0000, 2},
                    Row{Op::kVfrsubVf, 32, 0, 0x3F80'0000, 0x4040'0000, 0x4000'0000},
                    Row{Op::kVfmulVv, 32, 0, 0x7F00'0000, 0x7F00'0000, 0x7F80'0000, 0, 5},
                    Row{Op::kVfmulVv, 32, 0, 0x7F00'0000, 0x7F00'0000, 0x7F7F'FFFF, 1, 5},
                    Row{Op::kVfdivVv, 32, 0, 0x3F80'0000, 0, 0x7F80'0000, 0, 8},
                    Row{Op::kVfrdivVf, 32, 0, 0x4000'0000, 0x3F80'0000, 0x3F00'0000},
                    Row{Op::kVfmaccVv, 32, 0x3F80'0000, 0x4000'0000, 0x4040'0000, 0x40E0'0000},
                    Row{Op::kVfnmaccVv, 32, 0x3F80'0000, 0x4000'0000, 0x4040'0000, 0xC0E0'0000},
                    Row{Op::kVfmsacVf, 32, 0x3F80'0000, 0x4000'0000, 0x4040'0000, 0x40A0'0000},
                    Row{Op::kVfnmsacVf, 32, 0x3F80'0000, 0x4000'0000, 0x4040'0000, 0xC0A0'0000},
                    Row{Op::kVfmaddVv, 32, 0x3F80'0000, 0x4000'0000, 0x4040'0000, 0x40A0'0000},
                    Row{Op::kVfnmaddVv, 32, 0x3F80'0000, 0x4000'0000, 0x4040'0000, 0xC0A0'0000},
                    Row{Op::kVfmsubVf, 32, 0x3F80'0000, 0x4000'0000, 0x4040'0000, 0x3F80'0000},
                    Row{Op::kVfnmsubVf, 32, 0x3F80'0000, 0x4000'0000, 0x4040'0000, 0xBF80'0000},
                    // inf * 0 + quiet NaN is invalid.
                    Row{Op::kVfmaccVv, 32, 0x7FC0'0000, 0x7F80'0000, 0, 0x7FC0'0000, 0, 16},
                    Row{Op::kVfsqrtV, 32, 0, 0xBF80'0000, 0, 0x7FC0'0000, 0, 16},
                    Row{Op::kVfsqrtV, 32, 0, 0x4080'0000, 0, 0x4000'0000},
                    Row{Op::kVfminVv, 32, 0, 0, 0x8000'0000, 0x8000'0000},
                    Row{Op::kVfmaxVf, 32, 0, 0x7FC0'0000, 0x3F80'0000, 0x3F80'0000},
                    Row{Op::kVfmaxVf, 32, 0, 0x7F80'0001, 0x3F80'0000, 0x3F80'0000, 0, 16},
                    Row{Op::kVfsgnjnVv, 32, 0, 0x7FC1'2345, 0, 0xFFC1'2345},
                    Row{Op::kVfsgnjxVf, 32, 0, 0xBF80'0000, 0x8000'0000, 0x3F80'0000},
                    Row{Op::kVfclassV, 32, 0, 0x7F80'0001, 0, 1 << 8},
                    Row{Op::kVfrec7V, 32, 0, 0x4000'0000, 0, 0x3EFF'0000},
                    Row{Op::kVfrsqrt7V, 32, 0, 0x4000'0000, 0, 0x3F34'0000},
                    Row{Op::kVfcvtXFV, 32, 0, 0x4020'0000, 0, 2, 0, 1},
                    Row{Op::kVfcvtXFV, 32, 0, 0x4020'0000, 0, 3, 3, 1},
                    Row{Op::kVfcvtXuFV, 32, 0, 0xBF80'0000, 0, 0, 0, 16},
                    // The rtz forms ignore frm.
                    Row{Op::kVfcvtRtzXFV, 32, 0, 0x4039'999A, 0, 2, 3, 1},
                    Row{Op::kVfcvtRtzXFV, 32, 0, 0xC039'999A, 0, 0xFFFF'FFFE, 2, 1},
                    Row{Op::kVfcvtRtzXuFV, 32, 0, 0x4F80'0000, 0, 0xFFFF'FFFF, 3, 16},
                    Row{Op::kVfcvtRtzXuFV, 32, 0, 0xBF00'0000, 0, 0, 2, 1},
                    Row{Op::kVfncvtRtzXFW, 16, 0, 0x46FF'FFFE, 0, 0x7FFF, 3, 1},
                    Row{Op::kVfncvtRtzXFW, 16, 0, 0x4700'0000, 0, 0x7FFF, 3, 16},
                    Row{Op::kVfncvtRtzXuFW, 16, 0, 0x477F'FF80, 0, 0xFFFF, 3, 1},
                    Row{Op::kVfncvtRtzXuFW, 16, 0, 0x7FC0'0000, 0, 0xFFFF, 0, 16},
                    Row{Op::kVfncvtXFW, 16, 0, 0xC700'0080, 0, 0x8000, 0, 1},
                    Row{Op::kVfncvtXFW, 16, 0, 0xC700'0100, 0, 0x8000, 0, 16},
                    Row{Op::kVfncvtXuFW, 16, 0, 0x4020'0000, 0, 3, 4, 1},
                    Row{Op::kVfcvtFXV, 32, 0, 0xFFFF'FFFF, 0, 0xBF80'0000},
                    Row{Op::kVfcvtFXV, 32, 0, 0x0100'0001, 0, 0x4B80'0000, 0, 1},
                    Row{Op::kVfcvtFXuV, 32, 0, 0xFFFF'FFFF, 0, 0x4F80'0000, 0, 1},
                    Row{Op::kVfcvtFXuV, 32, 0, 0xFFFF'FFFF, 0, 0x4F7F'FFFF, 1, 1},
                    Row{Op::kVfwcvtFXV, 16, 0, 0x8000, 0, 0xC700'0000},
                    Row{Op::kVfwcvtFXuV, 16, 0, 0x8000, 0, 0x4700'0000},
                    Row{Op::kVfmvVF, 32, 0, 0, 0x7F80'0001, 0x7F80'0001}));

}  // namespace
}  // namespace sim
