// SPDX-License-Identifier: Apache-2.0

// Whole sessions on an in-memory board, with stand-in models (testing_runtime.cc).
#include "firmware/app/device.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "firmware/app/testing_board.h"
#include "gtest/gtest.h"
#include "wire/client.h"
#include "wire/testing_bytes.h"

namespace firmware {
namespace {

using testing::MemoryBoard;
using wire::DeviceState;
using wire::Generation;
using wire::MessageType;
using wire::testing::ByteVector;
using wire::testing::Hex;
using wire::testing::operator+;

constexpr size_t kHeapBytes = 256 * 1024;

ByteVector FakeModel(char behaviour, uint8_t element_bytes, uint16_t elements,
                     uint32_t arena_bytes = 64, size_t size_bytes = 100) {
  ByteVector model(size_bytes, 0x33);
  std::copy_n("FAKE", 4, model.begin());
  model[4] = static_cast<uint8_t>(behaviour);
  model[5] = element_bytes;
  base::StoreLe(&model[6], elements);
  base::StoreLe(&model[8], arena_bytes);
  return model;
}

wire::IoSpec Spec(std::vector<std::pair<uint32_t, wire::ElementType>> inputs) {
  wire::IoSpec spec;
  spec.input_count = static_cast<uint32_t>(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    spec.inputs[i] = {.type = inputs[i].second,
                      .shape_known = true,
                      .rank = 1,
                      .dims = {inputs[i].first},
                      .element_count = inputs[i].first};
  }
  spec.output_count = 1;
  spec.outputs[0] = spec.inputs[0];
  EXPECT_TRUE(spec.entry_function.Assign("module.main"));
  EXPECT_TRUE(spec.model_name.Assign("module"));
  return spec;
}

constexpr wire::ElementType kU8 = {wire::TypeCode::kUint, 8};
constexpr wire::ElementType kI32 = {wire::TypeCode::kInt, 32};

class Logs final : public wire::LogListener {
 public:
  void OnDeviceLog(std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

// A device and a client of one generation.
class Session {
 public:
  explicit Session(Generation generation, size_t heap_bytes = kHeapBytes,
                   InputSource* source = nullptr)
      : heap(heap_bytes + 64),
        aligned(heap.data() + (64 - reinterpret_cast<uintptr_t>(heap.data()) % 64) % 64,
                heap_bytes),
        device(board, aligned, runtime::KernelMode::kRun, source),
        answer_buffer(1 << 16),
        client({.generation = generation}, answer_buffer, &logs) {
    device.Start();
  }

  void Pump() {
    int quiet = 0;
    while (quiet < 60) quiet = device.Poll() ? 0 : quiet + 1;
  }

  // Sends raw bytes; returns what the device sent.
  ByteVector Exchange(const ByteVector& bytes) {
    board.output.clear();
    board.input.insert(board.input.end(), bytes.begin(), bytes.end());
    Pump();
    return board.output;
  }

  // One request; the answer must be whole and the only thing on the line.
  wire::Answer Request(MessageType type, const ByteVector& payload = {}) {
    EXPECT_EQ(client.Start(type, payload), base::Status::kOk);
    return Finish();
  }
  wire::Answer Finish() {
    std::vector<uint8_t> bytes(1 << 20);
    bytes.resize(client.Produce(bytes));
    const ByteVector answer = Exchange(bytes);
    EXPECT_EQ(client.Consume(answer), answer.size());
    EXPECT_EQ(client.state(), wire::ClientState::kAnswered);
    return client.answer();
  }

  bool IoSpec(const wire::IoSpec& spec) {
    ByteVector payload(wire::kMaxIoSpecBytes);
    payload.resize(wire::EncodeIoSpec(client.generation(), spec, payload).value());
    return Request(MessageType::kIoSpec, payload).success;
  }
  bool Model(const ByteVector& model) { return Request(MessageType::kModel, model).success; }
  bool Data(const ByteVector& data) { return Request(MessageType::kData, data).success; }
  bool Process() { return Request(MessageType::kProcess).success; }
  ByteVector Output() {
    const wire::Answer answer = Request(MessageType::kOutput);
    EXPECT_TRUE(answer.success);
    return {answer.payload.begin(), answer.payload.end()};
  }
  bool Connect() {
    EXPECT_EQ(client.StartConnect(), base::Status::kOk);
    return Finish().success;
  }

  [[nodiscard]] bool Logged(const std::string& part) const {
    return std::ranges::any_of(
        board.lines, [&](const std::string& line) { return line.find(part) != std::string::npos; });
  }

  MemoryBoard board;
  std::vector<uint8_t> heap;
  base::MutableBytes aligned;
  Device device;
  Logs logs;
  std::vector<uint8_t> answer_buffer;
  wire::Client client;
};

class EachWire : public ::testing::TestWithParam<Generation> {};
INSTANTIATE_TEST_SUITE_P(All, EachWire,
                         ::testing::Values(Generation::kLegacy, Generation::kHeader8,
                                           Generation::kHeader12),
                         [](const auto& row) {
                           return std::string(wire::GenerationName(row.param));
                         });

TEST(DeviceTest, StartLogsTheTwoLinesThatClientsWaitFor) {
  Session session(Generation::kLegacy);
  EXPECT_EQ(session.board.lines, (std::vector<std::string>{"2 INFO |Runtime started",
                                                           "2 INFO |Inference server started"}));
  session.Pump();
  EXPECT_EQ(session.board.lines.size(), 2u) << "idle must not log";
  EXPECT_TRUE(session.board.output.empty());
}

TEST_P(EachWire, WholeSession) {
  Session session(GetParam());
  if (GetParam() != Generation::kLegacy) EXPECT_TRUE(session.Connect());
  EXPECT_EQ(session.device.state(), DeviceState::kUninitialized);
  EXPECT_TRUE(session.IoSpec(Spec({{300, kU8}})));
  EXPECT_EQ(session.device.state(), DeviceState::kStructLoaded);
  EXPECT_TRUE(session.Model(FakeModel('d', 1, 300, 64, 1000)));
  EXPECT_EQ(session.device.state(), DeviceState::kWeightsLoaded);
  for (int sample = 0; sample < 3; ++sample) {
    EXPECT_TRUE(session.Data(ByteVector(300, 7)));
    EXPECT_EQ(session.device.state(), DeviceState::kInputLoaded);
    EXPECT_TRUE(session.Process());
    EXPECT_EQ(session.device.state(), DeviceState::kInferenceDone);
    ByteVector expected(300, 14);
    expected[0] = static_cast<uint8_t>(14 + sample);
    EXPECT_EQ(session.Output(), expected);
    EXPECT_EQ(session.Output(), expected) << "OUTPUT may be asked again";
  }
  EXPECT_TRUE(session.Request(MessageType::kStats).success);
  EXPECT_FALSE(session.Logged("ERROR")) << session.board.lines.back();
  EXPECT_TRUE(session.logs.lines.empty());
}

TEST_P(EachWire, StatisticsInTheFormOfTheWire) {
  Session session(GetParam());
  ASSERT_TRUE(session.IoSpec(Spec({{4, kU8}})));
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 4)));
  ASSERT_TRUE(session.Data(ByteVector(4, 1)));
  ASSERT_TRUE(session.Process());
  const wire::Answer answer = session.Request(MessageType::kStats);
  const auto list = wire::DecodeStatistics(GetParam(), answer.payload);
  ASSERT_TRUE(list.has_value());
  const bool legacy = GetParam() == Generation::kLegacy;
  ASSERT_EQ(list->count, legacy ? 6u : 8u);
  const auto allocation = list->span().last(6);
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(allocation[i].name, wire::kAllocationNames[i]);
  EXPECT_EQ(allocation[0].value, 1u);
  EXPECT_EQ(allocation[4].value, 5u);
  if (legacy) return;
  EXPECT_EQ(list->items[0].name, "target_inference_step");
  EXPECT_EQ(list->items[0].kind, wire::StatisticKind::kInferenceTimeNs);
  EXPECT_GT(list->items[0].value, 0u);
  EXPECT_EQ(list->items[1].name, "inference_instructions");
}

// ---- states ----

TEST_P(EachWire, EachMessageBelowItsStateIsRefusedAndNamed) {
  struct StateRow {
    DeviceState state;
    std::vector<MessageType> refused;
  };
  const std::vector<StateRow> rows = {
      {DeviceState::kUninitialized,
       {MessageType::kModel, MessageType::kData, MessageType::kProcess, MessageType::kOutput,
        MessageType::kStats}},
      {DeviceState::kStructLoaded,
       {MessageType::kData, MessageType::kProcess, MessageType::kOutput, MessageType::kStats}},
      {DeviceState::kWeightsLoaded, {MessageType::kProcess, MessageType::kOutput}},
      {DeviceState::kInputLoaded, {MessageType::kOutput}},
  };
  for (const StateRow& row : rows) {
    Session session(GetParam());
    if (row.state >= DeviceState::kStructLoaded) ASSERT_TRUE(session.IoSpec(Spec({{4, kU8}})));
    if (row.state >= DeviceState::kWeightsLoaded) ASSERT_TRUE(session.Model(FakeModel('d', 1, 4)));
    if (row.state >= DeviceState::kInputLoaded) ASSERT_TRUE(session.Data(ByteVector(4, 1)));
    for (MessageType type : row.refused) {
      const bool payload = wire::InfoOf(type).has_payload;
      const wire::Answer answer = session.Request(type, ByteVector(payload ? 4 : 0, 1));
      EXPECT_FALSE(answer.success) << wire::InfoOf(type).name;
      EXPECT_FALSE(answer.denied) << "repeating would not help";
      EXPECT_TRUE(
          session.Logged("ERROR |" + std::string(wire::InfoOf(type).name) + " refused in state '" +
                         std::string(wire::DeviceStateName(row.state)) + "': status 0x00000206"));
      EXPECT_EQ(session.device.state(), row.state);
    }
  }
}

TEST(DeviceTest, LegacyAnswersErrorToWhatItCannotServe) {
  struct Row {
    const char* what;
    ByteVector bytes;
    const char* answer;
  };
  const std::vector<Row> rows = {
      {"OK is ignored", Hex("02 00 00 00 00 00"), ""},
      {"ERROR is ignored", Hex("02 00 00 00 01 00"), ""},
      {"OPTIMIZERS", Hex("04 00 00 00 08 00 7b 7d"), "02 00 00 00 01 00"},
      {"RUNTIME", Hex("02 00 00 00 0a 00"), "02 00 00 00 01 00"},
      {"type 11", Hex("02 00 00 00 0b 00"), "02 00 00 00 01 00"},
      {"type 65535 with payload", Hex("05 00 00 00 ff ff 01 02 03"), "02 00 00 00 01 00"},
      {"size 0", Hex("00 00 00 00 05 00"), "02 00 00 00 01 00"},
      {"size 1", Hex("01 00 00 00 05 00"), "02 00 00 00 01 00"},
      {"larger than memory", Hex("ff ff ff 7f 03 00 01 02 03 04"), "02 00 00 00 01 00"},
      {"cut in the payload", Hex("a2 00 00 00 07 00 01 00"), "02 00 00 00 01 00"},
      {"cut in the header", Hex("a2 00 00"), ""},
      {"PROCESS with payload", Hex("04 00 00 00 04 00 01 02"), "02 00 00 00 01 00"},
      {"IO_SPEC of 159 bytes", Hex("a1 00 00 00 07 00") + ByteVector(159, 0), "02 00 00 00 01 00"},
      {"IO_SPEC of 161 bytes", Hex("a3 00 00 00 07 00") + ByteVector(161, 0), "02 00 00 00 01 00"},
      {"IO_SPEC of nothing", Hex("02 00 00 00 07 00"), "02 00 00 00 01 00"},
      {"IO_SPEC of 4000 bytes", Hex("a2 0f 00 00 07 00") + ByteVector(4000, 0),
       "02 00 00 00 01 00"},
  };
  for (const Row& row : rows) {
    Session session(Generation::kLegacy);
    ASSERT_TRUE(session.IoSpec(Spec({{4, kU8}})));
    ASSERT_TRUE(session.Model(FakeModel('d', 1, 4)));
    ASSERT_TRUE(session.Data({1, 2, 3, 4}));
    EXPECT_EQ(session.Exchange(row.bytes), Hex(row.answer)) << row.what;
    // The line is in step and everything that was loaded still is.
    EXPECT_EQ(session.device.state(), DeviceState::kInputLoaded) << row.what;
    EXPECT_TRUE(session.Process()) << row.what;
    EXPECT_EQ(session.Output(), (ByteVector{2, 4, 6, 8})) << row.what;
  }
}

TEST_P(EachWire, WrongDataLengthsAreRefusedAndTheEarlierInputStays) {
  Session session(GetParam());
  ASSERT_TRUE(session.IoSpec(Spec({{200, kU8}})));
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 200)));
  ASSERT_TRUE(session.Data(ByteVector(200, 3)));
  for (size_t size : {size_t{0}, size_t{1}, size_t{199}, size_t{201}, size_t{5000}}) {
    EXPECT_FALSE(session.Data(ByteVector(size, 9))) << size;
    EXPECT_EQ(session.device.state(), DeviceState::kInputLoaded);
  }
  EXPECT_TRUE(session.Logged("the inputs have 200 bytes, DATA has"));
  ASSERT_TRUE(session.Process());
  EXPECT_EQ(session.Output(), ByteVector(200, 6));
}

