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

constexpr std::string_view kNoSensor = "sensor mode is not available";
constexpr std::string_view kNoFlashing = "boards are not flashed by this tool";

// Key order within a block is the order in Kenning's own results files (contract, section 6).

constexpr auto kMagicWandDataset = std::to_array<Parameter>({
    {.key = "window_size",
     .type = kInteger,
     .default_json = "128",
     .minimum = 1,
     .maximum = kMaxWindow},
    {.key = "window_shift",
     .type = kInteger,
     .default_json = "128",
     .minimum = 1,
     .maximum = kMaxWindow},
    {.key = "noise_level",
     .type = kInteger,
     .default_json = "20",
     .minimum = 0,
     .maximum = 1'000'000},
    {.key = "dataset_root", .type = kPath, .default_json = ""},
    {.key = "inference_batch_size",
     .type = kInteger,
     .default_json = "1",
     .minimum = 1,
     .fixed_because = "the device takes one sample at a time"},
    {.key = "download_dataset", .type = kFlag, .default_json = "true"},
    {.key = "force_download_dataset", .type = kFlag, .default_json = "false"},
    {.key = "external_calibration_dataset",
     .type = kPath,
     .default_json = "null",
     .nullable = true},
    {.key = "split_fraction_test",
     .type = kNumber,
     .default_json = "0.2",
     .minimum = 0,
     .maximum = 1},
    {.key = "split_fraction_val",
     .type = kNumber,
     .default_json = "null",
     .nullable = true,
     .minimum = 0,
     .maximum = 1},
    {.key = "split_seed",
     .type = kInteger,
     .default_json = "1234",
     .minimum = 0,
     .maximum = kMaxUint32},
    {.key = "reduce_dataset",
     .type = kNumber,
     .default_json = "1.0",
     .minimum = 0,
     .maximum = 1,
     .recorded = Recorded::kHead},
});

constexpr auto kVisualWakeWordsDataset = std::to_array<Parameter>({
    {.key = "dataset_type", .type = kText, .default_json = "\"val2017\"", .choices = kCocoParts},
    {.key = "objects_class", .type = kText, .default_json = "\"person\""},
    {.key = "area_threshold", .type = kNumber, .default_json = "0.005", .minimum = 0, .maximum = 1},
    {.key = "image_memory_layout",
     .type = kText,
     .default_json = "\"NHWC\"",
     .choices = kImageLayouts},
    {.key = "image_width",
     .type = kInteger,
     .default_json = "416",
     .minimum = kMinPhotographExtent,
     .maximum = kMaxImageExtent},
    {.key = "image_height",
     .type = kInteger,
     .default_json = "416",
     .minimum = kMinPhotographExtent,
     .maximum = kMaxImageExtent},
    {.key = "dataset_root", .type = kPath, .default_json = ""},
    {.key = "inference_batch_size",
     .type = kInteger,
     .default_json = "1",
     .minimum = 1,
     .fixed_because = "the device takes one sample at a time"},
    {.key = "download_dataset", .type = kFlag, .default_json = "true"},
    {.key = "force_download_dataset", .type = kFlag, .default_json = "false"},
    {.key = "external_calibration_dataset",
     .type = kPath,
     .default_json = "null",
     .nullable = true},
    {.key = "split_fraction_test",
     .type = kNumber,
     .default_json = "0.2",
     .minimum = 0,
     .maximum = 1},
    {.key = "split_fraction_val",
     .type = kNumber,
     .default_json = "null",
     .nullable = true,
     .minimum = 0,
     .maximum = 1},
    {.key = "split_seed",
     .type = kInteger,
     .default_json = "1234",
     .minimum = 0,
     .maximum = kMaxUint32},
    {.key = "reduce_dataset",
     .type = kNumber,
     .default_json = "1.0",
     .minimum = 0,
     .maximum = 1,
     .recorded = Recorded::kHead,
     .fixed_because =
         "photographs are not left out; split_fraction_test chooses how many are tested"},
});

