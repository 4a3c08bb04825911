// SPDX-License-Identifier: Apache-2.0

#include "sim/gdb/registers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "sim/hart/csr.h"
#include "sim/isa/disassembler.h"

namespace sim {
namespace {

constexpr uint32_t kPc = 32;
constexpr uint32_t kFirstF = 33;
constexpr uint32_t kFirstV = 65;
constexpr uint32_t kFirstCsr = 97;

struct CsrName {
  uint32_t number;
  std::string_view name;
};
constexpr auto kCsrs = std::to_array<CsrName>({
#define CSR(id, number, name) {number, name},
#include "sim/isa/csr.def"
#undef CSR
});

constexpr std::string_view Name(bool is_float, uint32_t number) {
  return is_float ? FloatRegisterName(number) : IntRegisterName(number);
}

bool IsFloatCsr(uint32_t number) { return number >= 1 && number <= 3; }

std::string Word(uint32_t value) {
  std::string bytes(4, '\0');
  std::memcpy(bytes.data(), &value, 4);
  return bytes;
}

// A debugger sees registers of a unit that is switched off, too.
class UnitsOn {
 public:
  explicit UnitsOn(Hart* hart) : hart_(hart), mstatus_(hart->mstatus) {
    hart_->mstatus |= kMstatusFs | (hart_->v.present ? kMstatusVs : 0);
  }
  ~UnitsOn() { hart_->mstatus = mstatus_; }

 private:
  Hart* hart_;
  uint32_t mstatus_;
};

std::string CsrFeature(const Hart& hart, bool float_ones) {
  std::string xml;
  for (uint32_t i = 0; i < kCsrs.size(); ++i) {
    if (IsFloatCsr(kCsrs[i].number) != float_ones) continue;
    const bool vector = (kCsrs[i].number >= 0x008 && kCsrs[i].number <= 0x00f) ||
                        (kCsrs[i].number >= 0xC20 && kCsrs[i].number <= 0xC22);
    if (vector && !hart.v.present) continue;
    // A register without a name of its own has GDB's, "csr1984".
    const std::string name = kCsrs[i].name.starts_with("0x") ? fmt::format("csr{}", kCsrs[i].number)
                                                             : std::string(kCsrs[i].name);
    xml +=
        fmt::format(R"(<reg name="{}" bitsize="32" type="int" regnum="{}"/>)", name, kFirstCsr + i);
  }
  return xml;
}

}  // namespace

std::string TargetDescription(const Hart& hart) {
  std::string xml =
      R"(<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target version="1.0">)"
      R"(<architecture>riscv:rv32</architecture><feature name="org.gnu.gdb.riscv.cpu">)";
  for (uint32_t i = 0; i < 32; ++i) {
    const std::string_view type = i == 1 ? "code_ptr" : i >= 2 && i <= 4 ? "data_ptr" : "int";
    xml += fmt::format(R"(<reg name="{}" bitsize="32" type="{}" regnum="{}"/>)", Name(false, i),
                       type, i);
  }
  xml += R"(<reg name="pc" bitsize="32" type="code_ptr" regnum="32"/></feature>)"
         R"(<feature name="org.gnu.gdb.riscv.fpu">)";
  for (uint32_t i = 0; i < 32; ++i) {
    xml += fmt::format(R"(<reg name="{}" bitsize="32" type="ieee_single" regnum="{}"/>)",
                       Name(true, i), kFirstF + i);
  }
  xml += CsrFeature(hart, true) + "</feature>";
  if (hart.v.present) {
    const uint32_t bytes = hart.v.vlen_bytes;
    xml += R"(<feature name="org.gnu.gdb.riscv.vector">)";
    struct Element {
      const char* id;
      const char* type;
      uint32_t bytes;
    };
    constexpr Element kElements[] = {{"bytes", "uint8", 1},
                                     {"shorts", "uint16", 2},
                                     {"words", "uint32", 4},
                                     {"floats", "ieee_single", 4}};
    for (const Element& element : kElements) {
      xml += fmt::format(R"(<vector id="{}" type="{}" count="{}"/>)", element.id, element.type,
                         bytes / element.bytes);
    }
    xml += R"(<union id="riscv_vector">)";
    for (const char* field : {"floats", "words", "shorts", "bytes"}) {
      const char name = field[0] == 'f' ? 'f' : field[0];
      xml += fmt::format(R"(<field name="{}" type="{}"/>)", name, field);
    }
    xml += "</union>";
    for (uint32_t i = 0; i < 32; ++i) {
      xml += fmt::format(R"(<reg name="v{}" bitsize="{}" type="riscv_vector" regnum="{}"/>)", i,
                         8 * bytes, kFirstV + i);
    }
    xml += "</feature>";
  }
  xml += R"(<feature name="org.gnu.gdb.riscv.csr">)" + CsrFeature(hart, false);
  return xml + "</feature></target>";
}

std::optional<std::string> ReadRegister(Hart& hart, uint32_t number) {
  if (number < kPc) return Word(hart.x[number]);
  if (number == kPc) return Word(hart.pc);
  if (number < kFirstV) return Word(hart.f[number - kFirstF]);
  if (number < kFirstCsr) {
    if (!hart.v.present) return std::nullopt;
    const uint8_t* bytes = hart.v.Reg(number - kFirstV);
    return std::string(bytes, bytes + hart.v.vlen_bytes);
  }
  if (number - kFirstCsr >= kCsrs.size()) return std::nullopt;
  const uint32_t csr = kCsrs[number - kFirstCsr].number;
  uint32_t value = 0;
  if (csr == 0x300) {
    (void)ReadCsr(hart, csr, hart.instructions_retired, &value);
    return Word(value);
  }
  const UnitsOn on(&hart);
  if (!ReadCsr(hart, csr, hart.instructions_retired, &value)) return std::nullopt;
  return Word(value);
}

bool WriteRegister(Hart& hart, uint32_t number, std::string_view bytes) {
  if (number >= kFirstV && number < kFirstCsr) {
    if (!hart.v.present || bytes.size() != hart.v.vlen_bytes) return false;
    std::memcpy(hart.v.Reg(number - kFirstV), bytes.data(), bytes.size());
    return true;
  }
  if (bytes.size() != 4) return false;
  uint32_t value = 0;
  std::memcpy(&value, bytes.data(), 4);
  if (number < kPc) {
    hart.SetX(number, value);
    return true;
  }
  if (number == kPc) {
    hart.pc = hart.next_pc = value;
    return true;
  }
  if (number < kFirstV) {
    hart.f[number - kFirstF] = value;
    return true;
  }
  if (number - kFirstCsr >= kCsrs.size()) return false;
  const uint32_t csr = kCsrs[number - kFirstCsr].number;
  if (csr == 0x300) return WriteCsr(hart, csr, hart.instructions_retired, value);
  const UnitsOn on(&hart);
  return WriteCsr(hart, csr, hart.instructions_retired, value);
}

}  // namespace sim