// ---- check before commit ----

TEST_P(EachWire, RefusedSpecificationsAndModelsLeaveTheEarlierOnesAtWork) {
  Session session(GetParam());
  ASSERT_TRUE(session.IoSpec(Spec({{8, kU8}})));
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 8)));
  ASSERT_TRUE(session.Data(ByteVector(8, 5)));
  const auto still_works = [&](uint8_t calls) {
    ASSERT_TRUE(session.Process());
    ByteVector expected(8, 10);
    expected[0] = static_cast<uint8_t>(10 + calls);
    EXPECT_EQ(session.Output(), expected);
    ASSERT_TRUE(session.Data(ByteVector(8, 5)));
  };
  still_works(0);

  EXPECT_FALSE(session.Request(MessageType::kIoSpec, ByteVector(160, 0xFF)).success);
  still_works(1);
  // A good specification, then models that fail in their several ways.
  uint8_t calls = 2;
  for (const ByteVector& bad :
       {ByteVector(50, 0x77), FakeModel('d', 4, 8), FakeModel('d', 1, 9), FakeModel('2', 1, 8),
        FakeModel('q', 1, 8), FakeModel('d', 1, 8, kHeapBytes), ByteVector(kHeapBytes + 1, 1),
        FakeModel('d', 1, 8, 64, kHeapBytes / 2)}) {
    // The newer wires do not tell the size: there the old model has given way before the end is
    // seen.
    if (bad.size() > kHeapBytes && GetParam() != Generation::kLegacy) continue;
    ASSERT_TRUE(session.IoSpec(Spec({{8, kU8}})));
    EXPECT_EQ(session.device.state(), DeviceState::kStructLoaded);
    const bool fits = bad.size() == kHeapBytes / 2;  // the last one is good
    EXPECT_EQ(session.Model(bad), fits);
    if (fits) break;
    if (bad == FakeModel('d', 1, 8, kHeapBytes)) {
      // It might have fitted instead of the old one, which was started afresh when it did not.
      calls = 0;
      ASSERT_TRUE(session.Data(ByteVector(8, 5)));
    }
    still_works(calls++);
  }
  ASSERT_TRUE(session.Data(ByteVector(8, 5)));
  still_works(0);
}

