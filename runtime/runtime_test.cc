// SPDX-License-Identifier: Apache-2.0

// Whole modules: the shared corpus is verified and described, and where the compiler is at hand the
// corpus' sources run with kernels of this machine.
#include "runtime/runtime.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "runtime/inspect/inspect.h"
#include "runtime/testing/module_builder.h"

namespace runtime {
namespace {

namespace fs = std::filesystem;
using base::Status;
using testing::Aligned;

fs::path Corpus() {
  const char* shared = std::getenv("KN_SHARED");
  return fs::path(shared != nullptr ? shared : "../shared") / "spec/corpus";
}

std::vector<uint8_t> ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> CorpusModules() {
  std::vector<fs::path> modules;
  if (!fs::exists(Corpus())) return modules;
  for (const auto& entry : fs::recursive_directory_iterator(Corpus())) {
    if (entry.path().extension() == ".vmfb") modules.push_back(entry.path());
  }
  return modules;
}

TEST(CorpusTest, EveryModuleIsVerifiedAndDescribed) {
  const auto modules = CorpusModules();
  if (modules.empty()) GTEST_SKIP() << "no corpus at " << Corpus();
  for (const fs::path& path : modules) {
    SCOPED_TRACE(path.string());
    const inspect::Report report = inspect::Inspect(ReadFile(path));
    EXPECT_EQ(report.load_status, Status::kOk) << report.load_failure;
    EXPECT_TRUE(report.problems.empty()) << report.problems.front();
    ASSERT_FALSE(report.executables.empty());
    for (const auto& executable : report.executables) {
      EXPECT_EQ(executable.machine, "riscv32");
      EXPECT_FALSE(executable.kernels.empty());
    }
    for (const auto& import : report.imports) EXPECT_TRUE(import.implemented) << import.name;
    EXPECT_NE(report.compiler_generation, "unknown");
    for (const auto& exported : report.exports) {
      if (exported.name.starts_with("__")) continue;
      for (const auto& value : exported.arguments) {
        if (value.kind != ValueKind::kTensor) continue;
        EXPECT_TRUE(value.type.known()) << exported.name;
        EXPECT_TRUE(value.shape_known) << exported.name;
      }
      for (const auto& value : exported.results) {
        if (value.kind == ValueKind::kTensor) {
          EXPECT_TRUE(value.type.known()) << exported.name;
        }
      }
    }
  }
}

TEST(CorpusTest, TypesReadFromTheCodeAreRight) {
  const fs::path wand = Corpus() / "20230209.425/wand_f32.vmfb";
  if (!fs::exists(wand)) GTEST_SKIP() << "no corpus at " << Corpus();
  const inspect::Report report = inspect::Inspect(ReadFile(wand));
  for (const auto& exported : report.exports) {
    if (exported.name != "main") continue;
    EXPECT_EQ(inspect::TypeText(exported.arguments.at(0)), "1x128x3x1xf32");
    EXPECT_EQ(inspect::TypeText(exported.results.at(0)), "1x4xf32");
    EXPECT_TRUE(exported.declaration.empty());
  }
  EXPECT_EQ(report.bytecode_major, 13u);
  EXPECT_EQ(report.compiler_generation, "20230209 … 20230228");
}

TEST(CorpusTest, DamagedModulesAreRefusedOrSafe) {
  const fs::path path = Corpus() / "3.6.0/add_f32.vmfb";
  if (!fs::exists(path)) GTEST_SKIP() << "no corpus at " << Corpus();
  const std::vector<uint8_t> good = ReadFile(path);
  Aligned arena(size_t{1} << 20);
  Runtime runtime;
  const auto try_load = [&](const std::vector<uint8_t>& bytes) {
    Aligned file(bytes);
    (void)runtime.Load(file.bytes(), arena.bytes(),
                       {.kernel_mode = KernelMode::kSkip, .branch_budget = 10'000});
    runtime.Unload();
  };
  for (size_t size = 0; size < good.size(); size += 61) {
    try_load({good.begin(), good.begin() + static_cast<ptrdiff_t>(size)});
  }
  for (size_t i = 0; i < good.size(); i += 3) {
    std::vector<uint8_t> damaged = good;
    damaged[i] ^= static_cast<uint8_t>(1u << i % 8);
    try_load(damaged);
  }
}

// Found by fuzzing: the steps that a call had used up were counted down below 0, and as good as
// without end.
TEST(RuntimeTest, DescribingEndsThoughACalledFunctionNeverDoes) {
  testing::ModuleSpec spec =
      testing::MainOnly(testing::Code().Block().Call(1, {}, {}).U8(0x56).Branch(0), "0v_v");
  spec.functions.push_back({.code = testing::Code().Block().U8(0x56).Branch(0)});
  Aligned file(testing::Build(spec));
  Aligned arena(size_t{1} << 16);
  Runtime runtime;
  ASSERT_EQ(runtime.Load(file.bytes(), arena.bytes()), Status::kOk) << runtime.failure().text();
  FunctionInfo info;
  EXPECT_EQ(runtime.Describe(*runtime.Find("main"), info), Status::kOk);
}

TEST(RuntimeTest, RefusesUnalignedAndTinyMemory) {
  Aligned file(testing::Build(testing::MainOnly(testing::Code().Block().Return(), "0v_v")));
  Aligned arena(size_t{1} << 16);
  Runtime runtime;
  EXPECT_EQ(runtime.Load(file.bytes(), arena.bytes().subspan(1)), Status::kVmfbMisaligned);
  EXPECT_EQ(runtime.Load(file.bytes(), arena.bytes().first(64)), Status::kOutOfMemory);
  // Every size until it fits gives out-of-memory, never less.
  Status status = Status::kOutOfMemory;
  for (size_t size = 64; size <= arena.bytes().size() && status != Status::kOk; size += 64) {
    status = runtime.Load(file.bytes(), arena.bytes().first(size));
    EXPECT_TRUE(status == Status::kOk || status == Status::kOutOfMemory);
  }
  EXPECT_EQ(status, Status::kOk);
  EXPECT_TRUE(runtime.Find("main").has_value());
  EXPECT_TRUE(runtime.Find("module.main").has_value());
  EXPECT_EQ(runtime.Find("other").error(), Status::kVmNoSuchFunction);
  EXPECT_EQ(runtime.ResizeArena(runtime.arena_bytes_used()), Status::kOk);
  EXPECT_EQ(runtime.ResizeArena(64), Status::kInvalidArgument);
}

// Functions of the async ABI take two fences more: the attribute says so, or the name, if there is
// room for them. The caller brings none; what waits for them finds everything done.
TEST(RuntimeTest, AsyncFunctionsAreCalledWithoutTheirFences) {
  using testing::Code;
  using testing::I;
  using testing::R;
  struct Row {
    const char* name;
    const char* attribute;
    bool takes_fences;
  };
  for (const Row& row : {Row{"main", "coarse-fences", true}, Row{"main$async", "", true},
                         Row{"main", "", false}, Row{"main$async.more", "", false}}) {
    SCOPED_TRACE(std::string(row.name) + " " + row.attribute);
    testing::ModuleSpec spec;
    spec.abi_model = row.attribute;
    spec.imports = {{"hal.fence.query", "0r_i"}, {"hal.fence.signal", "0r_v"}};
    spec.functions = {{Code()
                           .Block()
                           .Call(testing::ImportOrdinal(0), {R(0)}, {I(1)})
                           .Call(testing::ImportOrdinal(1), {R(1)}, {})
                           .Op(0x22, {I(0), I(1), I(0)})
                           .Return({I(0)}),
                       "0irr_i"}};
    spec.exports = {{row.name, 0}};
    Aligned file(testing::Build(spec));
    Aligned arena(size_t{1} << 16);
    Runtime runtime;
    ASSERT_EQ(runtime.Load(file.bytes(), arena.bytes(), {.kernel_mode = KernelMode::kSkip}),
              Status::kOk)
        << runtime.failure().text();
    const base::Result<Function> function = runtime.Find(row.name);
    ASSERT_TRUE(function.has_value());
    FunctionInfo info;
    ASSERT_EQ(runtime.Describe(*function, info), Status::kOk);
    EXPECT_EQ(info.argument_count, row.takes_fences ? 1u : 3u);
    Value argument = {};
    argument.i32 = 41;
    const Status called = runtime.Invoke(*function, {&argument, 1});
    ASSERT_EQ(called == Status::kOk, row.takes_fences) << runtime.failure().text();
    if (row.takes_fences) EXPECT_EQ(runtime.results()[0].i32, 41);
  }
}

// ---- Kernels of this machine --------------------------------------------------------------------

fs::path Compiler() {
  if (const char* environment = std::getenv("KENNING_PYTHON_ENV")) {
    return fs::path(environment) / "bin/iree-compile";
  }
  return "build/venv/bin/iree-compile";
}

class Placements : public Listener {
 public:
  void OnExecutablePlaced(const PlacedExecutable& executable) override {
    ++placed;
    kernels += executable.kernels.size();
  }
  void OnExecutableGone(uintptr_t /*base*/) override { ++gone; }
  Status RunDispatch(const PlacedKernel& kernel, void (*body)(void*), void* argument) override {
    if (fail) return Status::kKernelTrapped;
    last = kernel.name;
    body(argument);
    return Status::kOk;
  }
  int placed = 0;
  int gone = 0;
  size_t kernels = 0;
  bool fail = false;
  std::string last;
};

// A compiled, loaded model of the corpus for this machine.
class NativeModel {
 public:
  explicit NativeModel(const std::string& name) {
    const fs::path source = Corpus() / "models" / (name + ".mlir");
    if (!fs::exists(Compiler())) {
      skip = "no compiler at " + Compiler().string();
    } else if (!fs::exists(source)) {
      skip = "no corpus at " + Corpus().string();
    }
    if (!skip.empty()) return;
    const fs::path output =
        fs::temp_directory_path() / (name + "." + std::to_string(getpid()) + ".vmfb");
    const std::string command =
        Compiler().string() +
        " --iree-hal-target-backends=llvm-cpu --iree-llvmcpu-target-triple=x86_64-pc-linux-elf"
        " --iree-llvmcpu-target-cpu=generic " +
        source.string() + " -o " + output.string();
    if (std::system(command.c_str()) != 0) {
      ADD_FAILURE() << command;
      return;
    }
    file_ = std::make_unique<Aligned>(ReadFile(output));
    fs::remove(output);
    status = runtime.Load(file_->bytes(), arena_.bytes(), {.listener = &placements});
  }

  std::string skip;
  Status status = Status::kError;
  Placements placements;

 private:
  std::unique_ptr<Aligned> file_;
  Aligned arena_{size_t{4} << 20};

 public:
  Runtime runtime;  // after its memory
};

// Little-endian, C order: what the corpus' NPY files are.
struct Npy {
  std::vector<uint8_t> file;
  [[nodiscard]] uint8_t* data() {
    uint16_t header;
    std::memcpy(&header, file.data() + 8, 2);
    return file.data() + 10 + header;
  }
  [[nodiscard]] size_t size() { return file.size() - static_cast<size_t>(data() - file.data()); }
};

Npy Array(const std::string& name) { return {ReadFile(Corpus() / "models" / name)}; }

Value TensorOf(Npy& npy, ElementType type, std::initializer_list<uint32_t> dims) {
  Value value = {};
  value.kind = ValueKind::kTensor;
  value.tensor.type = type;
  for (const uint32_t dim : dims) value.tensor.dims[value.tensor.rank++] = dim;
  value.tensor.data = npy.data();
  value.tensor.size_bytes = npy.size();
  return value;
}

void ExpectClose(const Tensor& got, Npy expected, float tolerance) {
  ASSERT_EQ(got.size_bytes, expected.size());
  for (size_t i = 0; i < got.size_bytes; i += sizeof(float)) {
    float a;
    float b;
    std::memcpy(&a, got.data + i, sizeof a);
    std::memcpy(&b, expected.data() + i, sizeof b);
    EXPECT_NEAR(a, b, tolerance) << i / sizeof(float);
  }
}

#define MODEL_OR_SKIP(variable, name)                        \
  NativeModel variable(name);                                \
  if (!variable.skip.empty()) GTEST_SKIP() << variable.skip; \
  ASSERT_EQ(variable.status, Status::kOk) << variable.runtime.failure().text()

TEST(NativeTest, FloatNetwork) {
  MODEL_OR_SKIP(model, "wand_f32");
  Npy input = Array("wand_f32.0.in0.npy");
  const Value argument = TensorOf(input, kFloat32, {1, 128, 3, 1});
  size_t device_live = 0;
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(model.runtime.Invoke(*model.runtime.Find("main"), {&argument, 1}), Status::kOk)
        << model.runtime.failure().text();
    ExpectClose(model.runtime.results()[0].tensor, Array("wand_f32.0.out0.npy"), 1e-4f);
    model.runtime.ReleaseResults();
    const Statistics now = model.runtime.statistics();
    const size_t live = now.device_bytes_allocated - now.device_bytes_freed;
    if (round != 0) EXPECT_EQ(live, device_live) << "an inference leaks";
    device_live = live;
  }
  // Without a release between them calls are done again from the first; inputs lie elsewhere.
  Npy other = input;
  auto* values = reinterpret_cast<float*>(other.data());
  for (size_t i = 0; i < other.size() / sizeof(float); ++i) values[i] *= 0.5f;
  const Value halved = TensorOf(other, kFloat32, {1, 128, 3, 1});
  std::vector<uint8_t> expected;
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(model.runtime.Invoke(*model.runtime.Find("main"), {&argument, 1}), Status::kOk)
        << model.runtime.failure().text();
    ExpectClose(model.runtime.results()[0].tensor, Array("wand_f32.0.out0.npy"), 1e-4f);
    if (round == 0) model.runtime.ReleaseResults();  // the halved one is once run from its bytecode
    ASSERT_EQ(model.runtime.Invoke(*model.runtime.Find("main"), {&halved, 1}), Status::kOk)
        << model.runtime.failure().text();
    const Tensor& tensor = model.runtime.results()[0].tensor;
    const std::vector<uint8_t> got(tensor.data, tensor.data + tensor.size_bytes);
    if (round == 0) expected = got;
    EXPECT_EQ(got, expected);
  }
  EXPECT_GT(model.placements.kernels, 0u);
  model.runtime.Unload();
  EXPECT_EQ(model.placements.gone, model.placements.placed);
}

TEST(NativeTest, IntegerNetworkIsExact) {
  MODEL_OR_SKIP(model, "mobile_i8");
  Npy input = Array("mobile_i8.0.in0.npy");
  const Value argument = TensorOf(input, kInt8, {1, 16, 16, 8});
  ASSERT_EQ(model.runtime.Invoke(*model.runtime.Find("main"), {&argument, 1}), Status::kOk)
      << model.runtime.failure().text();
  Npy expected = Array("mobile_i8.0.out0.npy");
  ASSERT_EQ(model.runtime.results()[0].tensor.size_bytes, expected.size());
  EXPECT_EQ(std::memcmp(model.runtime.results()[0].tensor.data, expected.data(), expected.size()),
            0);
}

TEST(NativeTest, SeveralInputsAndOutputs) {
  MODEL_OR_SKIP(model, "two_io");
  Npy first = Array("two_io.0.in0.npy");
  Npy second = Array("two_io.0.in1.npy");
  const Value arguments[] = {TensorOf(first, kFloat32, {4, 8}), TensorOf(second, kInt32, {4})};
  ASSERT_EQ(model.runtime.Invoke(*model.runtime.Find("main"), arguments), Status::kOk)
      << model.runtime.failure().text();
  ExpectClose(model.runtime.results()[0].tensor, Array("two_io.0.out0.npy"), 1e-4f);
  EXPECT_EQ(model.runtime.results().size(), 2u);
}

TEST(NativeTest, ControlFlowAndScalars) {
  MODEL_OR_SKIP(model, "control_flow");
  Value scalar = {};
  scalar.kind = ValueKind::kI32;
  scalar.i32 = 27;
  ASSERT_EQ(model.runtime.Invoke(*model.runtime.Find("collatz"), {&scalar, 1}), Status::kOk)
      << model.runtime.failure().text();
  EXPECT_EQ(model.runtime.results()[0].i32, 111);  // steps from 27 to 1
  Npy input = Array("control_flow.2.in0.npy");
  const Value argument = TensorOf(input, kFloat32, {8});
  ASSERT_EQ(model.runtime.Invoke(*model.runtime.Find("until"), {&argument, 1}), Status::kOk)
      << model.runtime.failure().text();
  ExpectClose(model.runtime.results()[0].tensor, Array("control_flow.2.out0.npy"), 1e-5f);
}

TEST(NativeTest, WrongShapeIsRefusedAndTheModelStays) {
  MODEL_OR_SKIP(model, "add_f32");
  Npy first = Array("add_f32.0.in0.npy");
  Npy second = Array("add_f32.0.in1.npy");
  Value arguments[] = {TensorOf(first, kFloat32, {66}), TensorOf(second, kFloat32, {67})};
  const Function main = *model.runtime.Find("main");
  EXPECT_EQ(model.runtime.Invoke(main, arguments), Status::kHalShapeMismatch);
  arguments[0].tensor.dims[0] = 68;  // more than the bytes hold
  EXPECT_EQ(model.runtime.Invoke(main, arguments), Status::kVmSignatureMismatch);
  arguments[0].tensor.dims[0] = 67;
  ASSERT_EQ(model.runtime.Invoke(main, arguments), Status::kOk) << model.runtime.failure().text();
  ExpectClose(model.runtime.results()[0].tensor, Array("add_f32.0.out0.npy"), 1e-5f);
}

TEST(NativeTest, ATrapIsAStatusThatNamesTheKernel) {
  MODEL_OR_SKIP(model, "add_f32");
  Npy first = Array("add_f32.0.in0.npy");
  Npy second = Array("add_f32.0.in1.npy");
  const Value arguments[] = {TensorOf(first, kFloat32, {67}), TensorOf(second, kFloat32, {67})};
  const Function main = *model.runtime.Find("main");
  ASSERT_EQ(model.runtime.Invoke(main, arguments), Status::kOk);
  model.placements.fail = true;
  EXPECT_EQ(model.runtime.Invoke(main, arguments), Status::kKernelTrapped);
  EXPECT_NE(model.runtime.failure().text().find(model.placements.last), std::string_view::npos);
  model.placements.fail = false;
  EXPECT_EQ(model.runtime.Invoke(main, arguments), Status::kOk);
}

}  // namespace
}  // namespace runtime
