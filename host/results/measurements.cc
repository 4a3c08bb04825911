// SPDX-License-Identifier: Apache-2.0

#include "host/results/measurements.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "host/results/atomic_file.h"
#include "host/results/fields.h"
#include "host/results/json_shape.h"
#include "host/results/profiler_series.h"

namespace host {
namespace {

using Json = nlohmann::ordered_json;

// "file:line:column" of a byte, for faults that lie before any JSON pointer exists.
std::string PlaceOf(const std::string& source, std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const size_t start = before.rfind('\n');
  const size_t column = start == std::string_view::npos ? before.size() + 1 : before.size() - start;
  return source + ":" + std::to_string(line) + ":" + std::to_string(column);
}

// nlohmann's messages begin with "[json.exception.parse_error.101] parse error at line 1, …: ".
std::string WithoutPrefix(std::string_view what) {
  const size_t colon = what.find(": ");
  return std::string(colon == std::string_view::npos ? what : what.substr(colon + 2));
}

Result<Json> ParseTree(std::string_view text, const std::string& source) {
  if (text.size() > kMeasurementsSizeLimitBytes) {
    return InputError("the measurements file is larger than " +
                          std::to_string(kMeasurementsSizeLimitBytes >> 20) + " MiB",
                      source);
  }
  const JsonShapeFault fault = CheckJsonShape(
      text, {.depth = kMeasurementsDepthLimit, .object_members = kMeasurementsMembersLimit});
  if (fault.sentence != nullptr) {
    return InputError(fault.sentence, PlaceOf(source, text, fault.offset));
  }
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    const size_t offset = error.byte > 0 ? error.byte - 1 : 0;
    return InputError("not valid JSON: " + WithoutPrefix(error.what()),
                      PlaceOf(source, text, offset));
  } catch (const Json::exception& error) {  // a number beyond double
    return InputError("not valid JSON: " + WithoutPrefix(error.what()), source);
  }
}

bool MentionsSynthetic(const Json& value) {
  if (value.is_string()) {
    std::string text = value.get<std::string>();
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text.find("synthetic") != std::string::npos;
  }
  return value.is_structured() && std::ranges::any_of(value, MentionsSynthetic);
}

StepTimes ReadStep(const Node& root, const std::string& key, FieldReader* fields) {
  StepTimes step;
  const Node durations = root.Member(key);
  const Node timestamps = root.Member(key + "_timestamp");
  step.duration_s = fields->Numbers(durations);
  step.timestamp_s = fields->Numbers(timestamps);
  if (!step.timestamp_s.empty() && step.timestamp_s.size() != step.duration_s.size()) {
    fields->Fault(timestamps.pointer, "must be as long as " + key + " (" +
                                          std::to_string(step.duration_s.size()) + ", not " +
                                          std::to_string(step.timestamp_s.size()) + ")");
  }
  return step;
}

std::vector<OptimizerInfo> ReadOptimizers(const Node& node, FieldReader* fields) {
  std::vector<OptimizerInfo> optimizers;
  for (const Node& entry : fields->Items(node)) {
    if (!fields->IsObject(entry)) continue;
    optimizers.push_back({.framework = fields->Text(entry.Member("compiler_framework")),
                          .version = fields->Text(entry.Member("compiler_version"))});
  }
  return optimizers;
}

std::vector<std::vector<double>> ReadConfusionMatrix(const Node& node, FieldReader* fields) {
  std::vector<std::vector<double>> matrix;
  if (!fields->IsList(node)) return matrix;
  const size_t classes = node.json->size();
  if (classes > kClassLimit) {
    fields->Fault(node.pointer, "must not have more than " + std::to_string(kClassLimit) + " rows");
    return matrix;
  }
  for (const Node& row : fields->Items(node)) {
    std::vector<double> values = fields->Numbers(row);
    if (row.json->is_array() && values.size() != classes) {
      fields->Fault(row.pointer, "must have " + std::to_string(classes) + " numbers, not " +
                                     std::to_string(row.json->size()));
    }
    if (std::ranges::any_of(values, [](double count) { return count < 0; })) {
      fields->Fault(row.pointer, "must not hold a negative count");
    }
    values.resize(classes);
    matrix.push_back(std::move(values));
  }
  return matrix;
}

std::vector<NamedCount> ReadCounts(const Node& node, FieldReader* fields) {
  std::vector<NamedCount> counts;
  if (!fields->IsObject(node)) return counts;
  for (const auto& [name, value] : node.json->items()) {
    const auto count = fields->Count({&value, AppendToPointer(node.pointer, name)});
    counts.push_back({name, count.value_or(0)});
  }
  return counts;
}

// Old files hold {opcode: count} of the only CPU, newer ones {cpu: {opcode: count}}.
bool IsFlat(const Json& counters) {
  return !counters.empty() && std::ranges::all_of(counters, &Json::is_number);
}

std::vector<CpuOpcodes> ReadOpcodes(const Node& node, FieldReader* fields) {
  std::vector<CpuOpcodes> cpus;
  if (!fields->IsObject(node)) return cpus;
  if (IsFlat(*node.json)) {
    cpus.push_back({"cpu", ReadCounts(node, fields)});
  } else {
    for (const auto& [cpu, counters] : node.json->items()) {
      cpus.push_back({cpu, ReadCounts({&counters, AppendToPointer(node.pointer, cpu)}, fields)});
    }
  }
  for (CpuOpcodes& cpu : cpus) {
    std::erase_if(cpu.opcodes, [](const NamedCount& opcode) { return opcode.count == 0; });
  }
  return cpus;
}

SimulatorProfile ReadSimulator(const Node& node, FieldReader* fields) {
  SimulatorProfile profile;
  profile.inferences = fields->Count(node.Member("inferences")).value_or(0);
  profile.load_instructions = fields->Count(node.Member("load_instructions")).value_or(0);
  profile.kernel_instructions = fields->Count(node.Member("kernel_instructions")).value_or(0);
  profile.runtime_instructions = fields->Count(node.Member("runtime_instructions")).value_or(0);
  for (const Node& entry : fields->Items(node.Member("kernels"))) {
    if (!fields->IsObject(entry)) continue;
    profile.kernels.push_back(
        {.name = fields->Text(entry.Member("name")),
         .calls = fields->Count(entry.Member("calls")),
         .instructions = fields->Count(entry.Member("instructions")).value_or(0),
         .vector_instructions = fields->Count(entry.Member("vector_instructions"))});
  }
  for (const Node& entry : fields->Items(node.Member("memory_regions"))) {
    if (!fields->IsObject(entry)) continue;
    profile.memory_regions.push_back({.name = fields->Text(entry.Member("name")),
                                      .start = fields->Count(entry.Member("start")).value_or(0),
                                      .size_bytes = fields->Count(entry.Member("size")).value_or(0),
                                      .reads = fields->Count(entry.Member("reads")).value_or(0),
                                      .writes = fields->Count(entry.Member("writes")).value_or(0)});
  }
  for (const Node& entry : fields->Items(node.Member("memory_map"))) {
    if (!fields->IsObject(entry)) continue;
    profile.memory_map.push_back({.name = fields->Text(entry.Member("name")),
                                  .start = fields->Count(entry.Member("start")).value_or(0),
                                  .size_bytes = fields->Count(entry.Member("size")).value_or(0)});
  }
  return profile;
}

std::vector<UtilizationSeries> ReadUtilization(const Node& root, FieldReader* fields) {
  struct Row {
    const char* key;
    const char* timestamps;
  };
  constexpr Row kRows[] = {
      {"mem_percent", "timestamp"},
      {"cpus_percent", "timestamp"},
      {"gpu_utilization", "gpu_timestamp"},
      {"gpu_mem_utilization", "gpu_timestamp"},
  };
  std::vector<UtilizationSeries> series;
  for (const Row& row : kRows) {
    const Node values = root.Member(std::string("session_utilization_") + row.key);
    if (!values || !fields->IsList(values)) continue;
    UtilizationSeries entry{.key = row.key, .values = {}, .timestamp_s = {}};
    for (const Node& value : fields->Items(values)) {
      // CPU usage is a list per sample, one number per core; shown is their mean.
      if (value.json->is_array()) {
        const std::vector<double> cores = fields->Numbers(value);
        double sum = 0;
        for (const double core : cores) sum += core;
        entry.values.push_back(cores.empty() ? 0 : sum / static_cast<double>(cores.size()));
      } else {
        entry.values.push_back(fields->Number(value).value_or(0));
      }
    }
    const Node times = root.Member(std::string("session_utilization_") + row.timestamps);
    entry.timestamp_s = fields->Numbers(times);
    if (entry.timestamp_s.size() != entry.values.size()) entry.timestamp_s.clear();
    if (!entry.values.empty()) series.push_back(std::move(entry));
  }
  return series;
}

void ReadBuildConfig(const Node& cfg, FieldReader* fields, Measurements* out) {
  if (!fields->IsObject(cfg)) return;
  out->build_cfg = cfg.json->dump(4);
  const Node dataset = cfg.Member("dataset");
  if (const Node type = dataset.Member("type"); type && type.json->is_string()) {
    const std::string path = type.json->get<std::string>();
    out->dataset_class = path.substr(path.rfind('.') + 1);
  }
  if (const Node parameters = dataset.Member("parameters"); parameters) {
    out->synthetic_data = MentionsSynthetic(*parameters.json);
  }
  const Node optimizers = cfg.Member("optimizers");
  if (!optimizers || !optimizers.json->is_array() || optimizers.json->empty()) return;
  const Node last{&optimizers.json->back(), optimizers.pointer};
  if (const Node args = last.Member("parameters").Member("compiler_args");
      args && args.json->is_array()) {
    out->compiler_args = fields->Texts(args);
  }
}

Result<Measurements> ReadMeasurements(const Node& root, const std::string& source, bool nested) {
  FieldReader fields(source);
  Measurements out;
  out.source = source;
  if (!root.json->is_object()) return InputError("must hold a JSON object", source + "#");
  out.model_name = fields.Text(root.Member("model_name"));
  out.command = fields.Texts(root.Member("command"));
  ReadBuildConfig(root.Member("build_cfg"), &fields, &out);
  out.cfg_path = fields.Text(root.Member("cfg_path"));
  out.model_framework = fields.Text(root.Member("model_framework"));
  out.model_version = fields.Text(root.Member("model_version"));
  out.optimizers = ReadOptimizers(root.Member("optimizers"), &fields);
  if (const Node synthetic = root.Member("dataset_synthetic"); synthetic) {
    out.synthetic_data = fields.Bool(synthetic);
  }
  out.class_names = fields.Texts(root.Member("class_names"));
  out.compiled_model_size_bytes = fields.Count(root.Member("compiled_model_size"));

  out.target_inference = ReadStep(root, "target_inference_step", &fields);
  out.protocol_inference = ReadStep(root, "protocol_inference_step", &fields);
  out.preprocess = ReadStep(root, "input_preprocess_step", &fields);
  out.postprocess = ReadStep(root, "output_postprocess_step", &fields);

  const Node matrix = root.Member("eval_confusion_matrix");
  out.confusion_matrix = ReadConfusionMatrix(matrix, &fields);
  if (!out.confusion_matrix.empty() && !out.class_names.empty() &&
      out.class_names.size() != out.confusion_matrix.size()) {
    fields.Fault(matrix.pointer, "must have a row for each of the " +
                                     std::to_string(out.class_names.size()) + " class_names, not " +
                                     std::to_string(out.confusion_matrix.size()));
  }
  out.total = fields.Count(root.Member("total")).value_or(0);
  out.top_5_count = fields.Count(root.Member("top_5_count"));
  if (const Node predictions = root.Member("predictions");
      predictions && predictions.json->is_array() &&
      std::ranges::all_of(*predictions.json, &Json::is_number)) {
    out.predictions = fields.Numbers(predictions);  // other datasets keep lists of objects here
  }

  out.allocation_stats = ReadCounts(root.Member("allocation_stats"), &fields);
  const Node opcodes = root.Member("opcode_counters");
  out.has_opcode_counters = static_cast<bool>(opcodes);
  out.opcode_counters = ReadOpcodes(opcodes, &fields);
  const Node simulator = root.Member("simulator_profile");
  if (fields.IsObject(simulator)) out.simulator = ReadSimulator(simulator, &fields);
  out.profiler = ReadProfilerSeries(root, &fields, &out.remarks);
  out.utilization = ReadUtilization(root, &fields);
  if (!simulator && root.Member("cfg_path") && !out.opcode_counters.empty()) {
    out.remarks.emplace_back(
        "The opcode counters of this file include start-up and model upload (Kenning since 2025 "
        "counts from power-on).");
  }
  if (const Node unoptimized = root.Member("__unoptimized__"); unoptimized && !nested) {
    auto inner = ReadMeasurements(unoptimized, source, true);
    if (!inner) return std::unexpected(std::move(inner.error()));
    out.unoptimized = std::make_shared<const Measurements>(*std::move(inner));
  }
  if (!fields.clean()) return std::unexpected(fields.TakeError());
  return out;
}

}  // namespace