// Found by fuzz/wire_frame: a model that could be loaded only alone and was refused after that (its
// element count, or no room for its inputs) took the old one with it.
TEST_P(EachWire, AModelThatLoadsOnlyAloneAndIsRefusedThenLeavesTheEarlierOneAtWork) {
  Session session(GetParam());
  ASSERT_TRUE(session.IoSpec(Spec({{8, kU8}})));
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 8)));
  for (uint32_t below = 2048; below > 0; below -= 64) {
    ASSERT_FALSE(session.Model(FakeModel('d', 1, 9, kHeapBytes - below))) << below;
    ASSERT_TRUE(session.Data(ByteVector(8, 5))) << below;
    ASSERT_TRUE(session.Process()) << below;
    EXPECT_EQ(session.Output()[1], 10) << below;
  }
}

// Found by fuzz/wire_frame: a small model, whose inputs had no room beside a large one, was
// refused.
TEST_P(EachWire, AModelWithoutRoomForItsInputsBesideTheOldOneReplacesIt) {
  for (uint32_t below = 2048; below >= 1024; below -= 64) {
    Session session(GetParam());
    ASSERT_TRUE(session.IoSpec(Spec({{8, kU8}})));
    ASSERT_TRUE(session.Model(FakeModel('d', 1, 8, kHeapBytes - below))) << below;
    ASSERT_TRUE(session.Model(FakeModel('d', 1, 8))) << below;
    ASSERT_TRUE(session.Data(ByteVector(8, 5))) << below;
  }
}

