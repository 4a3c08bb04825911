// SPDX-License-Identifier: Apache-2.0

#include "host/results/layers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

namespace host {
namespace {

constexpr std::string_view kMarker = "_dispatch_";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "16", "1x128x3", "Dx4" (D: a size known at run time only).
bool IsShape(std::string_view word) {
  bool has_size = false;
  bool at_size = true;
  for (const char c : word) {
    if (c == 'x' && has_size) {
      if (at_size) return false;
      at_size = true;
    } else if (IsDigit(c) || (c == 'D' && at_size)) {
      has_size = true;
      at_size = false;
    } else {
      return false;
    }
  }
  return has_size && !at_size;
}

struct FamilyRow {
  std::string_view part;  // of the operation's name
  std::string_view family;
};

// The first row whose part occurs decides.
constexpr auto kFamilies = std::to_array<FamilyRow>({
    {"depthwise", "depthwise convolution"},
    {"conv", "convolution"},
    {"pool", "pooling"},
    {"softmax", "softmax"},
    {"matmul", "matrix product"},
    {"matvec", "matrix product"},
    {"vecmat", "matrix product"},
    {"mmt4d", "matrix product"},
    {"contract", "matrix product"},
    {"dot", "matrix product"},
    {"memcpy", "data movement"},
    {"transpose", "data movement"},
    {"pack", "data movement"},
    {"copy", "data movement"},
    {"fill", "data movement"},
    {"pad", "data movement"},
    {"scatter", "data movement"},
    {"gather", "data movement"},
    {"reduc", "reduction"},
    {"elementwise", "elementwise"},
    {"broadcast", "elementwise"},
    {"generic", "elementwise"},
});

}  // namespace

std::optional<DispatchName> ParseDispatchName(std::string_view kernel) {
  const size_t marker = kernel.find(kMarker);
  if (marker == std::string_view::npos) return std::nullopt;
  std::string_view rest = kernel.substr(marker + kMarker.size());
  DispatchName name;
  const auto [end, error] =
      std::from_chars(rest.data(), rest.data() + rest.size(), name.ordinal, 10);
  if (error != std::errc()) return std::nullopt;
  rest.remove_prefix(static_cast<size_t>(end - rest.data()));
  if (rest.empty()) return name;
  if (rest.front() != '_') return std::nullopt;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the underscore
    const std::string_view word = rest.substr(0, rest.find('_'));
    if (IsShape(word)) {
      name.shape = word;
      rest.remove_prefix(word.size());
      if (!rest.empty()) name.types = rest.substr(1);
      break;
    }
    if (!name.operation.empty()) name.operation += '_';
    name.operation += word;
    rest.remove_prefix(word.size());
  }
  return name;
}

std::string_view OperationFamily(std::string_view operation) {
  for (const FamilyRow& row : kFamilies) {
    if (operation.find(row.part) != std::string_view::npos) return row.family;
  }
  return "other";
}

std::vector<LayerCount> LayersOf(const SimulatorProfile& profile) {
  std::vector<LayerCount> layers;
  for (const KernelCount& kernel : profile.kernels) {
    std::optional<DispatchName> name = ParseDispatchName(kernel.name);
    if (!name) continue;
    const std::string_view family = OperationFamily(name->operation);
    layers.push_back({*std::move(name), family, &kernel});
  }
  std::ranges::sort(layers, [](const LayerCount& a, const LayerCount& b) {
    return std::tie(a.name.ordinal, a.kernel->name) < std::tie(b.name.ordinal, b.kernel->name);
  });
  return layers;
}

}  // namespace host
