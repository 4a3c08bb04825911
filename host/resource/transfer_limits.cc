// SPDX-License-Identifier: Apache-2.0

#include "host/resource/transfer_limits.h"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "base/try.h"
#include "fmt/format.h"

namespace host {
namespace {

constexpr uint64_t kMostBytes = uint64_t{1} << 50;
constexpr uint64_t kMostSeconds = 7 * 24 * 3600;

// 1..most; nothing if the variable is not set.
Result<std::optional<uint64_t>> Number(const char* variable, uint64_t most) {
  const char* value = std::getenv(variable);
  const std::string_view text = value == nullptr ? "" : value;
  if (text.empty()) return std::nullopt;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > most) {
    return InputError(fmt::format("'{}' is not a number from 1 to {}", text, most), variable);
  }
  return number;
}

}  // namespace

Result<TransferLimits> LimitsFromEnvironment(TransferLimits limits) {
  if (const auto bytes = TRY(Number("KENNING_DOWNLOAD_MAX_SIZE", kMostBytes))) {
    limits.size_bytes = *bytes;
  }
  if (const auto seconds = TRY(Number("KENNING_DOWNLOAD_TIMEOUT", kMostSeconds))) {
    limits.connect = std::chrono::seconds(*seconds);
    limits.stalled = limits.connect;
  }
  if (const auto seconds = TRY(Number("KENNING_LOCK_TIMEOUT", kMostSeconds))) {
    limits.turn = std::chrono::seconds(*seconds);
  }
  return limits;
}

}  // namespace host