constexpr auto kMagicWandModelWrapper = std::to_array<Parameter>({
    {.key = "window_size",
     .type = kInteger,
     .default_json = "128",
     .minimum = 1,
     .maximum = kMaxWindow},
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
    {.key = "model_path", .type = kPath, .default_json = ""},
    {.key = "model_name", .type = kText, .default_json = "null", .nullable = true},
});

constexpr auto kPersonDetectionModelWrapper = std::to_array<Parameter>({
    {.key = "central_fraction",
     .type = kNumber,
     .default_json = "0.875",
     .minimum = 0.125,
     .maximum = 1},
    {.key = "image_width",
     .type = kInteger,
     .default_json = "96",
     .minimum = 1,
     .maximum = kMaxImageExtent},
    {.key = "image_height",
     .type = kInteger,
     .default_json = "96",
     .minimum = 1,
     .maximum = kMaxImageExtent},
    {.key = "model_path", .type = kPath, .default_json = ""},
    {.key = "model_name", .type = kText, .default_json = "null", .nullable = true},
});

constexpr auto kIreeCompiler = std::to_array<Parameter>({
    {.key = "model_framework", .type = kText, .default_json = "\"any\"", .choices = kFrameworks},
    {.key = "backend", .type = kText, .default_json = "\"llvm-cpu\"", .choices = kBackends},
    {.key = "compiler_args", .type = kTextList, .default_json = "null", .nullable = true},
    {.key = "compiled_model_path", .type = kPath, .default_json = ""},
    {.key = "location",
     .type = kText,
     .default_json = "\"host\"",
     .choices = kLocations,
     .fixed_because = "a bare-metal device cannot compile"},
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
     .fixed_because = "the device takes one sample at a time"},
    {.key = "disable_performance_measurements", .type = kFlag, .default_json = "false"},
});

// post_start_commands and the log message default to what the Springbok platform needs: scenarios
// before 2024-02-26 do not carry them (contract, section 2.2).
constexpr std::string_view kSpringbokStart = "[\"sysbus.vec_controlblock WriteDoubleWord 0xc 0\"]";

constexpr auto kRenodeRuntime = std::to_array<Parameter>({
    {.key = "runtime_binary_path", .type = kPath, .default_json = "null", .nullable = true},
    {.key = "platform_resc_path", .type = kPath, .default_json = "null", .nullable = true},
    {.key = "resc_dependencies", .type = kPathList, .default_json = "[]", .nullable = true},
    {.key = "post_start_commands",
     .type = kTextList,
     .default_json = kSpringbokStart,
     .nullable = true},
    {.key = "runtime_log_uart", .type = kPath, .default_json = "null", .nullable = true},
    {.key = "runtime_log_init_msg",
     .type = kText,
     .default_json = "\"Runtime started\"",
     .nullable = true},
    {.key = "disable_profiler", .type = kFlag, .default_json = "false"},
    {.key = "profiler_dump_path", .type = kPath, .default_json = "null", .nullable = true},
    {.key = "profiler_interval_step",
     .type = kNumber,
     .default_json = "10.0",
     .minimum = 0.001,
     .maximum = 1e6},
    {.key = "sensor",
     .type = kText,
     .default_json = "null",
     .nullable = true,
     .fixed_because = kNoSensor},
    {.key = "batches_count", .type = kInteger, .default_json = "10", .minimum = 1},
    {.key = "disable_performance_measurements", .type = kFlag, .default_json = "false"},
});

