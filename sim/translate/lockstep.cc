// SPDX-License-Identifier: Apache-2.0

#include "sim/translate/lockstep.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "sim/hart/interpreter.h"
#include "sim/isa/count_slot.h"
#include "sim/isa/disassembler.h"
#include "sim/translate/translator.h"
#include "sim/vector/vector.h"

namespace sim::translate {
namespace {

constexpr GuestAddr kData = 0x3400'0000;
constexpr GuestAddr kCode = 0x3200'0000;
constexpr GuestAddr kDevice = 0x4000'0000;
constexpr uint32_t kDataBytes = 16 << 10;
constexpr uint32_t kCodeBytes = 4 << 10;
constexpr GuestAddr kHandler = kCode + kCodeBytes - 64;
constexpr uint32_t kMaxProgram = 120;

// The bytes of the seed, then a generator that they started.
class Choices {
 public:
  explicit Choices(std::span<const uint8_t> seed) : seed_(seed) {
    for (uint8_t byte : seed) state_ = (state_ ^ byte) * 0x100'0000'01b3;
  }
  uint32_t Byte() {
    if (at_ < seed_.size()) return seed_[at_++];
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state_ >> 56);
  }
  uint32_t Word() { return Byte() | Byte() << 8 | Byte() << 16 | Byte() << 24; }
  uint32_t Below(uint32_t bound) { return (Byte() | Byte() << 8) % bound; }

 private:
  std::span<const uint8_t> seed_;
  size_t at_ = 0;
  uint64_t state_ = 0xcbf2'9ce4'8422'2325;
};

// Everything the platform is told goes into one number.
struct Witness {
  uint64_t hash = 1;
  void Note(uint64_t a, uint64_t b = 0, uint64_t c = 0) {
    for (uint64_t value : {a, b, c}) hash = (std::rotl(hash, 7) ^ value) * 0x9E37'79B9'7F4A'7C15;
  }
};

struct Side final : Environment, CodeObserver, Device {
  explicit Side(const LockstepOptions& options) : interpreter(&hart, &bus, this) {
    bus.AddMemory("data", kData, kDataBytes);
    bus.AddMemory("code", kCode, kCodeBytes);
    bus.AddDevice("device", kDevice, 0x1000, this);
    bus.SetPolicies(options.misaligned, options.unmapped);
    bus.on_unmapped = [this](GuestAddr addr, bool write) { witness.Note(11, addr, write); };
    hart.bus = &bus;
    hart.environment = this;
    hart.Configure(options.core);
  }

  void Simprint(Hart& h, uint32_t level, GuestAddr text, uint32_t number) override {
    witness.Note(1, h.retired_at_access, uint64_t{level} << 32 | (text ^ number));
    NoteCounts();
    if (level % 4 == 1) bus.code_written = true;
  }
  void HostRequest(Hart& h) override {
    witness.Note(2, h.retired_at_access);
    h.RequestStop();
  }
  void Finish(Hart& h) override { witness.Note(3, h.retired_at_access); }
  void UnknownCustom(Hart& h, uint32_t word) override {
    witness.Note(4, h.retired_at_access, word);
  }
  void WaitForInterrupt(Hart& h) override {
    witness.Note(5, h.retired_at_access);
    h.RequestStop();
  }
  bool EnvironmentCall(Hart& h) override {
    witness.Note(6, h.retired_at_access);
    return h.x[10] % 2 == 0;
  }
  uint64_t TimeTicks(uint64_t retired) override { return retired / 3; }
  uint32_t PendingInterrupts(uint64_t retired) override { return retired % 7 == 0 ? 1u << 7 : 0; }

  uint32_t DomainOf(GuestAddr pc) override { return pc >> 7 & 1; }
  uint32_t ExitDomainOf(uint32_t domain, const DecodedInsn& last) override {
    if (last.op == Op::kJal && last.rd == 1) return kAfterCall;
    if (last.op == Op::kJalr) return kAfterReturn;
    return domain;
  }
  void Cross(uint32_t from, uint32_t to, GuestAddr pc, uint64_t retired) override {
    witness.Note(uint64_t{from} << 32 | to, pc, retired);
    NoteCounts();
  }

