// SPDX-License-Identifier: Apache-2.0

#include "runtime/vmfb/module_file.h"

#include <string>

#include "gtest/gtest.h"
#include "runtime/testing/module_builder.h"

namespace runtime {
namespace {

using base::Status;
using testing::Build;
using testing::Code;
using testing::MainOnly;
using testing::ModuleSpec;

ModuleSpec Sample(uint32_t major) {
  ModuleSpec spec = MainOnly(Code().Return(), "0v_v");
  spec.bytecode_major = major;
  spec.imports.push_back({"hal.device.allocator", "0r_r"});
  spec.rodata.push_back({1, 2, 3});
  spec.global_bytes = 24;
  spec.global_refs = 3;
  spec.abi_model = "coarse-fences";
  return spec;
}

class LayoutTest : public ::testing::TestWithParam<std::tuple<uint32_t, bool>> {};

TEST_P(LayoutTest, ReadsTheSameFromBothLayoutsAndContainers) {
  const auto [major, zip] = GetParam();
  const std::vector<uint8_t> file = Build(Sample(major), zip);
  ModuleFile module;
  Failure failure;
  ASSERT_EQ(module.Open(file, failure), Status::kOk) << failure.text();
  EXPECT_EQ(module.container().zip, zip);
  EXPECT_EQ(module.bytecode_major(), major);
  EXPECT_EQ(module.name(), "module");
  EXPECT_EQ(module.ImportAt(0)->name, "hal.device.allocator");
  EXPECT_EQ(module.ImportAt(0)->calling_convention, "0r_r");
  EXPECT_EQ(module.ExportAt(0)->name, "main");
  EXPECT_EQ(module.ExportAt(0)->calling_convention, "0v_v");
  EXPECT_EQ(module.RodataAt(0)->size(), 3u);
  EXPECT_EQ(module.FunctionAt(0)->value_registers, 16);
  EXPECT_EQ(module.FunctionAt(0)->ref_registers, 8);
  EXPECT_EQ(module.global_bytes(), 24u);
  EXPECT_EQ(module.global_refs(), 3u);
  EXPECT_EQ(*module.Attribute(0, "iree.abi.model"), "coarse-fences");
  EXPECT_EQ(*module.Attribute(0, "other"), "");
  EXPECT_FALSE(module.ImportAt(1).has_value());
  EXPECT_FALSE(module.RodataAt(1).has_value());
  EXPECT_FALSE(module.FunctionAt(1).has_value());
}

INSTANTIATE_TEST_SUITE_P(All, LayoutTest,
                         ::testing::Combine(::testing::Values(13, 14, 15, 16, 17),
                                            ::testing::Bool()));

TEST(ModuleFileTest, RefusesForeignAndUnknown) {
  ModuleFile module;
  Failure failure;
  EXPECT_EQ(module.Open({}, failure), Status::kVmfbNotAModule);
  const std::vector<uint8_t> text(100, 'x');
  EXPECT_EQ(module.Open(text, failure), Status::kVmfbNotAModule);
  for (const uint32_t major : {12u, 18u}) {
    EXPECT_EQ(module.Open(Build(Sample(major)), failure), Status::kVmfbUnsupported);
    EXPECT_NE(failure.text().find(std::to_string(major)), std::string::npos) << failure.text();
  }
  ModuleSpec minor = Sample(15);
  minor.bytecode_minor = 1;
  EXPECT_EQ(module.Open(Build(minor), failure), Status::kVmfbUnsupported);
  ModuleSpec negative = Sample(15);
  negative.global_bytes = -1;
  EXPECT_EQ(module.Open(Build(negative), failure), Status::kVmfbMalformed);
}

// Cut at every byte and flipped at every byte: an error or a readable module, never a fault (the
// sanitizers watch).
TEST(ModuleFileTest, AnyDamageIsHandled) {
  const auto read_all = [](base::Bytes file) {
    ModuleFile module;
    Failure failure;
    if (module.Open(file, failure) != Status::kOk) return;
    for (uint32_t i = 0; i < 4; ++i) {
      (void)module.ImportAt(i);
      (void)module.ExportAt(i);
      (void)module.RodataAt(i);
      (void)module.FunctionAt(i);
      (void)module.CallingConvention(i);
      (void)module.Attribute(i, "iree.abi.model");
    }
    (void)module.HalMinimumVersion();
  };
  for (const uint32_t major : {13u, 15u}) {
    const std::vector<uint8_t> file = Build(Sample(major), true);
    for (size_t size = 0; size < file.size(); ++size) read_all(base::Bytes(file).first(size));
    for (size_t i = 0; i < file.size(); ++i) {
      for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
        std::vector<uint8_t> damaged = file;
        damaged[i] = static_cast<uint8_t>(value);
        read_all(damaged);
      }
    }
  }
}

}  // namespace
}  // namespace runtime
