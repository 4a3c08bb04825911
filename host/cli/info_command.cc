// SPDX-License-Identifier: Apache-2.0

#include "host/cli/info_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/try.h"
#include "board/springbok/memory_map.h"
#include "host/cli/exit_code.h"
#include "host/terminal/log.h"

namespace host::cli {
namespace {

using Json = nlohmann::ordered_json;
using runtime::inspect::Executable;
using runtime::inspect::Export;
using runtime::inspect::Import;
using runtime::inspect::Report;

std::string TypesText(const std::vector<runtime::ValueInfo>& values) {
  std::vector<std::string> texts;
  for (const runtime::ValueInfo& value : values) texts.push_back(runtime::inspect::TypeText(value));
  return fmt::format("({})", fmt::join(texts, ", "));
}

bool IsAccepted(const Report& report) { return report.load_status == base::Status::kOk; }

std::string Reason(const Report& report) {
  return PrintableText(report.load_failure.empty()
                           ? std::string(base::StatusText(report.load_status))
                           : report.load_failure);
}

std::string KernelNames(const Executable& executable) {
  std::string text;
  for (size_t i = 0; i < executable.kernels.size(); ++i) {
    const std::string& name = executable.kernels[i];
    text += fmt::format("    {:<4} {}\n", i, name.empty() ? "(no name)" : PrintableText(name));
  }
  return text;
}

}  // namespace

std::string InfoText(const CheckedModule& module, const std::string& path) {
  const Report& report = module.report;
  std::string text = fmt::format(
      "{}\n"
      "  module       {}, {} bytes{}\n"
      "  compiler     {}\n"
      "  bytecode     version {}.{}, {} functions, {} bytes\n"
      "  constants    {} bytes in {} segments, in place\n"
      "  globals      {} bytes and {} references\n",
      PrintableText(path), PrintableText(report.module_name), module.bytes.size(),
      report.zip ? ", zip container" : "",
      report.compiler_generation.empty() ? "not recognised" : report.compiler_generation,
      report.bytecode_major, report.bytecode_minor, report.function_count,
      report.bytecode_size_bytes, report.rodata_size_bytes, report.rodata_segment_count,
      report.global_bytes, report.global_ref_count);
  text += "\nfunctions\n";
  for (const Export& row : report.exports) {
    text += fmt::format("  {} {} -> {}  [{}]\n", PrintableText(row.name), TypesText(row.arguments),
                        TypesText(row.results), PrintableText(row.calling_convention));
  }
  text += "\nimports\n";
  for (const Import& row : report.imports) {
    text += fmt::format("  {:<44} {:<20}{}\n", PrintableText(row.name),
                        PrintableText(row.calling_convention),
                        row.implemented ? "" : "  NOT IMPLEMENTED");
  }
  text += "\nkernels\n";
  for (const Executable& row : report.executables) {
    text += fmt::format("  {} {}: library version {}, ELF {} bytes, {} bytes in memory\n",
                        PrintableText(row.machine), PrintableText(row.library_name),
                        row.library_version, row.file_size_bytes, row.image_size_bytes);
    text += KernelNames(row);
  }
  for (const std::string& problem : report.problems) {
    text += fmt::format("\nproblem: {}\n", PrintableText(problem));
  }
  text += "\ndevice\n";
  if (IsAccepted(report)) {
    const runtime::Machine machine = report.kernels_for.value_or(runtime::Machine::kRiscV32);
    text += fmt::format(
        "  memory       {} bytes after loading (file {}, program and kernels {}){}; tensors of a "
        "call come on top\n  runs on      {}\n  accepted     yes\n",
        module.bytes.size() + report.arena_bytes_after_load, module.bytes.size(),
        report.arena_bytes_after_load,
        machine == runtime::Machine::kRiscV32 ? fmt::format(" of {}", board::springbok::kDTCM_SIZE)
                                              : "",
        PlacesOf(machine));
  } else {
    text += fmt::format("  accepted     no: {} ({})\n", Reason(report),
                        base::StatusName(report.load_status));
  }
  return text;
}

std::string InfoJson(const CheckedModule& module, const std::string& path) {
  const Report& report = module.report;
  Json json;
  json["file"] = path;
  json["size_bytes"] = module.bytes.size();
  json["module"] = report.module_name;
  json["zip"] = report.zip;
  json["compiler"] = report.compiler_generation;
  json["bytecode_version"] = fmt::format("{}.{}", report.bytecode_major, report.bytecode_minor);
  json["architecture"] =
      report.kernels_for ? Json(runtime::inspect::MachineName(*report.kernels_for)) : Json();
  json["functions"] = report.function_count;
  json["bytecode_bytes"] = report.bytecode_size_bytes;
  json["rodata_bytes"] = report.rodata_size_bytes;
  json["rodata_segments"] = report.rodata_segment_count;
  json["global_bytes"] = report.global_bytes;
  json["global_references"] = report.global_ref_count;
  json["exports"] = Json::array();
  for (const Export& row : report.exports) {
    json["exports"].push_back({{"name", row.name},
                               {"calling_convention", row.calling_convention},
                               {"arguments", TypesText(row.arguments)},
                               {"results", TypesText(row.results)}});
  }
  json["imports"] = Json::array();
  for (const Import& row : report.imports) {
    json["imports"].push_back({{"name", row.name},
                               {"calling_convention", row.calling_convention},
                               {"implemented", row.implemented}});
  }
  json["executables"] = Json::array();
  for (const Executable& row : report.executables) {
    json["executables"].push_back({{"machine", row.machine},
                                   {"library", row.library_name},
                                   {"library_version", row.library_version},
                                   {"elf_bytes", row.file_size_bytes},
                                   {"image_bytes", row.image_size_bytes},
                                   {"kernels", row.kernels}});
  }
  json["problems"] = report.problems;
  json["accepted"] = IsAccepted(report);
  if (!IsAccepted(report)) json["reason"] = Reason(report);
  json["arena_bytes_after_load"] = report.arena_bytes_after_load;
  // Names come from the file and may be no UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<int> InfoCommand(const Arguments& arguments) {
  const std::string& path = arguments.positionals().front();
  const CheckedModule module = TRY(ReadModule(path));
  fmt::print("{}", arguments.Has("--json") ? InfoJson(module, path) : InfoText(module, path));
  return IsAccepted(module.report) ? kExitGood : kExitInputWrong;
}

}  // namespace host::cli