TEST_P(EachWire, AModelLargerThanMemoryIsRefusedAndASmallerOneTaken) {
  Session session(GetParam());
  ASSERT_TRUE(session.IoSpec(Spec({{8, kU8}})));
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 8)));
  EXPECT_FALSE(session.Model(FakeModel('d', 1, 8, 64, kHeapBytes + 1)));
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 8)));
  EXPECT_TRUE(session.Data(ByteVector(8, 1)));
}

TEST_P(EachWire, AModelThatFitsOnlyAloneReplacesTheOldOne) {
  Session session(GetParam());
  ASSERT_TRUE(session.IoSpec(Spec({{8, kU8}})));
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 8, 64, kHeapBytes * 3 / 4)));
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 8, 64, kHeapBytes * 4 / 5)));
  ASSERT_TRUE(session.Data(ByteVector(8, 5)));
  ASSERT_TRUE(session.Process());
  EXPECT_EQ(session.Output(), ByteVector(8, 10));
}

TEST_P(EachWire, ManyModelsInARowLeakNothing) {
  Session session(GetParam());
  ASSERT_TRUE(session.IoSpec(Spec({{8, kU8}})));
  for (int i = 0; i < 50; ++i) {
    // A third of the memory each: beside the old one there is always room.
    ASSERT_TRUE(session.Model(FakeModel('d', 1, 8, kHeapBytes / 8, kHeapBytes / 8))) << i;
  }
  EXPECT_TRUE(session.Data(ByteVector(8, 1)));
}

