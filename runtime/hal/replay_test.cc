// SPDX-License-Identifier: Apache-2.0

// Calls in a row: what is done again without the bytecode must be what the bytecode would do.
#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/runtime.h"
#include "runtime/testing/module_builder.h"

namespace runtime {
namespace {

using base::Status;
using testing::Aligned;
using testing::Build;
using testing::Code;
using testing::I;
using testing::ImportOrdinal;
using testing::MainOnly;
using testing::ModuleSpec;
using testing::R;

constexpr uint16_t kOne = 0xFFFF;  // an ordinary argument among segments

// main(view) -> view. Of the argument: R0 view, R1 buffer, I0 its length, I8 its first dimension;
// I4 is 0 and I10 is 4. The result is a view of R2 with that dimension.
class Program {
 public:
  Program() {
    code.ConstI64(0, I(4)).ConstI32(4, I(10)).ConstI32(0, I(2)).ConstI32(1, I(3));
    Call("hal.buffer_view.buffer", "0r_r", {R(0)}, {R(1)});
    Call("hal.buffer.length", "0r_I", {R(1)}, {I(0)});
    Call("hal.buffer_view.dim", "0ri_I", {R(0), I(2)}, {I(8)});
  }
  void Call(const std::string& name, const std::string& convention,
            std::initializer_list<uint16_t> arguments, std::initializer_list<uint16_t> into) {
    spec.imports.push_back({name, convention});
    code.Call(ImportOrdinal(static_cast<uint32_t>(spec.imports.size() - 1)), arguments, into);
  }
  // R2: a copy of the argument.
  void Copy() {
    Call("hal.allocator.allocate", "0riiI_r", {R(7), I(2), I(2), I(0)}, {R(2)});
    Call("hal.device.queue.copy", "0rIrrrIrIII_v",
         {R(7), I(4), R(7), R(7), R(1), I(4), R(2), I(4), I(0), I(4)}, {});
  }
  void Load() {
    code.ConstI32(static_cast<int32_t>(kFloat32.code), I(11));
    spec.imports.push_back({"hal.buffer_view.create", "0rIIiiCID_r"});
    code.CallVariadic(ImportOrdinal(static_cast<uint32_t>(spec.imports.size() - 1)),
                      {kOne, kOne, kOne, kOne, kOne, 1}, {R(2), I(4), I(0), I(11), I(3), I(8)},
                      {R(3)});
    code.Return({R(3)});
    ModuleSpec main = MainOnly(code, "0r_r");
    main.imports = spec.imports;
    main.rodata = spec.rodata;
    main.global_bytes = 8;
    file_ = std::make_unique<Aligned>(Build(main));
    const Status loaded =
        runtime.Load(file_->bytes(), arena_.bytes(), {.kernel_mode = KernelMode::kSkip});
    ASSERT_EQ(loaded, Status::kOk) << runtime.failure().text();
  }
  // The elements of the result, or none if the call failed.
  std::vector<float> Run(std::vector<float>& data) {
    Value value = {};
    value.kind = ValueKind::kTensor;
    value.tensor.type = kFloat32;
    value.tensor.rank = 1;
    value.tensor.dims = {static_cast<uint32_t>(data.size())};
    value.tensor.data = reinterpret_cast<uint8_t*>(data.data());
    value.tensor.size_bytes = data.size() * sizeof(float);
    if (runtime.Invoke(*runtime.Find("main"), {&value, 1}) != Status::kOk) return {};
    const Tensor& tensor = runtime.results()[0].tensor;
    const auto* first = reinterpret_cast<const float*>(tensor.data);
    return {first, first + tensor.size_bytes / sizeof(float)};
  }
  [[nodiscard]] uint32_t allocated() const { return runtime.statistics().host_bytes_allocated; }

  Code code = Code().Block();
  ModuleSpec spec;

 private:
  std::unique_ptr<Aligned> file_;
  Aligned arena_{size_t{1} << 20};

