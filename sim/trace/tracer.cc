// SPDX-License-Identifier: Apache-2.0

#include "sim/trace/tracer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "sim/isa/disassembler.h"
#include "sim/profile/printable.h"
#include "sim/trace/accesses.h"

namespace sim {
namespace {

std::expected<GuestAddr, std::string> ParseAddress(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with("0x")) digits.remove_prefix(2);
  GuestAddr address = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), address, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return std::unexpected(fmt::format("'{}' is no hexadecimal address", text));
  }
  return address;
}

std::string Hex(std::span<const uint8_t> little_endian) {
  std::string text;
  for (size_t i = little_endian.size(); i-- > 0;) text += fmt::format("{:02x}", little_endian[i]);
  return text;
}

std::string_view OperandsOf(const DecodedInsn& insn) {
  return insn.op == Op::kIllegal ? std::string_view() : Info(Info(insn.op).insn_class).operands;
}

}  // namespace

std::expected<void, std::string> TraceFilter::Add(std::string_view text) {
  if (text.empty()) return std::unexpected("a trace filter is empty");
  if (!text.starts_with("0x")) {
    functions.emplace_back(text);
    return {};
  }
  const size_t dash = text.find('-');
  const auto first = ParseAddress(text.substr(0, dash));
  if (!first) return std::unexpected(first.error());
  const auto last = dash == std::string_view::npos ? first : ParseAddress(text.substr(dash + 1));
  if (!last) return std::unexpected(last.error());
  if (*last < *first)
    return std::unexpected(fmt::format("the range {} ends before it begins", text));
  ranges.push_back({*first, *last});
  return {};
}

Tracer::Tracer(Machine* machine, TraceFilter filter, std::FILE* out)
    : machine_(machine), filter_(std::move(filter)), out_(out) {}

bool Tracer::PassesName(const std::string& name) {
  const auto [known, is_new] = names_.try_emplace(name, false);
  if (is_new) {
    known->second = std::ranges::any_of(filter_.functions, [&](const std::string& wanted) {
      return name == wanted || (name.starts_with(wanted) && name[wanted.size()] == '(');
    });
  }
  return known->second;
}

bool Tracer::Passes(GuestAddr pc) {
  if (filter_.ranges.empty() && filter_.functions.empty()) return true;
  for (const TraceFilter::Range& range : filter_.ranges) {
    if (pc >= range.first && pc <= range.last) return true;
  }
  if (filter_.functions.empty()) return false;
  const Function* function = machine_->FunctionAt(pc);
  return function != nullptr && PassesName(function->name);
}

bool Tracer::Wants(GuestAddr pc, uint32_t size_bytes) {
  for (uint32_t offset = 0; offset < size_bytes; offset += 4) {
    if (Passes(pc + offset)) return true;
  }
  return false;
}

bool Tracer::Before(const DecodedInsn& insn) {
  shown_ = Passes(insn.pc);
  if (!shown_) return true;
  const Hart& hart = machine_->hart();
  accesses_.clear();
  stores_.clear();
  constexpr size_t kShown = 4;  // elements of a vector access
  size_t count = 0;
  ForEachAccess(hart, insn, [&](const Access& access) {
    if (++count > kShown) return;
    if (access.is_write && access.size_bytes <= 4) {
      stores_.push_back(access.address);
      store_bytes_ = access.size_bytes;
    } else {
      accesses_ += fmt::format(" [{:08x}]", access.address);
    }
  });
  if (count > kShown) accesses_ += fmt::format(" and {} more", count - kShown);
  if (OperandsOf(insn).starts_with("{vd}")) {
    vectors_.assign(hart.v.reg, hart.v.reg + size_t{32} * hart.v.vlen_bytes);
  }
  return true;
}

bool Tracer::After(const DecodedInsn& insn, bool retired) {
  if (!shown_) return true;
  Hart& hart = machine_->hart();
  const Function* function = machine_->FunctionAt(insn.pc);
  std::string place = function == nullptr ? std::string()
                                          : fmt::format(" <{}+0x{:x}>", Printable(function->name),
                                                        insn.pc - function->address);
  std::string code = Disassemble(insn.word, insn.pc);
  std::ranges::replace(code, '\t', ' ');
  std::string effect;
  const std::string_view operands = OperandsOf(insn);
  if (retired && operands.starts_with("{rd}") && insn.rd != 0) {
    effect += fmt::format(" {}={:08x}", IntRegisterName(insn.rd), hart.x[insn.rd]);
  } else if (retired && operands.starts_with("{fd}")) {
    effect += fmt::format(" {}={:08x}", FloatRegisterName(insn.rd), hart.f[insn.rd]);
  } else if (operands.starts_with("{vd}")) {
    for (uint32_t i = 0; i < 32; ++i) {
      const uint8_t* now = hart.v.Reg(i);
      if (std::memcmp(now, vectors_.data() + size_t{i} * hart.v.vlen_bytes, hart.v.vlen_bytes) ==
          0) {
        continue;
      }
      effect += fmt::format(" v{}={}", i, Hex({now, hart.v.vlen_bytes}));
    }
  }
  for (const GuestAddr address : stores_) {
    const uint8_t* bytes = retired ? machine_->bus().Ram(address, store_bytes_) : nullptr;
    effect += fmt::format(" [{:08x}]", address);
    if (bytes != nullptr) effect += "=" + Hex({bytes, store_bytes_});
  }
  effect += accesses_;
  if (!retired) {
    effect += fmt::format(" trap: cause {}, value {:08x}", static_cast<uint32_t>(hart.trap.cause),
                          hart.trap.tval);
  }
  if (!effect.empty()) code = fmt::format("{:<32}{}", code, effect);
  const std::string line = fmt::format("{} {:08x}{} {:08x} {}\n", hart.RetiredBefore(insn), insn.pc,
                                       place, insn.word, code);
  return std::fputs(line.c_str(), out_) >= 0;
}

}  // namespace sim
