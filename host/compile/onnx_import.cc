// SPDX-License-Identifier: Apache-2.0

#include "host/compile/onnx_import.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>

#include "base/try.h"
#include "host/compile/child_process.h"

namespace host {
namespace {

namespace fs = std::filesystem;

// What the importers of all releases work with.
constexpr std::string_view kPackages[] = {"onnx==1.17.0", "protobuf==7.36.2", "numpy==2.4.6"};
constexpr std::string_view kImporter = "iree.compiler.tools.import_onnx";

// Runs the importer on the model, or on a copy that says the same otherwise: operators in the
// version that Kenning asks for (its lowerings have no older ones), and the bias of a convolution
// in groups or not over two dimensions added by an operation of its own, since the importer of
// 3.0.0 loses it there. What cannot be read or rewritten goes to the importer as it is.
constexpr const char* kScript = R"py(
import runpy, sys
sys.path[:0] = [sys.argv.pop(1), sys.argv.pop(1)]
importer, prepared = sys.argv.pop(1), sys.argv.pop(1)
OPSET = 17

def separate_bias(graph, index):
    conv = graph.node[index]
    attributes = {a.name: helper.get_attribute_value(a) for a in conv.attribute}
    weights = {w.name: w.dims for w in graph.initializer}
    axes = len(attributes.get("kernel_shape") or weights.get(conv.input[1], [0, 0])[2:])
    if axes == 0 or (axes == 2 and attributes.get("group", 1) == 1):
        return 0
    bias, output = conv.input.pop(), conv.output[0]
    shape, rows = output + "/bias_shape", output + "/bias"
    conv.output[0] = output + "/sums"
    graph.initializer.append(helper.make_tensor(shape, TensorProto.INT64, [axes + 2], [1, -1] + [1] * axes))
    graph.node.insert(index, helper.make_node("Reshape", [bias, shape], [rows]))
    graph.node.insert(index + 2, helper.make_node("Add", [output + "/sums", rows], [output]))
    return 2

try:
    import onnx
    from onnx import TensorProto, helper, version_converter
    model = onnx.load(sys.argv[1])
    versions = [each.version for each in model.opset_import if each.domain in ("", "ai.onnx")]
    is_changed = bool(versions) and versions[0] < OPSET
    if is_changed:
        model = version_converter.convert_version(model, OPSET)
    index = 0
    while index < len(model.graph.node):
        node = model.graph.node[index]
        if node.op_type == "Conv" and len(node.input) == 3 and node.input[2]:
            added = separate_bias(model.graph, index)
            is_changed |= added > 0
            index += added
        index += 1
    if is_changed:
        model.ir_version = max(model.ir_version, 8)  # of that opset
        onnx.save(model, prepared)
        sys.argv[1] = prepared
except Exception as fault:
    print("the model is given to the importer as it is:", fault, file=sys.stderr)
runpy.run_module(importer, run_name="__main__", alter_sys=True)
)py";
// Of a release that lies in the cache, below its folder.
constexpr std::string_view kLibraryPath = "iree/compiler/_mlir_libs";
constexpr size_t kMaxRank = 8;
constexpr int64_t kMaxExtent = 1 << 30;
constexpr size_t kMaxTensors = 64;

struct ElementName {
  std::string_view mlir;
  std::string_view dtype;
};

constexpr ElementName kElements[] = {
    {"f32", "float32"}, {"si8", "int8"},    {"ui8", "uint8"}, {"si32", "int32"},
    {"si64", "int64"},  {"f64", "float64"}, {"i1", "bool"},
};

std::unexpected<Error> Fault(std::string sentence) { return InputError(std::move(sentence)); }

// "[1,3,8,8],f32" of !torch.vtensor<…>.
Result<OnnxTensor> ParseTensor(std::string_view text) {
  const size_t end = text.find(']');
  if (!text.starts_with('[') || end == std::string_view::npos) {
    return Fault("an input or output is no tensor");
  }
  OnnxTensor tensor;
  std::string_view extents = text.substr(1, end - 1);
  while (!extents.empty()) {
    int64_t extent = 0;
    const auto [stop, failure] =
        std::from_chars(extents.data(), extents.data() + extents.size(), extent);
    if (failure != std::errc() || extent < 1 || extent > kMaxExtent ||
        tensor.shape.size() == kMaxRank) {
      return Fault(
          fmt::format("an input or output has the shape {:.100}; export the model with "
                      "all extents known (a batch of 1)",
                      text.substr(0, end + 1)));
    }
    tensor.shape.push_back(extent);
    extents.remove_prefix(static_cast<size_t>(stop - extents.data()));
    if (extents.starts_with(',')) extents.remove_prefix(1);
  }
  const std::string_view element = text.substr(std::min(end + 2, text.size()));
  const auto* const row = std::ranges::find(kElements, element, &ElementName::mlir);
  if (row == std::end(kElements)) {
    return Fault(fmt::format("an input or output has elements of type {:.20}", element));
  }
  tensor.dtype = row->dtype;
  return tensor;
}

Result<std::vector<OnnxTensor>> ParseTensors(std::string_view text) {
  constexpr std::string_view kTensor = "!torch.vtensor<";
  std::vector<OnnxTensor> tensors;
  for (size_t at = text.find(kTensor); at != std::string_view::npos; at = text.find(kTensor, at)) {
    at += kTensor.size();
    const size_t end = text.find('>', at);
    if (end == std::string_view::npos || tensors.size() == kMaxTensors) break;
    tensors.push_back(TRY(ParseTensor(text.substr(at, end - at))));
  }
  if (tensors.empty()) return Fault("the model has no inputs or no outputs");
  return tensors;
}

Result<fs::path> PackageFolder(const ReleaseSource& source, const CompileLog& log,
                               const std::stop_token& stop) {
  const fs::path folder = source.cache_dir / "importers" / "onnx-1.17.0";
  std::error_code failure;
  if (fs::exists(folder / "onnx", failure)) return folder;
  if (source.offline) {
    return RunError(fmt::format("{} are not installed, and KENNING_OFFLINE forbids to download "
                                "them",
                                fmt::join(kPackages, ", ")),
                    folder.string());
  }
  const fs::path target = source.cache_dir / "importers" / fmt::format(".onnx.{}", ::getpid());
  fs::remove_all(target, failure);
  fs::create_directories(target, failure);
  if (failure) return RunError("the cache folder cannot be made", target.string());
  if (log) log(fmt::format("installing {} into {}", fmt::join(kPackages, ", "), folder.string()));
  std::vector<std::string> command = {source.python.string(),
                                      "-m",
                                      "pip",
                                      "install",
                                      "--no-deps",
                                      "--no-input",
                                      "--disable-pip-version-check",
                                      "--only-binary",
                                      ":all:",
                                      "--target",
                                      target.string()};
  command.insert(command.end(), std::begin(kPackages), std::end(kPackages));
  const auto child = RunChildProcess(command, source.time_limit, log, stop);
  if (!child || child->exit_code != 0 || child->signal != 0) {
    std::error_code ignored;
    fs::remove_all(target, ignored);
    if (!child) return std::unexpected(child.error());
    return RunError("the packages of the ONNX importer cannot be installed; is there a network?",
                    "pip");
  }
  fs::rename(target, folder, failure);
  if (failure && !fs::exists(folder / "onnx", failure)) {
    return RunError("cannot be written", folder.string());
  }
  return folder;
}

std::string LastLine(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  const size_t start = text.rfind('\n');
  return std::string(start == std::string_view::npos ? text : text.substr(start + 1));
}

}  // namespace