 public:
  Runtime runtime;  // after its memory
};

TEST(ReplayTest, TheNextCallsTakeTheirOwnArgumentsAndNoMemory) {
  Program program;
  program.Copy();
  program.Load();
  std::vector<float> a = {1, 2, 3};
  std::vector<float> b = {4, 5, 6};
  EXPECT_EQ(program.Run(a), a);
  const uint32_t before = program.allocated();
  a[1] = 7;
  EXPECT_EQ(program.Run(a), a);
  EXPECT_EQ(program.Run(b), b);
  b[2] = 8;
  EXPECT_EQ(program.Run(b), b);
  EXPECT_EQ(program.Run(a), a);
  EXPECT_EQ(program.allocated(), before);
  // Another shape is another call.
  std::vector<float> longer = {9, 8, 7, 6};
  EXPECT_EQ(program.Run(longer), longer);
  EXPECT_GT(program.allocated(), before);
  EXPECT_EQ(program.Run(a), a);
  program.runtime.ReleaseResults();
  const Statistics statistics = program.runtime.statistics();
  EXPECT_EQ(statistics.device_bytes_allocated, statistics.device_bytes_freed);
}

TEST(ReplayTest, WhatTheProgramKnowsOrKeepsIsNotDoneWithoutIt) {
  struct Row {
    const char* what;
    std::function<void(Program&)> add;
  };
  const Row rows[] = {
      {"loads from a tensor",
       [](Program& p) { p.Call("hal.buffer.load", "0rIi_i", {R(2), I(4), I(10)}, {I(12)}); }},
      {"stores into a tensor",
       [](Program& p) { p.Call("hal.buffer.store", "0irIi_v", {I(3), R(2), I(4), I(10)}, {}); }},
      {"stores a global", [](Program& p) { p.code.U8(0x01).U32(0).U16(I(3)); }},
      {"stores a wide global", [](Program& p) { p.code.U8(0x05).U32(0).U16(I(4)); }},
      {"stores a global by its offset", [](Program& p) { p.code.Op(0x03, {I(2), I(3)}); }},
      {"makes a list", [](Program& p) { p.code.U8(0x12).U32(0).U16(I(3)).U16(R(5)); }},
      {"makes a buffer of its own", [](Program& p) { p.code.Op(0x6C, {I(0), I(3), R(5)}); }},
      {"copies constants into a new tensor", [](Program& p) {
         p.spec.rodata.push_back({1, 2, 3, 4});
         p.code.U8(0x11).U32(0).U16(R(5));
         p.Call("hal.allocator.allocate.initialized", "0riirII_r",
                {R(7), I(2), I(2), R(5), I(4), I(0)}, {R(6)});
       }}};
  for (const Row& row : rows) {
    Program program;
    program.Copy();
    row.add(program);
    program.Load();
    std::vector<float> data = {1};
    ASSERT_EQ(program.Run(data).size(), 1u) << row.what << program.runtime.failure().text();
    const uint32_t before = program.allocated();
    ASSERT_EQ(program.Run(data).size(), 1u) << row.what;
    EXPECT_GT(program.allocated(), before) << row.what;
  }
}

TEST(ReplayTest, AResultThatIsTheArgumentFollowsIt) {
  Program program;
  program.code.Op(0x1E).U16(I(3)).U32(0).U16(R(1)).U16(R(1)).U16(R(2));  // select.ref: R2 = R1
  program.Load();
  for (float value = 1; value < 4; ++value) {
    std::vector<float> data = {value, 0};
    EXPECT_EQ(program.Run(data), data) << program.runtime.failure().text();
  }
}

TEST(ReplayTest, MemoryIsGivenUpForACallThatNeedsIt) {
  // Twice more than half of the arena, one after the other.
  Program program;
  for (int i = 0; i < 2; ++i) {
    program.code.ConstI64(600'000, I(6));
    program.Call("hal.allocator.allocate", "0riiI_r", {R(7), I(2), I(2), I(6)}, {R(4)});
    program.Call("hal.device.queue.dealloca", "0rIrrr_v", {R(7), I(4), R(7), R(7), R(4)}, {});
  }
  program.Copy();
  program.Load();
  for (float value = 1; value < 4; ++value) {
    std::vector<float> data = {value, 0};
    EXPECT_EQ(program.Run(data), data) << program.runtime.failure().text();
  }
}

TEST(ReplayTest, DroppedItGivesItsMemoryBackAndTheResultsStay) {
  Program program;
  program.code.ConstI64(200'000, I(6));
  program.Call("hal.allocator.allocate", "0riiI_r", {R(7), I(2), I(2), I(6)}, {R(4)});
  program.Call("hal.device.queue.dealloca", "0rIrrr_v", {R(7), I(4), R(7), R(7), R(4)}, {});
  program.Copy();
  program.Load();
  std::vector<float> data = {1, 2};
  EXPECT_EQ(program.Run(data), data);
  const Statistics held = program.runtime.statistics();
  program.runtime.DropReplay();
  const Statistics dropped = program.runtime.statistics();
  EXPECT_EQ(dropped.device_bytes_freed - held.device_bytes_freed, 200'000u);
  EXPECT_EQ(program.Run(data), data);
  EXPECT_EQ(program.Run(data), data);
}

}  // namespace
}  // namespace runtime
