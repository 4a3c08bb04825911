// SPDX-License-Identifier: Apache-2.0

#include "host/scenario/blocks.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace host {
namespace {

using enum ValueType;

constexpr auto kBackends =
    std::to_array<std::string_view>({"llvm-cpu", "dylib", "vmvx", "vulkan", "cuda"});
constexpr auto kFrameworks =
    std::to_array<std::string_view>({"keras", "tensorflow", "tflite", "onnx", "any"});
constexpr auto kLocations = std::to_array<std::string_view>({"host", "target"});
constexpr auto kDrivers =
    std::to_array<std::string_view>({"local-task", "local-sync", "cuda", "vulkan"});
constexpr auto kSensors = std::to_array<std::string_view>({"adxl345"});
constexpr auto kEndianness = std::to_array<std::string_view>({"little", "big"});

constexpr auto kCocoParts = std::to_array<std::string_view>({"val2017", "train2017"});
// The network's input has one channel, for which both are the same bytes.
constexpr auto kImageLayouts = std::to_array<std::string_view>({"NHWC", "NCHW"});

constexpr double kMaxUint32 = 4294967295.0;
// The longest window whose samples still fit the device's data memory of 16 MiB.
constexpr double kMaxWindow = 1 << 20;
constexpr double kMaxImageExtent = 4096;
// So that an eighth of it (central_fraction) still has pixels.
constexpr double kMinPhotographExtent = 16;
constexpr double kMaxBaudrate = 4'000'000;
constexpr double kMaxTimeoutSeconds = 86'400;

constexpr std::string_view kOneSample = "the device takes one sample at a time";
constexpr std::string_view kNoFlashing = "boards are not flashed by this tool";

// Key order within a block is the order in Kenning's own results files (contract, section 6).

// A table made of groups that several blocks share, in the order given.
template <size_t... kSizes>
consteval auto Join(const std::array<Parameter, kSizes>&... groups) {
  std::array<Parameter, (kSizes + ...)> joined{};
  auto* end = joined.data();
  ((end = std::ranges::copy(groups, end).out), ...);
  return joined;
}

// A whole number of at least 1.
consteval Parameter Count(std::string_view key, std::string_view default_json, double maximum,
                          double minimum = 1) {
  return {.key = key,
          .type = kInteger,
          .default_json = default_json,
          .minimum = minimum,
          .maximum = maximum};
}

// Between 0 and 1.
consteval Parameter Fraction(std::string_view key, std::string_view default_json,
                             double minimum = 0) {
  return {.key = key,
          .type = kNumber,
          .default_json = default_json,
          .nullable = default_json == "null",
          .minimum = minimum,
          .maximum = 1};
}

consteval Parameter Optional(std::string_view key, ValueType type,
                             std::string_view default_json = "null") {
  return {.key = key, .type = type, .default_json = default_json, .nullable = true};
}

consteval Parameter Flag(std::string_view key, std::string_view default_json = "false") {
  return {.key = key, .type = kFlag, .default_json = default_json};
}

consteval Parameter Required(std::string_view key) {
  return {.key = key, .type = kPath, .default_json = ""};
}

// `never_forced_because`: why what is there is not downloaded again; empty: it is.
consteval auto AnyDataset(std::string_view never_forced_because) {
  return std::to_array<Parameter>({
      Required("dataset_root"),
      {.key = "inference_batch_size",
       .type = kInteger,
       .default_json = "1",
       .minimum = 1,
       .fixed_because = kOneSample},
      Flag("download_dataset", "true"),
      {.key = "force_download_dataset",
       .type = kFlag,
       .default_json = "false",
       .fixed_because = never_forced_because},
      Optional("external_calibration_dataset", kPath),
      Fraction("split_fraction_test", "0.2"),
      Fraction("split_fraction_val", "null"),
      Count("split_seed", "1234", kMaxUint32, 0),
  });
}

constexpr auto kMagicWandDataset = Join(std::to_array<Parameter>({
                                            Count("window_size", "128", kMaxWindow),
                                            Count("window_shift", "128", kMaxWindow),
                                            Count("noise_level", "20", 1'000'000, 0),
                                        }),
                                        AnyDataset(""),
                                        std::to_array<Parameter>({
                                            {.key = "reduce_dataset",
                                             .type = kNumber,
                                             .default_json = "1.0",
                                             .minimum = 0,
                                             .maximum = 1,
                                             .recorded = Recorded::kHead},
                                        }));

constexpr auto kVisualWakeWordsDataset =
    Join(std::to_array<Parameter>({
             {.key = "dataset_type",
              .type = kText,
              .default_json = "\"val2017\"",
              .choices = kCocoParts},
             {.key = "objects_class", .type = kText, .default_json = "\"person\""},
             Fraction("area_threshold", "0.005"),
             {.key = "image_memory_layout",
              .type = kText,
              .default_json = "\"NHWC\"",
              .choices = kImageLayouts},
             Count("image_width", "416", kMaxImageExtent, kMinPhotographExtent),
             Count("image_height", "416", kMaxImageExtent, kMinPhotographExtent),
         }),
         AnyDataset("photographs that are there are used; move the folder away to have them anew"),
         std::to_array<Parameter>({
             {.key = "reduce_dataset",
              .type = kNumber,
              .default_json = "1.0",
              .minimum = 0,
              .maximum = 1,
              .recorded = Recorded::kHead,
              .fixed_because =
                  "photographs are not left out; split_fraction_test chooses how many are tested"},
         }));

constexpr auto kAnyModel = std::to_array<Parameter>({
    Required("model_path"),
    Optional("model_name", kText),
});

constexpr auto kMagicWandModelWrapper = Join(std::to_array<Parameter>({
                                                 Count("window_size", "128", kMaxWindow),
                                                 // Of training, which this tool does not do.
                                                 {.key = "batch_size",
                                                  .type = kInteger,
                                                  .default_json = "64",
                                                  .minimum = 1,
                                                  .recorded = Recorded::kHead},
                                                 {.key = "learning_rate",
                                                  .type = kNumber,
                                                  .default_json = "0.001",
                                                  .minimum = 0,
                                                  .recorded = Recorded::kHead},
                                                 {.key = "num_epochs",
                                                  .type = kInteger,
                                                  .default_json = "50",
                                                  .minimum = 1,
                                                  .recorded = Recorded::kHead},
                                                 {.key = "logdir",
                                                  .type = kText,
                                                  .default_json = "\"/tmp/tflite_magic_wand_logs\"",
                                                  .recorded = Recorded::kHead},
                                             }),
                                             kAnyModel);

constexpr auto kPersonDetectionModelWrapper = Join(std::to_array<Parameter>({
                                                       Fraction("central_fraction", "0.875", 0.125),
                                                       Count("image_width", "96", kMaxImageExtent),
                                                       Count("image_height", "96", kMaxImageExtent),
                                                   }),
                                                   kAnyModel);

constexpr auto kIreeCompiler = std::to_array<Parameter>({
    {.key = "model_framework", .type = kText, .default_json = "\"any\"", .choices = kFrameworks},
    {.key = "backend", .type = kText, .default_json = "\"llvm-cpu\"", .choices = kBackends},
    Optional("compiler_args", kTextList),
    Required("compiled_model_path"),
    {.key = "location",
     .type = kText,
     .default_json = "\"host\"",
     .choices = kLocations,
     .fixed_because = "a bare-metal device cannot compile"},
    // Ours: the release of the IREE compiler, installed on first use. Null is the installed one.
    {.key = "compiler_release",
     .type = kText,
     .default_json = "null",
     .nullable = true,
     .recorded = Recorded::kNone},
});

constexpr auto kIreeRuntime = std::to_array<Parameter>({
    {.key = "save_model_path", .type = kPath, .default_json = "\"model.vmfb\""},
    {.key = "driver", .type = kText, .default_json = "\"local-sync\"", .choices = kDrivers},
    {.key = "llext_binary_path",
     .type = kPath,
     .default_json = "null",
     .nullable = true,
     .recorded = Recorded::kHead},
    {.key = "batch_size",
     .type = kInteger,
     .default_json = "1",
     .minimum = 1,
     .recorded = Recorded::kHead,
     .fixed_because = kOneSample},
    Flag("disable_performance_measurements"),
});

// What both blocks of a simulated machine hold. post_start_commands and the log message default to
// what the Springbok platform needs: scenarios before 2024-02-26 do not carry them (contract,
// section 2.2).
constexpr std::string_view kSpringbokStart = "[\"sysbus.vec_controlblock WriteDoubleWord 0xc 0\"]";

constexpr auto kRenodeFiles = std::to_array<Parameter>({
    Optional("runtime_binary_path", kPath),
    Optional("platform_resc_path", kPath),
    Optional("resc_dependencies", kPathList, "[]"),
    Optional("post_start_commands", kTextList, kSpringbokStart),
});

constexpr auto kProfiler = std::to_array<Parameter>({
    Flag("disable_profiler"),
    Optional("profiler_dump_path", kPath),
    {.key = "profiler_interval_step",
     .type = kNumber,
     .default_json = "10.0",
     .minimum = 0.001,
     .maximum = 1e6},
});

constexpr Parameter kSensor = {
    .key = "sensor", .type = kText, .default_json = "null", .nullable = true, .choices = kSensors};

// Of the built-in simulator's core; no Kenning has them.
constexpr auto kVectorUnits = std::to_array<std::string_view>({"none", "zve32x", "zve32f"});
constexpr auto kCore = std::to_array<Parameter>({
    {.key = "vlen",
     .type = kInteger,
     .default_json = "512",
     .minimum = 128,
     .maximum = 1024,
     .recorded = Recorded::kNone},
    {.key = "vector",
     .type = kText,
     .default_json = "\"zve32f\"",
     .choices = kVectorUnits,
     .recorded = Recorded::kNone},
});

constexpr auto kRenodeRuntime =
    Join(kRenodeFiles,
         std::to_array<Parameter>({
             Optional("runtime_log_uart", kPath),
             Optional("runtime_log_init_msg", kText, "\"Runtime started\""),
         }),
         kProfiler,
         std::to_array<Parameter>({
             kSensor,
             {.key = "batches_count", .type = kInteger, .default_json = "10", .minimum = 1},
             Flag("disable_performance_measurements"),
         }),
         kCore);

constexpr auto kUartProtocol = std::to_array<Parameter>({
    Required("port"),
    Count("baudrate", "9600", kMaxBaudrate),
    {.key = "packet_size",
     .type = kInteger,
     .default_json = "4096",
     .minimum = 1,
     .maximum = 1 << 24,
     .recorded = Recorded::kLegacy},
    {.key = "endianness",
     .type = kText,
     .default_json = "\"little\"",
     .choices = kEndianness,
     .recorded = Recorded::kLegacy},
    {.key = "error_recovery", .type = kFlag, .default_json = "false", .recorded = Recorded::kHead},
    {.key = "timeout",
     .type = kInteger,
     .default_json = "-1",
     .minimum = -1,
     .maximum = kMaxTimeoutSeconds,
     .recorded = Recorded::kHead},
});

consteval Parameter OptionalBaudrate(std::string_view key) {
  return {.key = key,
          .type = kInteger,
          .default_json = "115200",
          .nullable = true,
          .minimum = 1,
          .maximum = kMaxBaudrate};
}

constexpr auto kBareMetalPlatform = Join(
    std::to_array<Parameter>({
        Optional("uart_port", kPath),
        OptionalBaudrate("uart_baudrate"),
        Optional("uart_log_port", kPath),
        OptionalBaudrate("uart_log_baudrate"),
        {.key = "auto_flash", .type = kFlag, .default_json = "false", .fixed_because = kNoFlashing},
        {.key = "openocd_path", .type = kPath, .default_json = "\"openocd\""},
        kSensor,
        {.key = "number_of_batches", .type = kInteger, .default_json = "16", .minimum = 1},
        Flag("simulated", "true"),
    }),
    kRenodeFiles, std::to_array<Parameter>({Flag("disable_opcode_counters")}), kProfiler,
    std::to_array<Parameter>({
        Optional("runtime_init_log_msg", kText, "\"Inference server started\""),
        Count("runtime_init_timeout", "30", kMaxTimeoutSeconds),
        Count("gdb_port", "3333", 65'535),
        Optional("name", kText),
        Optional("platforms_definitions", kPathList),
    }),
    kCore);

constexpr auto kRemoteSequentialInferenceLoop = std::to_array<Parameter>({
    Optional("model_path", kPath),
    Flag("skip_model_sending"),
    {.key = "inference_limit",
     .type = kInteger,
     .default_json = "null",
     .nullable = true,
     .minimum = 1},
});

constexpr auto kMarkdownReport = std::to_array<Parameter>({
    Optional("measurements", kPathList),
    Optional("report_path", kPath),
    Optional("report_name", kText),
    Optional("report_types", kTextList),
    Optional("to_html", kFlagOrPath, "false"),
    Optional("root_dir", kPath),
    Optional("img_dir", kPath),
    Optional("model_names", kTextList),
    Flag("only_png_images"),
    Flag("comparison_only"),
    Flag("skip_unoptimized_model"),
    Flag("smaller_header"),
    Flag("save_summary"),
    Flag("skip_general_information"),
    Optional("save_csv", kFlagOrPath, "false"),
    Optional("save_junit", kFlagOrPath, "false"),
    Optional("baseline", kPath),
    Optional("baseline_threshold", kTextList),
    {.key = "main_quality_metric",
     .type = kText,
     .default_json = "\"acc\"",
     .choices = kQualityMetrics},
});

constexpr auto kSchemas = std::to_array<BlockSchema>({
    {BlockKind::kDataset, "kenning.datasets.magic_wand_dataset.MagicWandDataset",
     kMagicWandDataset},
    {BlockKind::kDataset, "kenning.datasets.visual_wake_words_dataset.VisualWakeWordsDataset",
     kVisualWakeWordsDataset},
    {BlockKind::kModelWrapper,
     "kenning.modelwrappers.classification.tflite_magic_wand.MagicWandModelWrapper",
     kMagicWandModelWrapper},
    {BlockKind::kModelWrapper,
     "kenning.modelwrappers.classification.tflite_person_detection.PersonDetectionModelWrapper",
     kPersonDetectionModelWrapper},
    {BlockKind::kOptimizer, "kenning.optimizers.iree.IREECompiler", kIreeCompiler},
    {BlockKind::kRuntime, "kenning.runtimes.iree.IREERuntime", kIreeRuntime},
    {BlockKind::kRuntime, "kenning.runtimes.renode.RenodeRuntime", kRenodeRuntime},
    {BlockKind::kProtocol, "kenning.protocols.uart.UARTProtocol", kUartProtocol},
    {BlockKind::kPlatform, "kenning.platforms.bare_metal.BareMetalPlatform", kBareMetalPlatform},
    {BlockKind::kDataConverter,
     "kenning.dataconverters.modelwrapper_dataconverter.ModelWrapperDataConverter",
     {}},
    {BlockKind::kInferenceLoop,
     "kenning.inferenceloops.remote_sequential.RemoteSequentialInferenceLoop",
     kRemoteSequentialInferenceLoop},
    {BlockKind::kReport, "kenning.report.markdown_report.MarkdownReport", kMarkdownReport},
});

}  // namespace

std::span<const BlockSchema> BlockSchemas() { return kSchemas; }

const BlockSchema* FindBlockSchema(BlockKind kind, std::string_view type) {
  for (const BlockSchema& schema : kSchemas) {
    if (schema.kind == kind && (schema.class_path == type || schema.class_name() == type)) {
      return &schema;
    }
  }
  return nullptr;
}

bool Block::Knows(std::string_view key) const {
  return std::ranges::find(schema->parameters, key, &Parameter::key) != schema->parameters.end();
}

size_t Block::IndexOf(std::string_view key) const {
  const auto row = std::ranges::find(schema->parameters, key, &Parameter::key);
  if (row == schema->parameters.end()) std::abort();
  return static_cast<size_t>(row - schema->parameters.begin());
}

bool Block::IsNull(std::string_view key) const {
  return std::holds_alternative<std::monostate>(values[IndexOf(key)]);
}
bool Block::Flag(std::string_view key) const { return std::get<bool>(values[IndexOf(key)]); }
int64_t Block::Integer(std::string_view key) const {
  return std::get<int64_t>(values[IndexOf(key)]);
}
double Block::Number(std::string_view key) const { return std::get<double>(values[IndexOf(key)]); }
const std::string& Block::Text(std::string_view key) const {
  return std::get<std::string>(values[IndexOf(key)]);
}
const std::vector<std::string>& Block::TextList(std::string_view key) const {
  return std::get<std::vector<std::string>>(values[IndexOf(key)]);
}

std::optional<std::string> Block::FlagOrPath(std::string_view key) const {
  if (IsNull(key)) return std::nullopt;
  const Value& value = values[IndexOf(key)];
  if (const bool* flag = std::get_if<bool>(&value)) {
    return *flag ? std::optional<std::string>("") : std::nullopt;
  }
  return std::get<std::string>(value);
}
void Block::Set(std::string_view key, Value value) {
  values[IndexOf(key)] = std::move(value);
  given[IndexOf(key)] = true;
}

}  // namespace host
