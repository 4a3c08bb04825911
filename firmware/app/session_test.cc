// SPDX-License-Identifier: Apache-2.0

// Recorded Kenning sessions played to the device with the real runtime. Kernels are for another
// machine, so they are checked and skipped: numbers differ from the recording, everything else must
// not.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "firmware/app/device.h"
#include "firmware/app/testing_board.h"
#include "gtest/gtest.h"
#include "runtime/testing/module_builder.h"
#include "wire/frame.h"
#include "wire/io_spec.h"
#include "wire/testing_bytes.h"

namespace firmware {
namespace {

using wire::Generation;
using wire::MessageType;
using wire::testing::ByteVector;
using wire::testing::RecordedMessage;

struct Recording {
  const char* name;
  Generation generation;
};

constexpr Recording kRecordings[] = {
    {"client_legacy_stub", Generation::kLegacy},
    {"client_pinned_stub", Generation::kLegacy},
    {"client_v082_stub", Generation::kHeader8},
    {"client_new_stub", Generation::kHeader12},
};

class SessionTest : public ::testing::TestWithParam<Recording> {};
INSTANTIATE_TEST_SUITE_P(All, SessionTest, ::testing::ValuesIn(kRecordings),
                         [](const auto& row) { return std::string(row.param.name); });

MessageType TypeOf(Generation generation, const ByteVector& message) {
  wire::Frame frame;
  EXPECT_EQ(wire::DecodeHeader(generation,
                               base::Bytes(message).first(wire::HeaderBytes(generation)), frame),
            base::Status::kOk);
  return frame.type;
}

TEST_P(SessionTest, AnswersAsRecorded) {
  const auto messages = wire::testing::ReadTranscript(GetParam().name);
  if (!messages) {
    GTEST_SKIP() << "no recording " << GetParam().name << " in " << wire::testing::SharedFolder();
  }
  const Generation generation = GetParam().generation;
  const size_t header_bytes = wire::HeaderBytes(generation);
  testing::MemoryBoard board;
  std::vector<uint8_t> heap((4 << 20) + 64);
  uint8_t* aligned = heap.data() + (64 - reinterpret_cast<uintptr_t>(heap.data()) % 64) % 64;
  Device device(board, {aligned, 4 << 20}, runtime::KernelMode::kSkip);

  size_t answers = 0;
  for (size_t i = 0; i < messages->size();) {
    MessageType request = MessageType::kUnknown;
    for (; i < messages->size() && (*messages)[i].from_host; ++i) {
      const ByteVector& bytes = (*messages)[i].bytes;
      request = TypeOf(generation, bytes);
      board.input.insert(board.input.end(), bytes.begin(), bytes.end());
    }
    while (device.Poll()) {
    }
    ByteVector recorded;
    for (; i < messages->size() && !(*messages)[i].from_host; ++i) {
      recorded.insert(recorded.end(), (*messages)[i].bytes.begin(), (*messages)[i].bytes.end());
    }
    if (recorded.empty()) continue;
    const std::string_view name = wire::InfoOf(request).name;
    const ByteVector ours = std::exchange(board.output, {});
    ASSERT_GE(ours.size(), header_bytes) << name;
    ++answers;
    if (request == MessageType::kOutput) {
      EXPECT_EQ(ours.size(), recorded.size());
      EXPECT_EQ(TypeOf(generation, ours), TypeOf(generation, recorded));
    } else if (request == MessageType::kStats) {
      // The recorded device cut its answer in two, and has other numbers.
      EXPECT_EQ(TypeOf(generation, ours), TypeOf(generation, recorded));
    } else {
      EXPECT_EQ(ours, recorded) << name;
    }
  }
  EXPECT_GE(answers, 6u);  // the shortest recording asks each message once
  for (const std::string& line : board.lines) {
    EXPECT_EQ(line.find("ERROR"), std::string::npos) << line;
  }
}

// A device asked over the legacy wire.
class LegacySession {
 public:
  // The payload of an OK, nothing if the answer was an ERROR.
  std::optional<ByteVector> Ask(MessageType type, const ByteVector& payload = {}) {
    const wire::Frame frame = {.type = type,
                               .payload_bytes = static_cast<uint32_t>(payload.size())};
    const wire::EncodedHeader header = wire::EncodeHeader(Generation::kLegacy, frame, false, 0);
    board.input.insert(board.input.end(), header.bytes.begin(), header.bytes.begin() + header.size);
    board.input.insert(board.input.end(), payload.begin(), payload.end());
    while (device_.Poll()) {
    }
    ByteVector answer = std::exchange(board.output, {});
    if (TypeOf(Generation::kLegacy, answer) != MessageType::kOk) return std::nullopt;
    answer.erase(answer.begin(), answer.begin() + wire::HeaderBytes(Generation::kLegacy));
    return answer;
  }

  testing::MemoryBoard board;

 private:
  runtime::testing::Aligned heap_{size_t{1} << 20};
  Device device_{board, heap_.bytes(), runtime::KernelMode::kSkip};
};

TEST(SessionTest, ProgramWithoutEndIsStoppedAndTheModelServesOn) {
  using runtime::testing::Code;
  using runtime::testing::I;
  // main(x): while (x != 0) {}; return x
  const auto loop = [](uint32_t end) {
    return Code().Block().U8(0x57).U16(I(0)).Branch(0).Branch(end);
  };
  Code code = loop(loop(0).position());
  code.Block().Return({I(0)});

  wire::IoSpec spec;
  spec.input_count = spec.output_count = 1;
  for (wire::TensorSpec* tensor : {&spec.inputs[0], &spec.outputs[0]}) {
    *tensor = {.type = {wire::TypeCode::kInt, 32}, .shape_known = true, .rank = 1};
    tensor->dims[0] = tensor->element_count = 1;
  }
  ByteVector encoded(wire::kMaxIoSpecBytes);
  encoded.resize(wire::EncodeIoSpec(Generation::kLegacy, spec, encoded).value());

  LegacySession session;
  ASSERT_TRUE(session.Ask(MessageType::kIoSpec, encoded));
  ASSERT_TRUE(session.Ask(MessageType::kModel,
                          runtime::testing::Build(runtime::testing::MainOnly(code, "0i_i"))));
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(session.Ask(MessageType::kData, {1, 0, 0, 0}));
    EXPECT_FALSE(session.Ask(MessageType::kProcess));
    EXPECT_NE(session.board.lines.back().find("instruction budget is used up"), std::string::npos)
        << session.board.lines.back();
    ASSERT_TRUE(session.Ask(MessageType::kData, {0, 0, 0, 0}));
    EXPECT_TRUE(session.Ask(MessageType::kProcess));
    EXPECT_EQ(session.Ask(MessageType::kOutput), ByteVector(4, 0));
  }
}

}  // namespace
}  // namespace firmware