Result<Measurements> ParseMeasurements(std::string_view json, std::string source) {
  const Result<Json> tree = ParseTree(json, source);
  if (!tree) return std::unexpected(tree.error());
  return ReadMeasurements({&*tree, ""}, source, false);
}

Result<Measurements> LoadMeasurements(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    return InputError("the measurements file does not exist", path.string());
  }
  if (std::filesystem::is_directory(status)) {
    return InputError("is a folder, not a measurements file", path.string());
  }
  std::ifstream file(path, std::ios::binary);
  // Read up to the limit and one byte more, so that a pipe or a growing file is bounded as well.
  std::string text;
  char block[1 << 16];
  while (file.read(block, sizeof block) || file.gcount() > 0) {
    text.append(block, static_cast<size_t>(file.gcount()));
    if (text.size() > kMeasurementsSizeLimitBytes) break;
  }
  if (!file.is_open() || file.bad()) {
    return InputError("the measurements file cannot be read", path.string());
  }
  return ParseMeasurements(text, path.string());
}

Result<> WriteMeasurements(const std::filesystem::path& path,
                           const nlohmann::ordered_json& contents) {
  std::string text = contents.dump(2, ' ', false, Json::error_handler_t::replace);
  text.push_back('\n');
  return WriteFileAtomically(path, text);
}

}  // namespace host