  void Executed(uint32_t, std::span<const DecodedInsn>, uint64_t times) override {
    blocks += static_cast<int64_t>(times);
  }

  uint32_t Read(uint32_t offset, uint32_t width) override {
    witness.Note(7, offset << 4 | width, hart.retired_at_access);
    if (offset % 64 == 32) hart.RequestStop();
    return static_cast<uint32_t>(witness.hash);
  }
  void Write(uint32_t offset, uint32_t width, uint32_t value) override {
    witness.Note(8, offset << 4 | width, hart.retired_at_access ^ value);
    if (offset % 64 == 32) hart.RequestStop();
  }

  void NoteCounts() {
    for (const auto& memory : bus.memories())
      witness.Note(memory->count.reads, memory->count.writes);
  }

  Bus bus;
  Hart hart;
  Interpreter interpreter;
  std::unique_ptr<Translator> translator;
  Witness witness;
  int64_t blocks = 0;  // run to the end
};

// --- programs ---

uint32_t PlaceBranchOffset(Op op, int32_t offset) {
  const auto bits = static_cast<uint32_t>(offset);
  if (Info(op).insn_class == InsnClass::kJump) {
    return (bits >> 20 & 1) << 31 | (bits >> 1 & 0x3ff) << 21 | (bits >> 11 & 1) << 20 |
           (bits >> 12 & 0xff) << 12;
  }
  return (bits >> 12 & 1) << 31 | (bits >> 5 & 0x3f) << 25 | (bits >> 1 & 0xf) << 8 |
         (bits >> 11 & 1) << 7;
}

// Registers x8..x15 point somewhere (Prepare); x5 holds a small number, x16.. are free.
uint32_t MakeWord(Choices& choices, uint32_t index, uint32_t length) {
  if (choices.Below(64) == 0) return choices.Word();
  // Three in four of what hot code is made of, one of anything.
  static constexpr Op kUsual[] = {Op::kVsetivli, Op::kVsetivli, Op::kVsetvli, Op::kVle8V,
                                  Op::kVle32V,   Op::kVse32V,   Op::kVaddVv,  Op::kVfmaccVf,
                                  Op::kFlw,      Op::kFsw,      Op::kFmaddS,  Op::kLw,
                                  Op::kSw,       Op::kAddi,     Op::kAdd,     Op::kBne,
                                  Op::kBlt,      Op::kLbu,      Op::kVmvXS,   Op::kVslidedownVi};
  Op op = static_cast<Op>(choices.Below(static_cast<uint32_t>(kOpCount)));
  if (choices.Below(3) == 0) op = kUsual[choices.Below(std::size(kUsual))];
  const InsnInfo& info = Info(op);
  uint32_t word = choices.Word();
  const auto set = [&word](uint32_t shift, uint32_t bits, uint32_t value) {
    const uint32_t mask = ((1u << bits) - 1) << shift;
    word = (word & ~mask) | (value << shift & mask);
  };
  const bool vector = info.extension == Extension::kV;
  if (vector && choices.Below(8) != 0) {  // groups that are usually aligned, usually unmasked
    for (uint32_t shift : {7u, 20u}) set(shift, 5, choices.Below(32) & ~3u);
    set(25, 1, choices.Below(4) != 0 ? 1 : 0);
  }
  switch (info.insn_class) {
    case InsnClass::kBranch:
    case InsnClass::kJump: {
      const auto target = static_cast<int32_t>(choices.Below(length));
      const int32_t offset =
          (target - static_cast<int32_t>(index)) * 4 + (choices.Below(64) == 0 ? 2 : 0);
      word = (word & 0x01ff'f07f) | PlaceBranchOffset(op, offset);
      if (info.insn_class == InsnClass::kJump)
        word = (word & ~0xffff'f000u) | PlaceBranchOffset(op, offset);
      break;
    }
    case InsnClass::kJumpReg:
      set(15, 5, 14 + choices.Below(2));
      set(20, 12, choices.Below(16) * 4);
      break;
    case InsnClass::kIntLoad:
    case InsnClass::kFpLoad:
    case InsnClass::kIntStore:
    case InsnClass::kFpStore:
      set(15, 5, 8 + choices.Below(6));
      if (choices.Below(8) != 0) set(20, 2, 0);
      if (choices.Below(8) != 0) set(7, 2, 0);
      break;
    case InsnClass::kVectorSetVli:
      set(20, 11, choices.Below(4) | choices.Below(3) << 3 | choices.Below(4) << 6);
      if (choices.Below(2) == 0) set(15, 5, 5);
      break;
    case InsnClass::kVectorSetIvli:
      set(20, 10, choices.Below(8) | choices.Below(3) << 3 | choices.Below(4) << 6);
      break;
    default:
      if (vector && (info.pattern.ends_with("0000111") || info.pattern.ends_with("0100111"))) {
        set(15, 5, 8 + choices.Below(6));
        set(29, 3, choices.Below(4) == 0 ? choices.Below(8) : 0);
      }
      break;
  }
  // Results stay out of the pointers most of the time.
  const bool writes_x = info.extension == Extension::kI || info.extension == Extension::kM;
  const bool has_rd =
      info.insn_class != InsnClass::kBranch && info.insn_class != InsnClass::kIntStore;
  if (writes_x && has_rd && choices.Below(16) != 0)
    set(7, 5, choices.Below(2) == 0 ? 5 : 16 + choices.Below(16));
  return (word & ~info.encoding.mask) | info.encoding.match;
}

float InterestingFloat(Choices& choices) {
  static constexpr uint32_t kBits[] = {
      0,           0x8000'0000, 0x3f80'0000, 0xbf80'0000, 0x7f80'0000, 0xff80'0000, 0x7fc0'0000,
      0x7f80'0001, 0x0000'0001, 0x0080'0000, 0x7f7f'ffff, 0x4f00'0000, 0xcf00'0000, 0x3f00'0000};
  const uint32_t choice = choices.Below(24);
  if (choice < std::size(kBits)) return std::bit_cast<float>(kBits[choice]);
  if (choice < 20) return std::bit_cast<float>(0x3f00'0000 + choices.Word() % 0x0200'0000);
  return std::bit_cast<float>(choices.Word());
}

}  // namespace

struct Lockstep::State {
  explicit State(const LockstepOptions& o) : options(o), reference(o), subject(o) {
    subject.translator =
        Translator::Create(&subject.hart, &subject.bus, &subject, {.simd = options.simd});
    subject.interpreter.SetRunner(subject.translator.get(), 2);
  }

  void Prepare(Choices& choices);
  [[nodiscard]] std::string Difference();
  [[nodiscard]] std::string Listing() const;

  LockstepOptions options;
  Side reference;
  Side subject;
  std::vector<uint32_t> program;
};

void Lockstep::State::Prepare(Choices& choices) {
  program.clear();
  const uint32_t length = 4 + choices.Below(kMaxProgram - 4);
  for (uint32_t i = 0; i < length; ++i) program.push_back(MakeWord(choices, i, length));
  // Again from the start, so that blocks become hot.
  program.push_back(0x6f | PlaceBranchOffset(Op::kJal, -static_cast<int32_t>(4 * length)));
  // Traps: over the instruction and on. csrr t6, mepc; addi t6, t6, 4; csrw mepc, t6; mret
  constexpr uint32_t kTrapHandler[] = {0x34102ff3, 0x004f8f93, 0x341f9073, 0x30200073};
  std::array<uint32_t, 32> x{};
  std::array<uint32_t, 32> f{};
  for (uint32_t& value : x) value = choices.Below(4) == 0 ? choices.Word() : choices.Below(64);
  for (uint32_t& value : f) value = std::bit_cast<uint32_t>(InterestingFloat(choices));
  x[0] = 0;
  x[5] = choices.Below(40);
  x[8] = kData + 0x800;
  x[9] = kData + 4 * choices.Below(kDataBytes / 4);
  x[10] = kData + choices.Below(kDataBytes);
  x[11] = choices.Below(2) == 0 ? kData + 0x1000 : kCode + 4 * choices.Below(length);
  x[12] = choices.Below(4) == 0 ? kDevice + 4 * choices.Below(64) : kData + 0x2000;
  x[13] = choices.Below(4) == 0 ? choices.Word() : kData + kDataBytes - choices.Below(128);
  x[14] = kCode + 4 * choices.Below(length);
  x[15] = kCode + 4 * choices.Below(length);
  std::vector<uint8_t> data(kDataBytes);
  for (size_t i = 0; i < data.size(); i += 4) {
    const uint32_t value = i % 64 < 32 ? std::bit_cast<uint32_t>(InterestingFloat(choices))
                                       : static_cast<uint32_t>(i * 0x9E37'79B9);
    std::memcpy(&data[i], &value, 4);
  }
  std::array<uint8_t, 32 * kMaxVlenBytes> v;
  for (size_t i = 0; i < v.size(); i += 4)
    std::memcpy(&v[i], &data[i * 3 % data.size() / 4 * 4], 4);
  const uint32_t mstatus =
      kMstatusMpp | (choices.Below(8) == 0 ? choices.Word() & (kMstatusFs | kMstatusVs)
                                           : kMstatusFs | kMstatusVs);
  const uint32_t vtype = choices.Below(8) | choices.Below(3) << 3 | choices.Below(4) << 6;
  const uint32_t vl = choices.Below(40);
  const auto frm = static_cast<uint8_t>(choices.Below(8) == 0 ? choices.Below(8) : 0);
  const auto fflags = static_cast<uint8_t>(choices.Below(2) == 0 ? choices.Below(32) : 0);
  for (Side* side : {&reference, &subject}) {
    side->interpreter.DropBlocks();
    std::memcpy(side->bus.Ram(kData, kDataBytes), data.data(), data.size());
    uint8_t* code = side->bus.Ram(kCode, kCodeBytes);
    std::memset(code, 0, kCodeBytes);
    std::memcpy(code, program.data(), program.size() * 4);
    std::memcpy(code + (kHandler - kCode), kTrapHandler, sizeof(kTrapHandler));
    Hart& hart = side->hart;
    hart.Reset(kCode);
    hart.mtvec = kHandler;
    hart.x = x;
    hart.f = f;
    hart.mstatus = side->hart.v.present ? mstatus : mstatus & ~kMstatusVs;
    hart.frm = frm;
    hart.fflags = fflags;
    std::memcpy(hart.v.reg, v.data(), v.size());
    SetVtype(hart.v, vtype);
    hart.v.vl = std::min(vl, Vlmax(hart.v));
    side->interpreter.ForgetTrap();
  }
}

std::string Lockstep::State::Listing() const {
  std::string text;
  for (uint32_t i = 0; i < program.size(); ++i) {
    const GuestAddr pc = kCode + 4 * i;
    text += fmt::format("{:08x} {:08x} {}\n", pc, program[i], Disassemble(program[i], pc));
  }
  return text;
}

std::string Lockstep::State::Difference() {
  const Hart& a = reference.hart;
  const Hart& b = subject.hart;
  std::string text;
  const auto compare = [&text](std::string_view name, uint64_t one, uint64_t other) {
    if (one != other) text += fmt::format("{}: {:x}, translated {:x}\n", name, one, other);
  };
  const auto compare_each = [&](std::string_view name, const auto& ones, const auto& others) {
    for (size_t i = 0; i < std::size(ones); ++i) {
      if (ones[i] != others[i]) compare(fmt::format("{}{}", name, i), ones[i], others[i]);
    }
  };
  compare("pc", a.pc, b.pc);
  compare("retired", a.instructions_retired, b.instructions_retired);
  compare_each("x", a.x, b.x);
  compare_each("f", a.f, b.f);
  compare("fflags", a.fflags, b.fflags);
  compare("frm", a.frm, b.frm);
  compare("mstatus", a.mstatus, b.mstatus);
  compare("mepc", a.mepc, b.mepc);
  compare("mcause", a.mcause, b.mcause);
  compare("mtval", a.mtval, b.mtval);
  compare("vl", a.v.vl, b.v.vl);
  compare("vtype", a.v.vtype, b.v.vtype);
  compare("vstart", a.v.vstart, b.v.vstart);
  compare("vxsat", a.v.vxsat, b.v.vxsat);
  compare("vxrm", a.v.vxrm, b.v.vxrm);
  compare("decoded vtype",
          uint64_t{a.v.vill} << 16 | uint64_t{a.v.sew_shift} << 8 |
              static_cast<uint8_t>(a.v.lmul_shift),
          uint64_t{b.v.vill} << 16 | uint64_t{b.v.sew_shift} << 8 |
              static_cast<uint8_t>(b.v.lmul_shift));
  for (uint32_t i = 0; i < 32 * a.v.vlen_bytes; ++i) {
    if (i == 0 && std::memcmp(a.v.reg, b.v.reg, 32 * a.v.vlen_bytes) == 0) break;
    if (a.v.reg[i] == b.v.reg[i]) continue;
    text += fmt::format("v{} byte {}: {:x}, translated {:x}\n", i / a.v.vlen_bytes,
                        i % a.v.vlen_bytes, a.v.reg[i], b.v.reg[i]);
    break;
  }
  for (size_t m = 0; m < 2; ++m) {
    const Memory& one = *reference.bus.memories()[m];
    const Memory& other = *subject.bus.memories()[m];
    compare(one.name + " reads", one.count.reads, other.count.reads);
    compare(one.name + " writes", one.count.writes, other.count.writes);
    if (std::memcmp(one.bytes, other.bytes, one.size_bytes) != 0) text += one.name + " differs\n";
  }
  compare("device reads", reference.bus.devices()[0].count.reads,
          subject.bus.devices()[0].count.reads);
  compare("device writes", reference.bus.devices()[0].count.writes,
          subject.bus.devices()[0].count.writes);
  compare("what the platform was told", reference.witness.hash, subject.witness.hash);
  std::array<uint64_t, kCountSlots> counts{};
  std::array<uint64_t, kCountSlots> others{};
  reference.interpreter.AddOpCounts(counts);
  subject.interpreter.AddOpCounts(others);
  for (size_t i = 0; counts != others && i < kCountSlots; ++i) {
    if (counts[i] == others[i]) continue;
    const CountSlot slot = SlotOf(i);
    compare(MnemonicOf(slot.op, slot.fields), counts[i], others[i]);
  }
  compare_each("exceptions ", reference.interpreter.exceptions(), subject.interpreter.exceptions());
  return text;
}

Lockstep::Lockstep(const LockstepOptions& options) : state_(std::make_unique<State>(options)) {}
Lockstep::~Lockstep() = default;

bool Lockstep::translates() const { return state_->subject.translator != nullptr; }
uint64_t Lockstep::blocks_run() const { return static_cast<uint64_t>(state_->subject.blocks); }
uint64_t Lockstep::blocks_translated() const {
  return translates() ? state_->subject.translator->statistics().blocks : 0;
}

std::string Lockstep::Run(std::span<const uint8_t> seed) {
  State& s = *state_;
  Choices choices(seed);
  s.Prepare(choices);
  const uint64_t begin = s.reference.hart.instructions_retired;
  while (s.reference.hart.instructions_retired - begin < s.options.max_instructions) {
    const uint64_t step = choices.Below(4) == 0 ? 1 + choices.Below(20) : 1 + choices.Below(1000);
    InterpreterExit exits[2];
    for (Side* side : {&s.reference, &s.subject}) {
      side->hart.stop_at = side->hart.instructions_retired + step;
      exits[side == &s.subject ? 1 : 0] = side->interpreter.Run();
    }
    std::string difference = s.Difference();
    if (exits[0] != exits[1]) difference += "one has a double fault\n";
    if (!difference.empty()) return difference + s.Listing();
    if (exits[0] == InterpreterExit::kDoubleFault) break;
  }
  return {};
}

}  // namespace sim::translate
