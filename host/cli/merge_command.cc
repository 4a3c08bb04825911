// SPDX-License-Identifier: Apache-2.0

#include "host/cli/merge_command.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/try.h"
#include "host/cli/exit_code.h"
#include "host/input/read_file.h"
#include "host/results/measurements.h"
#include "host/scenario/json_lines.h"
#include "host/session/merged_results.h"

namespace host::cli {
namespace {

using Json = nlohmann::ordered_json;

Result<Json> ReadPart(const std::string& path) {
  const std::vector<uint8_t> bytes =
      TRY(ReadFile(path, kMeasurementsSizeLimitBytes, "the results file"));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (NestingDepth(text) > kMeasurementsDepthLimit) {
    return InputError("nested too deeply for a results file", path);
  }
  try {
    return Json::parse(text);
  } catch (const Json::exception& fault) {
    return InputError(fmt::format("is not JSON: {}", fault.what()), path);
  }
}

}  // namespace

Result<int> MergeCommand(const Arguments& arguments, Log& log) {
  std::vector<NamedResults> parts;
  Error faults{ErrorKind::kInput, "not all parts can be read", {}, {}};
  for (const std::string& path : arguments.positionals()) {
    auto part = ReadPart(path);
    if (part)
      parts.push_back({path, *std::move(part)});
    else
      faults.causes.push_back(std::move(part).error());
  }
  if (!faults.causes.empty()) return std::unexpected(std::move(faults));
  const size_t count = parts.size();
  const MergeOutcome merged = TRY(MergeResults(std::move(parts)));
  for (const std::string& note : merged.notes) log.Warning(note);
  const std::string path = arguments.One("--measurements");
  TRY(WriteMeasurements(path, merged.contents));
  log.Info(fmt::format("Measurements path: {} ({} parts)", path, count));
  return kExitGood;
}

}  // namespace host::cli