TEST_P(EachWire, EmptyModelKeepsTheLoadedOneWithItsVariables) {
  Session session(GetParam());
  ASSERT_TRUE(session.IoSpec(Spec({{8, kU8}})));
  EXPECT_FALSE(session.Model({})) << "nothing to keep yet";
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 8)));
  ASSERT_TRUE(session.Data(ByteVector(8, 5)));
  ASSERT_TRUE(session.Process());
  ASSERT_TRUE(session.IoSpec(Spec({{8, kU8}})));
  ASSERT_TRUE(session.Model({}));
  EXPECT_EQ(session.device.state(), DeviceState::kWeightsLoaded);
  ASSERT_TRUE(session.Data(ByteVector(8, 5)));
  ASSERT_TRUE(session.Process());
  EXPECT_EQ(session.Output()[0], 11) << "the second call on the same model";
  // A specification that does not fit is found when the model is asked to go on with it.
  ASSERT_TRUE(session.IoSpec(Spec({{9, kU8}})));
  EXPECT_FALSE(session.Model({}));
  EXPECT_TRUE(session.Logged("input 0 has 9 elements, the model wants 8"));
}

// ---- arguments ----

TEST_P(EachWire, TensorsAreAlignedAndScalarsWidened) {
  Session session(GetParam());
  ASSERT_TRUE(session.IoSpec(Spec({{5, kU8}, {1, kI32}})));
  ASSERT_TRUE(session.Model(FakeModel('2', 1, 5)));
  const ByteVector data = {1, 2, 3, 4, 5, 0xFE, 0xFF, 0xFF, 0xFF};
  ASSERT_TRUE(session.Data(data));
  ASSERT_TRUE(session.Process());
  EXPECT_EQ(session.Output(), data);
  ASSERT_TRUE(session.IoSpec(Spec({{5, kU8}, {1, {wire::TypeCode::kInt, 8}}})));
  ASSERT_TRUE(session.Model({}));
  ASSERT_TRUE(session.Data({1, 2, 3, 4, 5, 0xFE}));
  ASSERT_TRUE(session.Process());
  EXPECT_EQ(session.Output(), data) << "an i8 of -2 becomes an i32 of -2";
}