constexpr auto kUartProtocol = std::to_array<Parameter>({
    {.key = "port", .type = kPath, .default_json = ""},
    {.key = "baudrate",
     .type = kInteger,
     .default_json = "9600",
     .minimum = 1,
     .maximum = kMaxBaudrate},
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

constexpr auto kBareMetalPlatform = std::to_array<Parameter>({
    {.key = "uart_port", .type = kPath, .default_json = "null", .nullable = true},
    {.key = "uart_baudrate",
     .type = kInteger,
     .default_json = "115200",
     .nullable = true,
     .minimum = 1,
     .maximum = kMaxBaudrate},
    {.key = "uart_log_port", .type = kPath, .default_json = "null", .nullable = true},
    {.key = "uart_log_baudrate",
     .type = kInteger,
     .default_json = "115200",
     .nullable = true,
     .minimum = 1,
     .maximum = kMaxBaudrate},
    {.key = "auto_flash", .type = kFlag, .default_json = "false", .fixed_because = kNoFlashing},
    {.key = "openocd_path", .type = kPath, .default_json = "\"openocd\""},
    {.key = "sensor",
     .type = kText,
     .default_json = "null",
     .nullable = true,
     .fixed_because = kNoSensor},
    {.key = "number_of_batches", .type = kInteger, .default_json = "16", .minimum = 1},
    {.key = "simulated", .type = kFlag, .default_json = "true"},
    {.key = "runtime_binary_path", .type = kPath, .default_json = "null", .nullable = true},
    {.key = "platform_resc_path", .type = kPath, .default_json = "null", .nullable = true},
    {.key = "resc_dependencies", .type = kPathList, .default_json = "null", .nullable = true},
    {.key = "post_start_commands",
     .type = kTextList,
     .default_json = kSpringbokStart,
     .nullable = true},
    {.key = "disable_opcode_counters", .type = kFlag, .default_json = "false"},
    {.key = "disable_profiler", .type = kFlag, .default_json = "false"},
    {.key = "profiler_dump_path", .type = kPath, .default_json = "null", .nullable = true},
    {.key = "profiler_interval_step",
     .type = kNumber,
     .default_json = "10.0",
     .minimum = 0.001,
     .maximum = 1e6},
    {.key = "runtime_init_log_msg",
     .type = kText,
     .default_json = "\"Inference server started\"",
     .nullable = true},
    {.key = "runtime_init_timeout",
     .type = kInteger,
     .default_json = "30",
     .minimum = 1,
     .maximum = kMaxTimeoutSeconds},
    {.key = "gdb_port", .type = kInteger, .default_json = "3333", .minimum = 1, .maximum = 65'535},
    {.key = "name", .type = kText, .default_json = "null", .nullable = true},
    {.key = "platforms_definitions", .type = kPathList, .default_json = "null", .nullable = true},
});

constexpr auto kRemoteSequentialInferenceLoop = std::to_array<Parameter>({
    {.key = "model_path", .type = kPath, .default_json = "null", .nullable = true},
    {.key = "skip_model_sending", .type = kFlag, .default_json = "false"},
    {.key = "inference_limit",
     .type = kInteger,
     .default_json = "null",
     .nullable = true,
     .minimum = 1},
});

constexpr auto kMarkdownReport = std::to_array<Parameter>({
    {.key = "measurements", .type = kPathList, .default_json = "null", .nullable = true},
    {.key = "report_path", .type = kPath, .default_json = "null", .nullable = true},
    {.key = "report_name", .type = kText, .default_json = "null", .nullable = true},
    {.key = "report_types", .type = kTextList, .default_json = "null", .nullable = true},
    {.key = "to_html", .type = kFlagOrPath, .default_json = "false", .nullable = true},
    {.key = "root_dir", .type = kPath, .default_json = "null", .nullable = true},
    {.key = "img_dir", .type = kPath, .default_json = "null", .nullable = true},
    {.key = "model_names", .type = kTextList, .default_json = "null", .nullable = true},
    {.key = "only_png_images", .type = kFlag, .default_json = "false"},
    {.key = "comparison_only", .type = kFlag, .default_json = "false"},
    {.key = "skip_unoptimized_model", .type = kFlag, .default_json = "false"},
    {.key = "smaller_header", .type = kFlag, .default_json = "false"},
    {.key = "save_summary", .type = kFlag, .default_json = "false"},
    {.key = "skip_general_information", .type = kFlag, .default_json = "false"},
    {.key = "main_quality_metric", .type = kText, .default_json = "\"acc\""},
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

void Block::Set(std::string_view key, Value value) {
  values[IndexOf(key)] = std::move(value);
  given[IndexOf(key)] = true;
}

}  // namespace host
