// SPDX-License-Identifier: Apache-2.0

// A measurements file (results.json, spec kenning-contract.md section 6), read, checked and made
// uniform over the generations of Kenning that wrote it.
//
// The file is foreign: size, nesting, types, lengths and ranges are checked, every fault is
// reported at once with file and JSON pointer. Unknown keys are ignored (later Kennings add some).
// Cost: one pass over the bytes and one JSON tree, about six times the file's size while loading.
#ifndef HOST_RESULTS_MEASUREMENTS_H_
#define HOST_RESULTS_MEASUREMENTS_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/error/error.h"

namespace host {

constexpr size_t kMeasurementsSizeLimitBytes = size_t{64} << 20;
constexpr size_t kMeasurementsDepthLimit = 64;
constexpr size_t kMeasurementsMembersLimit = 4096;  // of one JSON object
constexpr size_t kClassLimit = 4096;

struct NamedCount {
  std::string name;
  uint64_t count = 0;
  bool operator==(const NamedCount&) const = default;
};

// "iree", "3.0.0".
struct OptimizerInfo {
  std::string framework;
  std::string version;
};

// Durations of one step of the pipeline, one entry per sample. Timestamps may be missing.
struct StepTimes {
  std::vector<double> duration_s;
  std::vector<double> timestamp_s;  // empty, or as long as duration_s
};

// Opcode counters of one CPU, opcodes with a count of zero left out, in file order.
struct CpuOpcodes {
  std::string cpu;
  std::vector<NamedCount> opcodes;
};

struct CpuSeries {
  std::string cpu;
  std::vector<double> instructions;
};

struct PeripheralSeries {
  std::string peripheral;
  std::vector<double> reads;
  std::vector<double> writes;
};

// What the simulator counted over virtual time. Every series holds counts per interval (the
// per-second values of old files are scaled back) and is empty or as long as timestamp_s. A value
// that the file is known to have wrong is NaN, and a remark says so.
struct ProfilerSeries {
  double interval_s = 0;
  std::vector<double> timestamp_s;
  std::vector<CpuSeries> executed;
  std::vector<double> memory_reads;
  std::vector<double> memory_writes;
  std::vector<PeripheralSeries> peripherals;
  std::vector<double> exceptions;
};

// One kernel (exported function of the model's executable) over all inferences.
struct KernelCount {
  std::string name;
  std::optional<uint64_t> calls;
  uint64_t instructions = 0;
  std::optional<uint64_t> vector_instructions;
};

struct MemoryRegion {
  std::string name;
  uint64_t start = 0;
  uint64_t size_bytes = 0;
  uint64_t reads = 0;
  uint64_t writes = 0;
};

// What a part of the device's memory is for.
struct MemoryUse {
  std::string name;
  uint64_t start = 0;
  uint64_t size_bytes = 0;
};

// Key `simulator_profile`, written by this tool only; see docs/report.md for the schema.
struct SimulatorProfile {
  uint64_t inferences = 0;
  uint64_t load_instructions = 0;
  uint64_t kernel_instructions = 0;   // inside kernels, all inferences together
  uint64_t runtime_instructions = 0;  // outside kernels between begin and end of an inference
  std::vector<KernelCount> kernels;
  std::vector<MemoryRegion> memory_regions;
  std::vector<MemoryUse> memory_map;  // in the order of addresses
};

// A series of host or target utilisation (session_utilization_*); absent for UART devices.
struct UtilizationSeries {
  std::string key;  // "cpus_percent_avg", "mem_percent", "gpu_utilization", "gpu_mem_utilization"
  std::vector<double> values;
  std::vector<double> timestamp_s;  // empty, or as long as values
};

struct Measurements {
  std::string source;  // path as it was given
  std::string model_name;
  std::vector<std::string> command;  // lines
  std::string build_cfg;             // JSON text, indented by 4, keys in file order; "" if absent
  std::string cfg_path;
  std::string model_framework;
  std::string model_version;
  std::vector<OptimizerInfo> optimizers;
  std::vector<std::string> compiler_args;  // of the last optimizer in build_cfg
  std::string dataset_class;               // last component of the dataset's type
  bool synthetic_data = false;  // key `dataset_synthetic`, or the dataset's parameters say it
  std::vector<std::string> class_names;
  std::optional<uint64_t> compiled_model_size_bytes;

  StepTimes target_inference;    // preferred where present
  StepTimes protocol_inference;  // request to answer
  StepTimes preprocess;
  StepTimes postprocess;

  std::vector<std::vector<double>> confusion_matrix;  // [actual][predicted], square
  uint64_t total = 0;                                 // evaluated predictions
  std::optional<uint64_t> top_5_count;
  std::vector<double> predictions;  // per class, sensor mode

  std::vector<NamedCount> allocation_stats;  // bytes
  bool has_opcode_counters = false;          // key present, even if empty
  std::vector<CpuOpcodes> opcode_counters;
  ProfilerSeries profiler;
  std::vector<UtilizationSeries> utilization;
  std::optional<SimulatorProfile> simulator;

  std::vector<std::string> remarks;  // what a reader must know about this file's numbers
  std::shared_ptr<const Measurements> unoptimized;  // key `__unoptimized__`

  [[nodiscard]] bool has_inference_times() const {
    return !target_inference.duration_s.empty() || !protocol_inference.duration_s.empty();
  }
  // Times measured on the target where there are any, else those of the protocol.
  [[nodiscard]] const StepTimes& inference() const {
    return target_inference.duration_s.empty() ? protocol_inference : target_inference;
  }
};

// kInput: unreadable, too large, not JSON (byte offset), or faults (one cause each).
[[nodiscard]] Result<Measurements> LoadMeasurements(const std::filesystem::path& path);
[[nodiscard]] Result<Measurements> ParseMeasurements(std::string_view json, std::string source);

// Writes `contents` as JSON, indented by 2, UTF-8 (invalid bytes replaced), so that `path` holds
// either the old file or the whole new one. Missing parent folders are made. kRun on failure.
[[nodiscard]] Result<> WriteMeasurements(const std::filesystem::path& path,
                                         const nlohmann::ordered_json& contents);

}  // namespace host

#endif  // HOST_RESULTS_MEASUREMENTS_H_
