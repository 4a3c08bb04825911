// Recorded Kenning sessions played to the device with the real runtime. Kernels are for another
// machine, so they are checked and skipped: numbers differ from the recording, everything else must
// not.
#include <algorithm>
#include <string>
#include <vector>

#include "firmware/app/device.h"
#include "firmware/app/testing_board.h"
#include "gtest/gtest.h"
#include "wire/frame.h"
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

}  // namespace
}  // namespace firmware
