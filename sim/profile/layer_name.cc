// SPDX-License-Identifier: Apache-2.0

#include "sim/profile/layer_name.h"

#include <charconv>
#include <vector>

namespace sim {
namespace {

constexpr std::string_view kDispatch = "_dispatch_";
constexpr std::string_view kAsync = "$async";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "36x128x128", "D" standing for a size known only at run time: "Dx8".
bool IsSizes(std::string_view word) {
  if (word.empty() || (!IsDigit(word[0]) && word[0] != 'D')) return false;
  return word.find_first_not_of("0123456789xD") == std::string_view::npos;
}

}  // namespace

std::optional<LayerName> ParseLayerName(std::string_view kernel) {
  const size_t at = kernel.rfind(kDispatch);
  if (at == std::string_view::npos) return std::nullopt;
  LayerName layer;
  std::string_view function = kernel.substr(0, at);
  if (function.ends_with(kAsync)) function.remove_suffix(kAsync.size());
  layer.function = function;
  std::string_view rest = kernel.substr(at + kDispatch.size());
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), layer.dispatch);
  if (error != std::errc()) return std::nullopt;
  rest.remove_prefix(static_cast<size_t>(end - rest.data()));
  if (rest.empty()) return layer;
  if (rest[0] != '_') return std::nullopt;
  rest.remove_prefix(1);
  // The operation ends where the sizes begin: the last run of "_<sizes>" words; types may follow.
  for (size_t start = 0; start < rest.size();) {
    size_t stop = rest.find('_', start);
    if (stop == std::string_view::npos) stop = rest.size();
    if (IsSizes(rest.substr(start, stop - start))) {
      layer.operation = rest.substr(0, start == 0 ? 0 : start - 1);
      layer.shape = rest.substr(start);
      return layer;
    }
    start = stop + 1;
  }
  layer.operation = rest;
  return layer;
}

}  // namespace sim
