// SPDX-License-Identifier: Apache-2.0

#include "sim/hart/csr.h"

#include <array>

namespace sim {
namespace {

using ReadFunction = uint32_t (*)(const Hart& hart, uint64_t retired);
using WriteFunction = void (*)(Hart& hart, uint64_t retired, uint32_t value);

enum class Unit : uint8_t { kAlways, kFp, kVector };

struct CsrRow {
  ReadFunction read = nullptr;
  WriteFunction write = nullptr;  // nullptr: writes are legal and change nothing
  Unit unit = Unit::kAlways;
};

constexpr uint32_t Low(uint64_t value) { return static_cast<uint32_t>(value); }
constexpr uint32_t High(uint64_t value) { return static_cast<uint32_t>(value >> 32); }

uint32_t ReadsZero(const Hart&, uint64_t) { return 0; }

// SD (bit 31) sums up FS and VS; MPP reads M, the only mode there is.
uint32_t ReadMstatus(const Hart& hart, uint64_t) {
  const bool dirty =
      (hart.mstatus & kMstatusFs) == kMstatusFs || (hart.mstatus & kMstatusVs) == kMstatusVs;
  return hart.mstatus | kMstatusMpp | (dirty ? 1u << 31 : 0);
}

void WriteMstatus(Hart& hart, uint64_t, uint32_t value) {
  constexpr uint32_t kWritable = kMstatusMie | kMstatusMpie | kMstatusVs | kMstatusFs;
  hart.mstatus = (value & kWritable) | kMstatusMpp;
  if (!hart.v.present) hart.mstatus &= ~kMstatusVs;
  hart.RequestStop();  // an interrupt may have become due
}

// RV32 with I, M and F. Not V: the letter means ELEN 64 (platform.md, section 1.4).
constexpr uint32_t kIsaLetters =
    1u << 30 | 1u << ('I' - 'A') | 1u << ('M' - 'A') | 1u << ('F' - 'A');

uint32_t ReadMip(const Hart& hart, uint64_t retired) {
  return hart.environment->PendingInterrupts(retired);
}

void WriteFcsr(Hart& hart, uint64_t, uint32_t value) {
  hart.fflags = value & 0x1f;
  hart.frm = value >> 5 & 7;
}

void WriteVcsr(Hart& hart, uint64_t, uint32_t value) {
  hart.v.vxsat = value & 1;
  hart.v.vxrm = value >> 1 & 3;
}

// A write to either half of a counter suppresses the increment of the writing instruction: the next
// one reads what was written, and the other half unchanged (privileged specification, section
// "Hardware Performance Monitor").
template <uint64_t Hart::* kOffset, bool kHigh>
void WriteCounter(Hart& hart, uint64_t retired, uint32_t value) {
  const uint64_t old = retired + hart.*kOffset;
  const uint64_t fresh =
      kHigh ? uint64_t{value} << 32 | Low(old) : uint64_t{High(old)} << 32 | value;
  hart.*kOffset = fresh - (retired + 1);
}

template <uint64_t Hart::* kOffset, bool kHigh>
uint32_t ReadCounter(const Hart& hart, uint64_t retired) {
  const uint64_t value = retired + hart.*kOffset;
  return kHigh ? High(value) : Low(value);
}

template <bool kHigh>
uint32_t ReadTime(const Hart& hart, uint64_t retired) {
  const uint64_t ticks = hart.environment->TimeTicks(retired);
  return kHigh ? High(ticks) : Low(ticks);
}

constexpr CsrRow kFflags = {[](const Hart& h, uint64_t) { return uint32_t{h.fflags}; },
                            [](Hart& h, uint64_t, uint32_t v) { h.fflags = v & 0x1f; }, Unit::kFp};
constexpr CsrRow kFrm = {[](const Hart& h, uint64_t) { return uint32_t{h.frm}; },
                         [](Hart& h, uint64_t, uint32_t v) { h.frm = v & 7; }, Unit::kFp};
constexpr CsrRow kFcsr = {
    [](const Hart& h, uint64_t) { return uint32_t{h.frm} << 5 | uint32_t{h.fflags}; }, WriteFcsr,
    Unit::kFp};
constexpr CsrRow kVstart = {
    [](const Hart& h, uint64_t) { return h.v.vstart; },
    [](Hart& h, uint64_t, uint32_t v) { h.v.vstart = v & (h.v.vlen_bits() - 1); }, Unit::kVector};
constexpr CsrRow kVxsat = {[](const Hart& h, uint64_t) { return uint32_t{h.v.vxsat}; },
                           [](Hart& h, uint64_t, uint32_t v) { h.v.vxsat = v & 1; }, Unit::kVector};
constexpr CsrRow kVxrm = {[](const Hart& h, uint64_t) { return uint32_t{h.v.vxrm}; },
                          [](Hart& h, uint64_t, uint32_t v) { h.v.vxrm = v & 3; }, Unit::kVector};
constexpr CsrRow kVcsr = {
    [](const Hart& h, uint64_t) { return uint32_t{h.v.vxrm} << 1 | uint32_t{h.v.vxsat}; },
    WriteVcsr, Unit::kVector};
constexpr CsrRow kVl = {[](const Hart& h, uint64_t) { return h.v.vl; }, nullptr, Unit::kVector};
constexpr CsrRow kVtype = {[](const Hart& h, uint64_t) { return h.v.vtype; }, nullptr,
                           Unit::kVector};
constexpr CsrRow kVlenb = {[](const Hart& h, uint64_t) { return h.v.vlen_bytes; }, nullptr,
                           Unit::kVector};
constexpr CsrRow kMstatus = {ReadMstatus, WriteMstatus};
constexpr CsrRow kMisa = {[](const Hart&, uint64_t) { return kIsaLetters; }};
constexpr CsrRow kMie = {[](const Hart& h, uint64_t) { return h.mie; },
                         [](Hart& h, uint64_t, uint32_t v) {
                           h.mie = v & (1u << 3 | 1u << 7 | 1u << 11);
                           h.RequestStop();
                         }};
constexpr CsrRow kMtvec = {[](const Hart& h, uint64_t) { return h.mtvec; },
                           [](Hart& h, uint64_t, uint32_t v) { h.mtvec = v & ~2u; }};
constexpr CsrRow kMstatush = {ReadsZero};
constexpr CsrRow kMcountinhibit = {ReadsZero};
constexpr CsrRow kMscratch = {[](const Hart& h, uint64_t) { return h.mscratch; },
                              [](Hart& h, uint64_t, uint32_t v) { h.mscratch = v; }};
constexpr CsrRow kMepc = {[](const Hart& h, uint64_t) { return h.mepc; },
                          [](Hart& h, uint64_t, uint32_t v) { h.mepc = v & ~3u; }};
constexpr CsrRow kMcause = {[](const Hart& h, uint64_t) { return h.mcause; },
                            [](Hart& h, uint64_t, uint32_t v) { h.mcause = v; }};
constexpr CsrRow kMtval = {[](const Hart& h, uint64_t) { return h.mtval; },
                           [](Hart& h, uint64_t, uint32_t v) { h.mtval = v; }};
constexpr CsrRow kMip = {ReadMip};

// Physical memory protection (privileged specification, section 3.7) with the L bits hard-wired to
// 0: entries that are not locked do not bind machine mode, the only mode there is, so the registers
// are storage that start-up code may set and read back. Granularity 4 bytes.
constexpr uint32_t kPmpcfgWritable = 0x1F1F'1F1F;  // A, X, W, R of four entries

template <uint32_t kIndex>
constexpr CsrRow kPmpcfg = {
    [](const Hart& h, uint64_t) { return h.pmpcfg[kIndex]; },
    [](Hart& h, uint64_t, uint32_t v) { h.pmpcfg[kIndex] = v & kPmpcfgWritable; }};
template <uint32_t kIndex>
constexpr CsrRow kPmpaddr = {[](const Hart& h, uint64_t) { return h.pmpaddr[kIndex]; },
                             [](Hart& h, uint64_t, uint32_t v) { h.pmpaddr[kIndex] = v; }};
constexpr CsrRow kPmpcfg0 = kPmpcfg<0>;
constexpr CsrRow kPmpcfg1 = kPmpcfg<1>;
constexpr CsrRow kPmpcfg2 = kPmpcfg<2>;
constexpr CsrRow kPmpcfg3 = kPmpcfg<3>;
constexpr CsrRow kPmpaddr0 = kPmpaddr<0>;
constexpr CsrRow kPmpaddr1 = kPmpaddr<1>;
constexpr CsrRow kPmpaddr2 = kPmpaddr<2>;
constexpr CsrRow kPmpaddr3 = kPmpaddr<3>;
constexpr CsrRow kPmpaddr4 = kPmpaddr<4>;
constexpr CsrRow kPmpaddr5 = kPmpaddr<5>;
constexpr CsrRow kPmpaddr6 = kPmpaddr<6>;
constexpr CsrRow kPmpaddr7 = kPmpaddr<7>;
constexpr CsrRow kPmpaddr8 = kPmpaddr<8>;
constexpr CsrRow kPmpaddr9 = kPmpaddr<9>;
constexpr CsrRow kPmpaddr10 = kPmpaddr<10>;
constexpr CsrRow kPmpaddr11 = kPmpaddr<11>;
constexpr CsrRow kPmpaddr12 = kPmpaddr<12>;
constexpr CsrRow kPmpaddr13 = kPmpaddr<13>;
constexpr CsrRow kPmpaddr14 = kPmpaddr<14>;
constexpr CsrRow kPmpaddr15 = kPmpaddr<15>;

// tdata1 reads type 0: "there is no trigger at this tselect" (debug specification, section 5.7).
constexpr CsrRow kTselect = {ReadsZero};
constexpr CsrRow kTdata1 = {ReadsZero};
constexpr CsrRow kTdata2 = {ReadsZero};
constexpr CsrRow kTdata3 = {ReadsZero};
// Instructions since the core was made, not since reset; writes are ignored (platform.md, 1.4).
constexpr CsrRow kIcount = {[](const Hart&, uint64_t retired) { return Low(retired); }};
constexpr CsrRow kCcount = kIcount;
constexpr CsrRow kMcycle = {ReadCounter<&Hart::mcycle_offset, false>,
                            WriteCounter<&Hart::mcycle_offset, false>};
constexpr CsrRow kMcycleh = {ReadCounter<&Hart::mcycle_offset, true>,
                             WriteCounter<&Hart::mcycle_offset, true>};
constexpr CsrRow kMinstret = {ReadCounter<&Hart::minstret_offset, false>,
                              WriteCounter<&Hart::minstret_offset, false>};
constexpr CsrRow kMinstreth = {ReadCounter<&Hart::minstret_offset, true>,
                               WriteCounter<&Hart::minstret_offset, true>};
constexpr CsrRow kCycle = {kMcycle.read};
constexpr CsrRow kCycleh = {kMcycleh.read};
constexpr CsrRow kInstret = {kMinstret.read};
constexpr CsrRow kInstreth = {kMinstreth.read};
constexpr CsrRow kTime = {ReadTime<false>};
constexpr CsrRow kTimeh = {ReadTime<true>};
constexpr CsrRow kMvendorid = {ReadsZero};
constexpr CsrRow kMarchid = {ReadsZero};
constexpr CsrRow kMimpid = {ReadsZero};
constexpr CsrRow kMhartid = {ReadsZero};
constexpr CsrRow kMconfigptr = {ReadsZero};

// Row of each of the 4096 numbers; the hardware performance counters beyond the first three exist
// and read zero.
constexpr auto kRows = [] {
  std::array<CsrRow, 4096> rows{};
#define CSR(id, number, name) rows[number] = k##id;
#include "sim/isa/csr.def"
#undef CSR
  for (uint32_t i = 3; i < 32; ++i) {
    for (uint32_t base : {0x320u, 0xB00u, 0xB80u}) rows[base + i] = {ReadsZero};
  }
  return rows;
}();

const CsrRow* Find(const Hart& hart, uint32_t number) {
  const CsrRow& row = kRows[number & 0xfff];
  if (row.read == nullptr) return nullptr;
  if (row.unit == Unit::kFp && !hart.FpEnabled()) return nullptr;
  if (row.unit == Unit::kVector && !hart.VectorEnabled()) return nullptr;
  return &row;
}

}  // namespace

bool ReadCsr(Hart& hart, uint32_t number, uint64_t retired, uint32_t* value) {
  const CsrRow* row = Find(hart, number);
  if (row == nullptr) return false;
  *value = row->read(hart, retired);
  return true;
}

bool WriteCsr(Hart& hart, uint32_t number, uint64_t retired, uint32_t value) {
  const CsrRow* row = Find(hart, number);
  if (row == nullptr || (number >> 10 & 3) == 3) return false;
  if (row->write == nullptr) return true;
  row->write(hart, retired, value);
  if (row->unit == Unit::kFp) hart.MarkFpDirty();
  if (row->unit == Unit::kVector) hart.MarkVectorDirty();
  return true;
}

}  // namespace sim