TEST_P(EachWire, AFunctionWithoutInputsTakesAnEmptyData) {
  Session session(GetParam());
  wire::IoSpec spec = Spec({{1, kU8}});
  spec.input_count = 0;
  spec.output_count = 0;
  ASSERT_TRUE(session.IoSpec(spec));
  ASSERT_TRUE(session.Model(FakeModel('z', 1, 1)));
  EXPECT_FALSE(session.Process());
  ASSERT_TRUE(session.Data({}));
  ASSERT_TRUE(session.Process());
  EXPECT_TRUE(session.Output().empty());
}

// ---- traps ----

TEST_P(EachWire, ATrapInAKernelIsReportedAndTheModelServesOn) {
  Session session(GetParam());
  ASSERT_TRUE(session.IoSpec(Spec({{4, kU8}})));
  ASSERT_TRUE(session.Model(FakeModel('k', 1, 4)));
  ASSERT_TRUE(session.Data(ByteVector(4, 1)));
  EXPECT_FALSE(session.Process());
  EXPECT_TRUE(session.Logged(
      "kernel fake_kernel at 0x00001000 trapped: cause 2 at 0x32001234, value 0x0000DEAD"));
  EXPECT_TRUE(session.Logged("PROCESS refused"));
  EXPECT_EQ(session.device.state(), DeviceState::kInputLoaded);
  EXPECT_FALSE(session.Process());
}

TEST_P(EachWire, ATrapOutsideAKernelCostsTheModelButNotTheDevice) {
  Session session(GetParam());
  ASSERT_TRUE(session.IoSpec(Spec({{4, kU8}})));
  ASSERT_TRUE(session.Model(FakeModel('t', 1, 4)));
  ASSERT_TRUE(session.Data(ByteVector(4, 1)));
  EXPECT_FALSE(session.Process());
  EXPECT_EQ(session.device.state(), DeviceState::kStructLoaded);
  EXPECT_FALSE(session.Model({}));
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 4)));
  ASSERT_TRUE(session.Data(ByteVector(4, 1)));
  EXPECT_TRUE(session.Process());
}

TEST_P(EachWire, AFailingInferenceSaysWhy) {
  Session session(GetParam());
  ASSERT_TRUE(session.IoSpec(Spec({{4, kU8}})));
  ASSERT_TRUE(session.Model(FakeModel('f', 1, 4)));
  ASSERT_TRUE(session.Data(ByteVector(4, 1)));
  EXPECT_FALSE(session.Process());
  EXPECT_TRUE(session.Logged("the model says no"));
  EXPECT_FALSE(session.Request(MessageType::kOutput).success);
}

// ---- the newer wires ----

TEST(DeviceTest, WarningsAndErrorsReachAConnectedClientAsLogs) {
  Session session(Generation::kHeader12);
  EXPECT_FALSE(session.Process());
  EXPECT_TRUE(session.logs.lines.empty()) << "nobody has connected";
  ASSERT_TRUE(session.Connect());
  EXPECT_FALSE(session.Process());
  ASSERT_EQ(session.logs.lines.size(), 1u);
  EXPECT_EQ(session.logs.lines[0],
            "ERROR |PROCESS refused in state 'uninitialised': status 0x00000206");
}

