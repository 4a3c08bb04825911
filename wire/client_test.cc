// SPDX-License-Identifier: Apache-2.0

#include "wire/client.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "wire/testing_bytes.h"

namespace wire {
namespace {

using testing::ByteVector;
using testing::Hex;
using testing::operator+;

class Lines final : public LogListener {
 public:
  void OnDeviceLog(std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

struct ClientTest : ::testing::Test {
  Client Make(Generation generation, bool checksums = true) {
    return Client({.generation = generation, .checksums = checksums}, buffer, &logs);
  }
  static ByteVector All(Client& client, size_t step) {
    ByteVector sent;
    ByteVector piece(step);
    while (size_t n = client.Produce(piece)) {
      sent.insert(sent.end(), piece.begin(), piece.begin() + static_cast<ptrdiff_t>(n));
    }
    return sent;
  }
  ByteVector buffer = ByteVector(64);
  Lines logs;
};

TEST_F(ClientTest, LegacyRequestIsOneMessage) {
  Client client = Make(Generation::kLegacy);
  const ByteVector payload(300, 7);
  for (size_t step : {1u, 7u, 1000u}) {
    ASSERT_EQ(client.Start(MessageType::kData, payload), base::Status::kOk);
    EXPECT_EQ(All(client, step), Hex("2e 01 00 00 02 00") + payload);
    EXPECT_EQ(client.state(), ClientState::kWaiting);
    EXPECT_EQ(client.payload_produced(), 300u);
    const ByteVector answer = Hex("04 00 00 00 00 00 66 9a");
    EXPECT_EQ(client.Consume(answer + Hex("12 00")), answer.size()) << "what follows is left";
    EXPECT_EQ(client.state(), ClientState::kAnswered);
    EXPECT_TRUE(client.answer().success);
    EXPECT_EQ(ByteVector(client.answer().payload.begin(), client.answer().payload.end()),
              Hex("66 9a"));
  }
}

TEST_F(ClientTest, LegacyErrorAndUnexpectedAnswers) {
  Client client = Make(Generation::kLegacy);
  const struct {
    const char* name;
    ByteVector answer;
    ClientState state;
    base::Status failure;
  } rows[] = {
      {"ERROR", Hex("02 00 00 00 01 00"), ClientState::kAnswered, base::Status::kOk},
      {"PROCESS", Hex("02 00 00 00 04 00"), ClientState::kFailed,
       base::Status::kWireUnexpectedMessage},
      {"unknown type", Hex("02 00 00 00 63 00"), ClientState::kFailed,
       base::Status::kWireUnexpectedMessage},
      {"size 1", Hex("01 00 00 00 00 00"), ClientState::kFailed,
       base::Status::kProtocolDataInvalid},
      {"longer than the buffer", Hex("43 00 00 00 00 00") + ByteVector(65, 1), ClientState::kFailed,
       base::Status::kProtocolMessageTooBig},
  };
  for (const auto& row : rows) {
    ASSERT_EQ(client.Start(MessageType::kProcess), base::Status::kOk);
    All(client, 100);
    client.Consume(row.answer);
    EXPECT_EQ(client.state(), row.state) << row.name;
    EXPECT_EQ(client.failure(), row.failure) << row.name;
    EXPECT_FALSE(client.answer().success) << row.name;
  }
  ASSERT_EQ(client.Start(MessageType::kProcess), base::Status::kOk);
  All(client, 100);
  client.Consume(Hex("02 00 00"));
  client.GiveUp();
  EXPECT_EQ(client.failure(), base::Status::kTimeout);
  ASSERT_EQ(client.Start(MessageType::kProcess), base::Status::kOk);
  All(client, 100);
  client.Consume(Hex("02 00 00 00 00 00"));
  EXPECT_TRUE(client.answer().success) << "half an old answer is forgotten";
}

TEST_F(ClientTest, Header12IsCutIntoKenningsFrames) {
  Client client = Make(Generation::kHeader12);
  ASSERT_EQ(client.StartConnect(), base::Status::kOk);
  EXPECT_EQ(All(client, 5), Hex("00 00 00 00 00 7a 31 00 00 00 00 00"));
  client.Consume(Hex("00 00 00 00 c0 3a b1 00 00 00 00 00"));
  EXPECT_TRUE(client.answer().success);
  const ByteVector input(1536, 0);
  ASSERT_EQ(client.Start(MessageType::kData, input), base::Status::kOk);
  EXPECT_EQ(All(client, 1000).size(), 13 * 12 + 1536u);  // 13 frames, as Kenning sends
}

TEST_F(ClientTest, LogsBetweenTheFramesOfAnAnswerAreHandedOn) {
  Client client = Make(Generation::kHeader12);
  ASSERT_EQ(client.Start(MessageType::kOutput), base::Status::kOk);
  All(client, 100);
  const auto frame = [](MessageType type, uint16_t flags, const ByteVector& payload) {
    const EncodedHeader header =
        EncodeHeader(Generation::kHeader12,
                     {.type = type,
                      .flow = Flow::kTransmission,
                      .flags = static_cast<uint16_t>(flags | flag::kHasPayload),
                      .payload_bytes = static_cast<uint32_t>(payload.size())},
                     true, XorOf(payload));
    return ByteVector(header.bytes.begin(), header.bytes.end()) + payload;
  };
  const uint16_t whole = flag::kFirst | flag::kLast;
  client.Consume(frame(MessageType::kOutput, flag::kFirst | flag::kSuccess, Hex("01 02")) +
                 frame(MessageType::kLogs, whole, Hex("02 68 69 01 21")) +
                 frame(MessageType::kLogs, whole, ByteVector(300, 1)) +
                 frame(MessageType::kOutput, flag::kLast, Hex("03")));
  ASSERT_EQ(client.state(), ClientState::kAnswered);
  EXPECT_TRUE(client.answer().success);
  EXPECT_EQ(ByteVector(client.answer().payload.begin(), client.answer().payload.end()),
            Hex("01 02 03"));
  EXPECT_EQ(logs.lines, (std::vector<std::string>{"hi", "!"}));
}

TEST_F(ClientTest, DenialIsNoFailureOfTheDevice) {
  Client client = Make(Generation::kHeader12);
  const ByteVector input = Hex("01");
  ASSERT_EQ(client.Start(MessageType::kData, input), base::Status::kOk);
  All(client, 100);
  client.Consume(Hex("02 00 00 00 80 7b b2 00 00 00 00 00"));
  EXPECT_EQ(client.state(), ClientState::kAnswered);
  EXPECT_TRUE(client.answer().denied);
  EXPECT_FALSE(client.answer().success);
}

TEST_F(ClientTest, OtherMessagesAreDroppedAndBrokenAnswersFail) {
  Client client = Make(Generation::kHeader8);
  ASSERT_EQ(client.Start(MessageType::kProcess), base::Status::kOk);
  All(client, 100);
  client.Consume(Hex("c2 38 b1 00 00 00 00 00"));  // DATA
  EXPECT_EQ(client.state(), ClientState::kWaiting);
  client.Consume(Hex("c4 3f b1 00 00 00 00 00"));  // wrong checksum
  EXPECT_EQ(client.state(), ClientState::kFailed);
  EXPECT_EQ(client.failure(), base::Status::kWireChecksumWrong);
}

TEST_F(ClientTest, StrayBytesInFrontOfAnAnswerAreSkipped) {
  for (const Generation generation : {Generation::kHeader8, Generation::kHeader12}) {
    const ByteVector answer = generation == Generation::kHeader8
                                  ? Hex("c4 3e b1 00 00 00 00 00")
                                  : Hex("04 00 00 00 c0 3e b1 00 00 00 00 00");
    for (const ByteVector& stray : {Hex("00"), Hex("c4"), Hex("12 00"), Hex("ff ff ff ff ff ff ff"),
                                    Hex("3e b1 00 00 00 00 00"), ByteVector(500, 0x55)}) {
      Client client = Make(generation);
      ASSERT_EQ(client.Start(MessageType::kProcess), base::Status::kOk);
      All(client, 100);
      client.Consume(stray + answer);
      EXPECT_EQ(client.state(), ClientState::kAnswered) << stray.size();
      EXPECT_TRUE(client.answer().success);
    }
  }
}

TEST_F(ClientTest, MessagesAGenerationDoesNotHaveCannotBeSent) {
  EXPECT_EQ(Make(Generation::kLegacy).StartConnect(), base::Status::kRuntimeInvalidMessageType);
}

}  // namespace
}  // namespace wire