bool IsOnnxPath(const fs::path& path) { return path.extension() == ".onnx"; }

Result<OnnxModule> ParseImportedOnnx(std::string mlir) {
  constexpr std::string_view kFunction = "func.func @";
  const size_t start = mlir.find(kFunction);
  if (start == std::string::npos) return Fault("the importer wrote no function");
  const size_t name = start + kFunction.size();
  const size_t open = mlir.find('(', name);
  const size_t arrow = mlir.find(") -> ", std::min(open, mlir.size()));
  const size_t end = mlir.find('{', std::min(arrow, mlir.size()));
  if (end == std::string::npos) return Fault("the importer's function has no signature");
  const std::string_view text = mlir;
  OnnxModule module;
  module.inputs = TRY(ParseTensors(text.substr(open, arrow - open)));
  module.outputs = TRY(ParseTensors(text.substr(arrow, end - arrow)));
  mlir.replace(name, open - name, "main");
  module.mlir = std::move(mlir);
  return module;
}

Result<OnnxModule> ImportOnnx(const fs::path& model, const Compiler& compiler,
                              const ReleaseSource& source, const CompileLog& log,
                              const std::stop_token& stop, std::chrono::milliseconds time_limit) {
  std::error_code failure;
  const auto size = fs::file_size(model, failure);
  if (failure) return InputError("the model cannot be opened", model.string());
  if (size > kMaxOnnxFileBytes) {
    return InputError(fmt::format("larger than {} bytes", kMaxOnnxFileBytes), model.string());
  }
  const fs::path packages = TRY(PackageFolder(source, log, stop));
  const fs::path text = packages.parent_path() /
                        fmt::format(".{}.{}.mlir", ::getpid(),
                                    std::hash<std::thread::id>()(std::this_thread::get_id()));
  // A release of the cache is a folder of packages; the installed one is where this Python looks.
  const std::string program = compiler.program.parent_path().string();
  const std::string release = program.ends_with(kLibraryPath)
                                  ? program.substr(0, program.size() - kLibraryPath.size())
                                  : packages.string();
  fs::path prepared = text;
  prepared += ".onnx";
  const auto child = RunChildProcess(
      {source.python.string(), "-c", kScript, release, packages.string(), std::string(kImporter),
       prepared.string(), model.string(), "-o", text.string()},
      time_limit, {}, stop);
  std::string mlir;
  {
    std::ifstream stream(text, std::ios::binary);
    mlir.assign(std::istreambuf_iterator<char>(stream), {});
  }
  fs::remove(text, failure);
  fs::remove(prepared, failure);
  if (!child) return std::unexpected(child.error());
  if (child->exit_code != 0 || child->signal != 0) {
    const std::string last = LastLine(child->output);
    if (last.contains("No module named 'iree.compiler") || last.contains(kImporter)) {
      return RunError(
          fmt::format("release {} has no ONNX importer; choose one from 2024 on", compiler.release),
          model.string());
    }
    return InputError(
        fmt::format("the ONNX importer of release {} refuses it: {:.300}", compiler.release, last),
        model.string());
  }
  auto module = ParseImportedOnnx(std::move(mlir));
  if (!module) module.error().place = model.string();
  return module;
}

}  // namespace host