TEST(DeviceTest, PingIsAnsweredAsKenningsPeersDo) {
  Session session(Generation::kHeader12);
  EXPECT_EQ(session.Exchange(Hex("00 00 00 00 00 7a 31 00 00 00 00 00")),
            Hex("00 00 00 00 c0 3a b1 00 00 00 00 00"));
  EXPECT_EQ(session.Exchange(Hex("00 00 00 00 00 79 32 00 00 00 00 00")),
            Hex("00 00 00 00 c0 39 b2 00 00 00 00 00"));
  EXPECT_EQ(session.Exchange(Hex("00 7a 31 00 00 00 00 00")), Hex("c0 3a b1 00 00 00 00 00"));
  EXPECT_EQ(session.Exchange(Hex("00 79 32 00 00 00 00 00")), Hex("c0 39 b2 00 00 00 00 00"));
}

TEST(DeviceTest, ALostByteIsDeniedOnceAndTheRepetitionIsTaken) {
  Session session(Generation::kHeader12);
  ASSERT_TRUE(session.Connect());
  ASSERT_TRUE(session.IoSpec(Spec({{400, kU8}})));
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 400)));
  ASSERT_EQ(session.client.Start(MessageType::kData, session.answer_buffer), base::Status::kOk);
  const ByteVector data(400, 4);
  ASSERT_EQ(session.client.Start(MessageType::kData, data), base::Status::kOk);
  ByteVector bytes(1000);
  bytes.resize(session.client.Produce(bytes));
  bytes.erase(bytes.begin() + 200);
  const ByteVector answer = session.Exchange(bytes);
  session.client.Consume(answer);
  ASSERT_EQ(session.client.state(), wire::ClientState::kAnswered);
  EXPECT_TRUE(session.client.answer().denied);
  ASSERT_TRUE(session.Data(data));
  ASSERT_TRUE(session.Process());
}

// ---- announcements ----

TEST(DeviceTest, TheSimulatorIsToldWhereKernelsAreAndWhatHappens) {
  Session session(Generation::kLegacy);
  ASSERT_TRUE(session.IoSpec(Spec({{4, kU8}})));
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 4)));
  ASSERT_TRUE(session.Data(ByteVector(4, 1)));
  ASSERT_TRUE(session.Process());
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 4)));
  const std::vector<std::string> image = {"kernel.image 4096", "kernel.limit 4352",
                                          "kernel.exports 1", "fake_kernel 4096"};
  std::vector<std::string> expected = {"model.received 100"};
  expected.insert(expected.end(), image.begin(), image.end());
  expected.insert(expected.end(),
                  {"model.ready 0", "inference.begin 0", "inference.end 0", "model.received 100"});
  expected.insert(expected.end(), image.begin(), image.end());
  expected.insert(expected.end(), {"kernel.gone 4096", "model.ready 0"});
  EXPECT_EQ(session.board.announced, expected);
}

// ---- inputs from a sensor ----

// Fills inputs with a number that counts up; scripted.
class CountingSource final : public InputSource {
 public:
  uint32_t wanted_bytes = 4;
  uint8_t number = 0;
  bool due = false;
  base::Status status = base::Status::kOk;
  std::vector<uint32_t> begun;

  [[nodiscard]] bool present() const override { return true; }
  [[nodiscard]] bool Fits(uint32_t size_bytes) const override { return size_bytes == wanted_bytes; }
  void Begin(uint32_t size_bytes) override { begun.push_back(size_bytes); }
  [[nodiscard]] base::Result<bool> Take(base::MutableBytes inputs, bool wait) override {
    if (status != base::Status::kOk) return std::unexpected(status);
    if (!wait && !due) return false;
    std::ranges::fill(inputs.first(wanted_bytes), ++number);
    return true;
  }
};

