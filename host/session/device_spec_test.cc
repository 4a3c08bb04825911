// SPDX-License-Identifier: Apache-2.0

#include "host/session/device_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace host {
namespace {

using ::testing::HasSubstr;

IoSpecification MagicWand() {
  const auto specification = ParseIoSpecification(
      R"({"input":[{"name":"input_1","shape":[[1,128,3],[1,128,3,1]],"dtype":"float32"}],)"
      R"("processed_input":[{"name":"input_1","shape":[1,128,3,1],"dtype":"float32"}],)"
      R"("output":[{"name":"out_layer","shape":[1,4],"dtype":"float32"}]})",
      "t");
  EXPECT_TRUE(specification);
  return *specification;
}

// The worked example of the contract, section 5.1.2.
TEST(DeviceSpecification, MagicWandGivesTheContractsBytes) {
  const auto spec = DeviceSpecification(MagicWand());
  ASSERT_TRUE(spec) << spec.error().Format();
  std::array<uint8_t, wire::kMaxIoSpecBytes> bytes{};
  const auto size = wire::EncodeIoSpec(wire::Generation::kLegacy, *spec, bytes);
  ASSERT_TRUE(size);
  ASSERT_EQ(*size, 160u);
  std::array<uint8_t, 160> expected{};
  for (const auto& [offset, value] : {std::pair{0, 1},
                                      {4, 4},
                                      {12, 1},
                                      {16, 128},
                                      {20, 3},
                                      {24, 1},
                                      {44, 0x80},
                                      {45, 1},
                                      {52, 4},
                                      {60, 1},
                                      {64, 4},
                                      {112, 4},
                                      {116, 'f'},
                                      {117, '3'},
                                      {118, '2'}}) {
    expected[static_cast<size_t>(offset)] = static_cast<uint8_t>(value);
  }
  std::string_view("module.main").copy(reinterpret_cast<char*>(&expected[120]), 20);
  std::string_view("module").copy(reinterpret_cast<char*>(&expected[140]), 20);
  EXPECT_TRUE(std::ranges::equal(expected, std::span(bytes).first(160)));
}

TEST(DeviceSpecification, BatchExtentIsOne) {
  IoSpecification specification = MagicWand();
  specification.processed_input[0].shapes = {{-1, 128, 3, 1}};
  const auto spec = DeviceSpecification(specification);
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->inputs[0].dims[0], 1u);
  EXPECT_EQ(spec->input_bytes(), 1536u);
}

struct Fault {
  const char* name;
  void (*change)(IoSpecification&);
  const char* sentence;
};

TEST(DeviceSpecification, Faults) {
  for (const Fault& row : {
           Fault{"no output", [](IoSpecification& s) { s.output.clear(); }, "has 0 output tensors"},
           Fault{"17 outputs", [](IoSpecification& s) { s.output.resize(17, s.output[0]); },
                 "has 17 output tensors"},
           Fault{"type", [](IoSpecification& s) { s.output[0].dtype = "complex64"; },
                 "the type 'complex64'"},
           Fault{"rank", [](IoSpecification& s) { s.output[0].shapes[0].assign(9, 1); },
                 "at most 8 dimensions"},
           Fault{"no shape", [](IoSpecification& s) { s.output[0].shapes.clear(); },
                 "needs a shape"},
           Fault{"zero extent", [](IoSpecification& s) { s.output[0].shapes[0] = {0}; },
                 "not one a device can hold"},
           Fault{"huge", [](IoSpecification& s) { s.output[0].shapes[0] = {1 << 20, 1 << 20}; },
                 "not one a device can hold"},
           Fault{"negative", [](IoSpecification& s) { s.output[0].shapes[0] = {-2}; },
                 "not one a device can hold"},
           Fault{"entry", [](IoSpecification& s) { s.entry_func = std::string(100, 'x'); },
                 "is too long"},
       }) {
    IoSpecification specification = MagicWand();
    row.change(specification);
    const auto spec = DeviceSpecification(specification);
    ASSERT_FALSE(spec) << row.name;
    EXPECT_THAT(spec.error().Format(), HasSubstr(row.sentence)) << row.name;
    EXPECT_EQ(spec.error().exit_code(), 2);
  }
}

}  // namespace
}  // namespace host
