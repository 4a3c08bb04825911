// SPDX-License-Identifier: Apache-2.0

#include "sim/profile/function_table.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>

namespace sim {
namespace {

// Foreign names: longer ones are shown as they are, the demangler is not let loose on them.
constexpr size_t kMaxMangled = 512;

uint64_t Key(uint32_t unit, GuestAddr address) { return uint64_t{unit} << 32 | address; }

std::string Shown(const std::string& name) {
  if (!name.starts_with("_Z") || name.size() > kMaxMangled) return name;
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), std::free);
  return status == 0 && text != nullptr ? std::string(text.get()) : name;
}

std::string AddressName(GuestAddr address) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) text += kDigits[address >> shift & 15];
  return text;
}

}  // namespace

uint32_t FunctionTable::Add(Function function) {
  if (functions_.size() >= kMaxFunctions) return 0;
  const auto number = static_cast<uint32_t>(functions_.size());
  if (!starts_.try_emplace(Key(function.unit, function.address), number).second) {
    // Something begins there already: a kernel's name is better than an address.
    if (!function.is_kernel) return starts_.at(Key(function.unit, function.address));
    starts_[Key(function.unit, function.address)] = number;
  }
  functions_.push_back(std::move(function));
  return number;
}

void FunctionTable::SetSymbols(std::span<const CodeSymbol> symbols) {
  std::erase_if(starts_, [](const auto& start) { return start.first >> 32 == 0; });
  for (const CodeSymbol& symbol : symbols) {
    Add({.name = Shown(symbol.name),
         .unit = 0,
         .address = symbol.address,
         .size_bytes = symbol.size_bytes});
  }
}

FunctionTable FunctionTable::FirmwareOnly() const {
  FunctionTable table;
  for (const auto& [key, number] : starts_) {
    if (key >> 32 == 0) table.Add(functions_[number]);
  }
  return table;
}

uint32_t FunctionTable::AddKernel(uint32_t unit, std::string_view name, GuestAddr address) {
  return Add({.name = name.empty() ? "kernel at " + AddressName(address) : std::string(name),
              .unit = unit,
              .address = address,
              .is_kernel = true});
}

uint32_t FunctionTable::At(uint32_t unit, GuestAddr address) const {
  auto after = starts_.upper_bound(Key(unit, address));
  if (after == starts_.begin()) return 0;
  const auto& [key, number] = *--after;
  if (key >> 32 != unit) return 0;
  const Function& function = functions_[number];
  if (function.size_bytes != 0 && address - function.address >= function.size_bytes) return 0;
  return number;
}

uint32_t FunctionTable::AtCallTarget(uint32_t unit, GuestAddr address) {
  const uint32_t holder = At(unit, address);
  if (holder != 0) {
    const Function& function = functions_[holder];
    if (function.size_bytes != 0 || function.address == address) return holder;
  }
  return Add({.name = AddressName(address), .unit = unit, .address = address});
}

}  // namespace sim