TEST(DeviceWithSourceTest, ProcessWaitsForTheNextInputAndOutputTellsItsResult) {
  CountingSource source;
  Session session(Generation::kLegacy, kHeapBytes, &source);
  ASSERT_TRUE(session.IoSpec(Spec({{4, kU8}})));
  EXPECT_FALSE(session.Process());
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 4)));
  EXPECT_EQ(source.begun, std::vector<uint32_t>{4});
  for (uint8_t n = 1; n <= 3; ++n) {
    ASSERT_TRUE(session.Process());
    const auto doubled = static_cast<uint8_t>(2 * n);
    const ByteVector output = session.Output();
    EXPECT_EQ((ByteVector{output.begin() + 1, output.end()}),
              (ByteVector{doubled, doubled, doubled}));
  }
}

TEST(DeviceWithSourceTest, DataIsRefusedAndChangesNothing) {
  CountingSource source;
  Session session(Generation::kLegacy, kHeapBytes, &source);
  ASSERT_TRUE(session.IoSpec(Spec({{4, kU8}})));
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 4)));
  EXPECT_FALSE(session.Data({9, 9, 9, 9}));
  ASSERT_TRUE(session.Process());
  EXPECT_EQ(session.Output().back(), 2);
}

TEST(DeviceWithSourceTest, AModelTheSensorCannotFeedIsRefusedAndTheOldOneGoesOn) {
  CountingSource source;
  Session session(Generation::kLegacy, kHeapBytes, &source);
  ASSERT_TRUE(session.IoSpec(Spec({{4, kU8}})));
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 4)));
  ASSERT_TRUE(session.IoSpec(Spec({{5, kU8}})));
  EXPECT_FALSE(session.Model(FakeModel('d', 1, 5)));
  EXPECT_EQ(source.begun.size(), 1u);
  ASSERT_TRUE(session.Process());
  EXPECT_EQ(session.Output().back(), 2);
}

TEST(DeviceWithSourceTest, FollowingRunsTheModelOnEachNewInput) {
  CountingSource source;
  source.due = true;
  Session session(Generation::kLegacy, kHeapBytes, &source);
  session.device.FollowSource();  // no model yet
  EXPECT_EQ(source.number, 0);
  ASSERT_TRUE(session.IoSpec(Spec({{4, kU8}})));
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 4)));
  for (int i = 0; i < 5; ++i) session.device.FollowSource();
  EXPECT_EQ(session.Output().back(), 10);  // without PROCESS
}

TEST(DeviceWithSourceTest, WhileAModelIsReceivedNothingRuns) {
  CountingSource source;
  source.due = true;
  Session session(Generation::kLegacy, kHeapBytes, &source);
  ASSERT_TRUE(session.IoSpec(Spec({{4, kU8}})));
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 4)));
  // Its header fills the decoder's first window; the rest is still on the line.
  session.board.input.insert(session.board.input.end(), {102, 0, 0, 0, 3, 0});
  session.device.Poll();
  session.device.FollowSource();
  EXPECT_EQ(source.number, 0);
  session.device.Poll();  // it never comes
  session.device.FollowSource();
  EXPECT_EQ(source.number, 1);
}

TEST(DeviceWithSourceTest, ASensorThatFailsIsToldOnceAndRecovers) {
  CountingSource source;
  Session session(Generation::kLegacy, kHeapBytes, &source);
  ASSERT_TRUE(session.IoSpec(Spec({{4, kU8}})));
  ASSERT_TRUE(session.Model(FakeModel('d', 1, 4)));
  source.status = base::Status::kI2cNoAcknowledge;
  source.due = true;
  session.board.lines.clear();
  for (int i = 0; i < 10; ++i) session.device.FollowSource();
  EXPECT_EQ(
      session.board.lines,
      std::vector<std::string>{"0 ERROR |no inference on the sensor's samples: status 0x00000781"});
  EXPECT_FALSE(session.Process());
  source.status = base::Status::kOk;
  EXPECT_TRUE(session.Process());
  session.device.FollowSource();
  EXPECT_EQ(session.board.lines.back(), "2 INFO |the sensor's samples are served again");
}

}  // namespace
}  // namespace firmware
