// SPDX-License-Identifier: Apache-2.0

#include "host/cli/profile_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <sstream>

#include "base/try.h"
#include "host/results/atomic_file.h"
#include "sim/profile/callgrind.h"
#include "sim/profile/folded_stacks.h"
#include "sim/profile/profile_json.h"
#include "sim/profile/top_table.h"

namespace host::cli {
namespace {

constexpr size_t kTopRows = 20;

struct Output {
  const char* option;
  bool needs_calls;
  void (*write)(const sim::Profile& profile, const sim::CodeProfile& code, std::ostream& out);
};

constexpr auto kOutputs = std::to_array<Output>({
    {"--counters", false,
     [](const sim::Profile& profile, const sim::CodeProfile& code, std::ostream& out) {
       out << sim::ProfileJson(profile, &code);
     }},
    {"--callgrind", true,
     [](const sim::Profile&, const sim::CodeProfile& code, std::ostream& out) {
       sim::WriteCallgrind(code, "kenning", out);
     }},
    {"--folded", true,
     [](const sim::Profile&, const sim::CodeProfile& code, std::ostream& out) {
       sim::WriteFoldedStacks(code, out);
     }},
    {"--top", false,
     [](const sim::Profile& profile, const sim::CodeProfile& code, std::ostream& out) {
       sim::WriteTopTable(profile, code, kTopRows, out);
     }},
});

}  // namespace

bool AsksForProfile(const Arguments& arguments) {
  return std::ranges::any_of(kOutputs,
                             [&](const Output& output) { return arguments.Has(output.option); });
}

bool NeedsCallGraph(const Arguments& arguments) {
  for (const Output& output : kOutputs) {
    if (output.needs_calls && arguments.Has(output.option)) return true;
  }
  return false;
}

Result<> WriteProfileFiles(const Arguments& arguments, const Device& device) {
  std::optional<sim::Profile> profile;
  std::optional<sim::CodeProfile> code;
  for (const Output& output : kOutputs) {
    if (!arguments.Has(output.option)) continue;
    if (!profile) {
      profile = device.Counters();
      code = device.CodeCounters();
    }
    if (!profile || !code) {
      return InputError(fmt::format("{} needs the built-in simulator", output.option));
    }
    std::ostringstream text;
    output.write(*profile, *code, text);
    const std::string path = arguments.One(output.option);
    if (path.empty()) {
      std::cout << text.str() << std::flush;
    } else {
      TRY(WriteFileAtomically(path, text.str()));
    }
  }
  return {};
}

}  // namespace host::cli
