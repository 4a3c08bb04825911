// SPDX-License-Identifier: Apache-2.0

// The codec and the client against recorded sessions of three generations of Kenning.
#include <algorithm>
#include <string>

#include "gtest/gtest.h"
#include "wire/client.h"
#include "wire/decoder.h"
#include "wire/testing_bytes.h"

namespace wire {
namespace {

using testing::ByteVector;
using testing::RecordedMessage;

struct Recording {
  const char* name;
  Generation generation;
};

// The complete ones; the others have their long messages cut.
constexpr Recording kRecordings[] = {
    {"client_legacy_stub", Generation::kLegacy},
    {"client_pinned_stub", Generation::kLegacy},
    {"client_v082_stub", Generation::kHeader8},
    {"client_new_stub", Generation::kHeader12},
};

class TranscriptTest : public ::testing::TestWithParam<Recording> {
 protected:
  void SetUp() override {
    auto read = testing::ReadTranscript(GetParam().name);
    if (!read)
      GTEST_SKIP() << "no recording " << GetParam().name << " in " << testing::SharedFolder();
    messages = std::move(*read);
    ASSERT_GT(messages.size(), 5u);
    for (const RecordedMessage& message : messages) ASSERT_TRUE(message.complete());
  }
  std::vector<RecordedMessage> messages;
};

INSTANTIATE_TEST_SUITE_P(All, TranscriptTest, ::testing::ValuesIn(kRecordings),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_P(TranscriptTest, EveryFrameIsReadWholeAndWrittenBackTheSame) {
  const Generation generation = GetParam().generation;
  ByteVector payload;
  DeviceDecoder device({.max_payload_bytes = 1 << 20});  // recognises the wire
  HostDecoder host({.generation = generation, .max_payload_bytes = 1 << 20});
  const auto read = [&](auto& decoder, const RecordedMessage& message) {
    Event event = Event::kNone;
    for (size_t at = 0; at < message.bytes.size();) {
      ASSERT_EQ(event, Event::kNone) << "a frame ended early";
      const base::MutableBytes window = decoder.Window();
      const size_t n = std::min(window.size(), message.bytes.size() - at);
      std::copy_n(message.bytes.begin() + static_cast<ptrdiff_t>(at), n, window.begin());
      at += n;
      event = decoder.Received(n);
      if (event == Event::kFrameBegin) {
        payload.assign(decoder.frame().payload_bytes, 0);
        decoder.Place(payload);
        event = Event::kNone;
      }
    }
    ASSERT_EQ(event, Event::kFrameEnd);
    EXPECT_EQ(decoder.generation(), generation);
    EXPECT_NE(decoder.frame().type, MessageType::kUnknown);
    const size_t header_bytes = HeaderBytes(generation);
    const base::Bytes body = base::Bytes(message.bytes).subspan(header_bytes);
    const EncodedHeader again = EncodeHeader(generation, decoder.frame(), true, XorOf(body));
    EXPECT_TRUE(std::ranges::equal(again.span(), base::Bytes(message.bytes).first(header_bytes)));
  };
  for (const RecordedMessage& message : messages) {
    ASSERT_NO_FATAL_FAILURE(message.from_host ? read(device, message) : read(host, message));
  }
}

TEST_P(TranscriptTest, OurClientSendsWhatKenningSent) {
  const Generation generation = GetParam().generation;
  ByteVector buffer(1 << 16);
  Client client({.generation = generation}, buffer);
  for (size_t i = 0; i < messages.size();) {
    // One request: all frames up to the answer, then all frames of the answer.
    ByteVector sent;
    ByteVector payload;
    Frame first;
    for (; i < messages.size() && messages[i].from_host; ++i) {
      const base::Bytes bytes = messages[i].bytes;
      Frame frame;
      ASSERT_EQ(DecodeHeader(generation, bytes.first(HeaderBytes(generation)), frame),
                base::Status::kOk);
      if (sent.empty()) first = frame;
      sent.insert(sent.end(), bytes.begin(), bytes.end());
      payload.insert(payload.end(), bytes.begin() + static_cast<ptrdiff_t>(HeaderBytes(generation)),
                     bytes.end());
    }
    if (first.type == MessageType::kPing) {
      ASSERT_EQ(
          (first.flags & flag::kSuccess) != 0 ? client.StartConnect() : client.StartDisconnect(),
          base::Status::kOk);
    } else {
      ASSERT_EQ(client.Start(first.type, payload), base::Status::kOk);
    }
    ByteVector ours(sent.size() + 100);
    ours.resize(client.Produce(ours));
    EXPECT_EQ(ours, sent) << InfoOf(first.type).name;
    for (; i < messages.size() && !messages[i].from_host; ++i) {
      EXPECT_EQ(client.Consume(messages[i].bytes), messages[i].bytes.size());
    }
    EXPECT_EQ(client.state(), ClientState::kAnswered) << InfoOf(first.type).name;
  }
}

}  // namespace
}  // namespace wire
