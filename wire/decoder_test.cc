// SPDX-License-Identifier: Apache-2.0

#include "wire/decoder.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "wire/testing_bytes.h"

namespace wire {
namespace {

using testing::ByteVector;
using testing::Hex;
using testing::operator+;

constexpr uint32_t kMaxPayload = 1000;

struct Seen {
  Event event;
  MessageType type;
  base::Status status;
  ByteVector payload;
};

// Feeds bytes in pieces of `step` and takes every payload.
class Line {
 public:
  explicit Line(const DecoderConfig& config, size_t step = 1) : decoder(config), step_(step) {}

  void Feed(const ByteVector& bytes) {
    size_t at = 0;
    while (at < bytes.size()) {
      const base::MutableBytes window = decoder.Window();
      ASSERT_FALSE(window.empty());
      const size_t n = std::min({window.size(), step_, bytes.size() - at});
      std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(at), n, window.begin());
      at += n;
      Handle(decoder.Received(n));
    }
  }

  void Quiet(int times = 1) {
    for (int i = 0; i < times; ++i) Handle(decoder.LineQuiet());
  }

  DeviceDecoder decoder;
  std::vector<Seen> seen;

 private:
  void Handle(Event event) {
    if (event == Event::kNone) return;
    if (event == Event::kFrameBegin) {
      payload_.assign(decoder.frame().payload_bytes, 0);
      decoder.Place(payload_);
      return;
    }
    seen.push_back({event, decoder.frame().type,
                    event == Event::kRefused ? decoder.status() : base::Status::kOk,
                    event == Event::kFrameEnd ? payload_ : ByteVector{}});
    payload_.clear();
  }

  size_t step_;
  ByteVector payload_;
};

ByteVector FrameBytes(Generation generation, MessageType type, uint16_t flags,
                      const ByteVector& payload, bool checksum = true) {
  if (!payload.empty()) flags |= flag::kHasPayload;
  const EncodedHeader header =
      EncodeHeader(generation,
                   {.type = type,
                    .flow = Flow::kRequest,
                    .flags = flags,
                    .payload_bytes = static_cast<uint32_t>(payload.size())},
                   checksum, XorOf(payload));
  return ByteVector(header.bytes.begin(), header.bytes.begin() + header.size) + payload;
}

constexpr uint16_t kWhole = flag::kFirst | flag::kLast;
constexpr DecoderConfig kDevice = {.max_payload_bytes = kMaxPayload};

// ---- one frame in, one event out, whatever the pieces ----

struct FrameRow {
  std::string name;
  ByteVector bytes;
  Event event;
  Generation generation;
  MessageType type;
  base::Status status;
  size_t payload_bytes;
};

std::vector<FrameRow> FrameRows() {
  using enum Generation;
  const ByteVector hello = {'h', 'e', 'l', 'l', 'o'};
  const ByteVector max(kMaxPayload, 0x5A);
  const ByteVector over(kMaxPayload + 1, 0x5A);
  const auto ok = base::Status::kOk;
  return {
      {"legacy PROCESS", Hex("02 00 00 00 04 00"), Event::kFrameEnd, kLegacy, MessageType::kProcess,
       ok, 0},
      {"legacy payload of 1", Hex("03 00 00 00 02 00 aa"), Event::kFrameEnd, kLegacy,
       MessageType::kData, ok, 1},
      {"legacy longest", FrameBytes(kLegacy, MessageType::kModel, 0, max), Event::kFrameEnd,
       kLegacy, MessageType::kModel, ok, kMaxPayload},
      {"legacy longest + 1", FrameBytes(kLegacy, MessageType::kModel, 0, over), Event::kRefused,
       kLegacy, MessageType::kModel, base::Status::kProtocolMessageTooBig, 0},
      {"legacy size 4294967295", Hex("ff ff ff ff 03 00 01 02 03"), Event::kRefused, kLegacy,
       MessageType::kModel, base::Status::kProtocolMessageTooBig, 0},
      {"legacy size 0", Hex("00 00 00 00 03 00"), Event::kRefused, kLegacy, MessageType::kModel,
       base::Status::kProtocolDataInvalid, 0},
      {"legacy size 1", Hex("01 00 00 00 03 00"), Event::kRefused, kLegacy, MessageType::kModel,
       base::Status::kProtocolDataInvalid, 0},
      {"legacy unknown type 11", Hex("04 00 00 00 0b 00 01 02"), Event::kRefused, kLegacy,
       MessageType::kUnknown, base::Status::kRuntimeInvalidMessageType, 0},
      {"legacy unknown type 65535", Hex("02 00 00 00 ff ff"), Event::kRefused, kLegacy,
       MessageType::kUnknown, base::Status::kRuntimeInvalidMessageType, 0},
      {"legacy cut", Hex("06 00 00 00 02 00 01 02"), Event::kRefused, kLegacy, MessageType::kData,
       base::Status::kProtocolTimeout, 0},
      {"header8 PING", Hex("00 7a 31 00 00 00 00 00"), Event::kFrameEnd, kHeader8,
       MessageType::kPing, ok, 0},
      {"header8 PING without checksum", Hex("00 00 31 00 00 00 00 00"), Event::kFrameEnd, kHeader8,
       MessageType::kPing, ok, 0},
      {"header8 DATA", FrameBytes(kHeader8, MessageType::kData, kWhole, hello), Event::kFrameEnd,
       kHeader8, MessageType::kData, ok, 5},
      {"header12 PING", Hex("00 00 00 00 00 7a 31 00 00 00 00 00"), Event::kFrameEnd, kHeader12,
       MessageType::kPing, ok, 0},
      {"header12 PING without checksum", Hex("00 00 00 00 00 00 31 00 00 00 00 00"),
       Event::kFrameEnd, kHeader12, MessageType::kPing, ok, 0},
      {"header12 PING of farewell", Hex("00 00 00 00 00 79 32 00 00 00 00 00"), Event::kFrameEnd,
       kHeader12, MessageType::kPing, ok, 0},
      {"header12 DATA", FrameBytes(kHeader12, MessageType::kData, kWhole, hello), Event::kFrameEnd,
       kHeader12, MessageType::kData, ok, 5},
      {"header12 longest", FrameBytes(kHeader12, MessageType::kData, kWhole, max), Event::kFrameEnd,
       kHeader12, MessageType::kData, ok, kMaxPayload},
      {"header12 longest + 1", FrameBytes(kHeader12, MessageType::kData, kWhole, over),
       Event::kRefused, kHeader12, MessageType::kData, base::Status::kProtocolMessageTooBig, 0},
      {"header12 wrong checksum", Hex("04 00 00 00 00 7e 30 00 00 00 00 00"), Event::kRefused,
       kHeader12, MessageType::kProcess, base::Status::kWireChecksumWrong, 0},
      {"header12 continuation of nothing",
       FrameBytes(kHeader12, MessageType::kData, flag::kLast, hello), Event::kRefused, kHeader12,
       MessageType::kData, base::Status::kWireFrameWithoutBegin, 0},
      {"header12 first part only", FrameBytes(kHeader12, MessageType::kData, flag::kFirst, hello),
       Event::kFrameEnd, kHeader12, MessageType::kData, ok, 5},
      {"header12 cut", Hex("02 00 00 00 00 00 38 00 05 00 00 00 01 02"), Event::kRefused, kHeader12,
       MessageType::kData, base::Status::kProtocolTimeout, 0},
      {"header12 reserved flags", Hex("04 00 00 00 00 00 30 0f 00 00 00 00"), Event::kRefused,
       kHeader12, MessageType::kProcess, base::Status::kProtocolDataInvalid, 0},
      {"header12 payload without its flag", Hex("04 00 00 00 00 00 30 00 05 00 00 00 01 02 03"),
       Event::kRefused, kHeader12, MessageType::kProcess, base::Status::kProtocolDataInvalid, 0},
  };
}

TEST(DecoderTest, OneFrameGivesOneEventWhateverThePieces) {
  for (const FrameRow& row : FrameRows()) {
    for (size_t step : {1u, 3u, 7u, 4096u}) {
      Line line(kDevice, step);
      line.Feed(row.bytes);
      if (row.event == Event::kRefused) line.Quiet(40);
      ASSERT_EQ(line.seen.size(), 1u) << row.name << " in pieces of " << step;
      const Seen& got = line.seen[0];
      EXPECT_EQ(got.event, row.event) << row.name;
      EXPECT_EQ(got.type, row.type) << row.name;
      EXPECT_EQ(got.status, row.status) << row.name;
      EXPECT_EQ(got.payload.size(), row.payload_bytes) << row.name;
      EXPECT_EQ(line.decoder.generation(), row.generation) << row.name;
      if (row.event == Event::kRefused) EXPECT_TRUE(line.decoder.answerable()) << row.name;
    }
  }
}

TEST(DecoderTest, AfterAnythingTheNextFrameIsReadWhole) {
  for (const FrameRow& row : FrameRows()) {
    Line line(kDevice, 5);
    line.Feed(row.bytes);
    line.Quiet(40);
    line.seen.clear();
    const ByteVector ping =
        FrameBytes(Generation::kHeader12, MessageType::kPing, kWhole | flag::kSuccess, {});
    line.Feed(row.generation == Generation::kLegacy ? Hex("02 00 00 00 04 00") : ping);
    ASSERT_EQ(line.seen.size(), 1u) << "after " << row.name;
    EXPECT_EQ(line.seen[0].event, Event::kFrameEnd) << "after " << row.name;
  }
}

TEST(DecoderTest, EveryCutOfAFrameEndsInOneReportAndAFreshLine) {
  for (Generation generation : {Generation::kLegacy, Generation::kHeader8, Generation::kHeader12}) {
    const ByteVector whole = FrameBytes(generation, MessageType::kData, kWhole, Hex("01 02 03"));
    for (size_t cut = 1; cut < whole.size(); ++cut) {
      Line line(kDevice);
      line.Feed(ByteVector(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(cut)));
      line.Quiet(40);
      ASSERT_EQ(line.seen.size(), 1u) << GenerationName(generation) << " cut at " << cut;
      EXPECT_EQ(line.seen[0].status, base::Status::kProtocolTimeout);
      EXPECT_EQ(line.decoder.answerable(), cut >= HeaderBytes(generation));
      line.Feed(whole);
      ASSERT_EQ(line.seen.size(), 2u) << GenerationName(generation) << " cut at " << cut;
      EXPECT_EQ(line.seen[1].payload, Hex("01 02 03"));
    }
  }
}

TEST(DecoderTest, ARefusedMessageOfManyFramesIsReportedOnce) {
  Line line(kDevice);
  const auto part = [](uint16_t flags) {
    return FrameBytes(Generation::kHeader12, MessageType::kModel, flags, Hex("01 02 03 04"));
  };
  line.Feed(part(flag::kFirst));
  ASSERT_EQ(line.seen.size(), 1u);
  EXPECT_EQ(line.decoder.RefuseRest(base::Status::kOutOfMemory), Event::kNone);
  line.Feed(part(0));
  line.Feed(part(0));
  EXPECT_EQ(line.seen.size(), 1u);
  line.Feed(part(flag::kLast));
  ASSERT_EQ(line.seen.size(), 2u);
  EXPECT_EQ(line.seen[1].event, Event::kRefused);
  EXPECT_EQ(line.seen[1].status, base::Status::kOutOfMemory);
}

TEST(DecoderTest, ABrokenPartSpoilsTheMessageAndTheRetryIsTaken) {
  Line line(kDevice);
  const auto part = [](uint16_t flags) {
    return FrameBytes(Generation::kHeader8, MessageType::kModel, flags, Hex("01 02 03 04"));
  };
  line.Feed(part(flag::kFirst));
  ByteVector broken = part(0);
  broken.back() ^= 1;
  line.Feed(broken);
  line.Quiet();
  line.Feed(part(flag::kLast));
  ASSERT_EQ(line.seen.size(), 2u);
  EXPECT_EQ(line.seen[1].status, base::Status::kWireChecksumWrong);
  line.Feed(part(flag::kFirst));
  line.Feed(part(flag::kLast));
  ASSERT_EQ(line.seen.size(), 4u);
  EXPECT_EQ(line.seen[3].event, Event::kFrameEnd);
}

// A decoder may remember the header of a message's frames; what it reads then must be what it would
// have read without: two lines, of which one saw a frame of another size right before.
TEST(DecoderTest, ARepeatedHeaderWithAnyBitFlippedMeansWhatItMeansAlone) {
  for (const Generation generation : {Generation::kHeader8, Generation::kHeader12}) {
    for (const bool checksums : {false, true}) {
      const auto part = [&](uint16_t flags, const char* payload) {
        return FrameBytes(generation, MessageType::kModel, flags, Hex(payload), checksums);
      };
      const ByteVector same = part(0, "11 22 33 47");
      for (size_t bit = 0; bit < 8 * HeaderBytes(generation); ++bit) {
        ByteVector flipped = same;
        flipped[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
        std::array<Line, 2> lines = {
            Line({.max_payload_bytes = kMaxPayload, .checksums = checksums}, 64),
            Line({.max_payload_bytes = kMaxPayload, .checksums = checksums}, 64)};
        for (size_t i = 0; i < 2; ++i) {
          Line& line = lines[i];
          line.Feed(
              FrameBytes(generation, MessageType::kPing, kWhole | flag::kSuccess, {}, checksums));
          line.Feed(part(flag::kFirst, "11 22 33 47"));
          line.Feed(same);
          line.Feed(i == 0 ? same : part(0, "11 22 33"));
          ASSERT_EQ(line.seen.size(), 4u);
          line.seen.clear();
          line.Feed(flipped);
          line.Feed(part(flag::kLast, "05"));
          line.Quiet(45);
          line.Feed(part(kWhole, "06"));
        }
        const auto what = [&] {
          return std::string(GenerationName(generation)) + (checksums ? "" : ", no checksums") +
                 ", bit " + std::to_string(bit);
        };
        ASSERT_EQ(lines[0].seen.size(), lines[1].seen.size()) << what();
        for (size_t i = 0; i < lines[0].seen.size(); ++i) {
          const Seen& a = lines[0].seen[i];
          const Seen& b = lines[1].seen[i];
          EXPECT_EQ(a.event, b.event) << what();
          EXPECT_EQ(a.type, b.type) << what();
          EXPECT_EQ(a.status, b.status) << what();
          EXPECT_EQ(a.payload, b.payload) << what();
        }
        if (!checksums) continue;
        // At least a part is not taken as one, and what follows the silence is.
        EXPECT_EQ(lines[0].seen[0].event, Event::kRefused) << what();
        EXPECT_EQ(lines[0].seen.back().payload, Hex("06")) << what();
      }
    }
  }
}

TEST(DecoderTest, AMissingLastFrameIsGivenUpAfterTheLongerLimit) {
  Line line(kDevice);
  line.Feed(FrameBytes(Generation::kHeader12, MessageType::kData, flag::kFirst, Hex("01")));
  line.Quiet(39);
  EXPECT_EQ(line.seen.size(), 1u);
  line.Quiet();
  ASSERT_EQ(line.seen.size(), 2u);
  EXPECT_EQ(line.seen[1].status, base::Status::kProtocolTimeout);
  EXPECT_EQ(line.seen[1].type, MessageType::kData);
}

TEST(DecoderTest, ChecksumsAreOffOnlyIfThePingHadNone) {
  Line line(kDevice);
  line.Feed(
      FrameBytes(Generation::kHeader12, MessageType::kPing, kWhole | flag::kSuccess, {}, false));
  EXPECT_FALSE(line.decoder.checksums());
  line.Feed(FrameBytes(Generation::kHeader12, MessageType::kProcess, kWhole, {}, false));
  ASSERT_EQ(line.seen.size(), 2u);
  EXPECT_EQ(line.seen[1].event, Event::kFrameEnd);
  line.Feed(FrameBytes(Generation::kHeader12, MessageType::kPing, kWhole | flag::kSuccess, {}));
  EXPECT_TRUE(line.decoder.checksums());
}

TEST(DecoderTest, SilenceOnAnIdleLineIsNoEvent) {
  Line line(kDevice);
  line.Quiet(1000);
  EXPECT_TRUE(line.seen.empty());
}

// ---- generations ----

TEST(DecoderTest, EachGenerationMayFollowEachOther) {
  const auto opening = [](Generation generation) {
    return generation == Generation::kLegacy
               ? FrameBytes(generation, MessageType::kIoSpec, 0, ByteVector(160, 1))
               : FrameBytes(generation, MessageType::kPing, kWhole | flag::kSuccess, {});
  };
  const auto session = [](Generation generation) {
    return FrameBytes(generation, MessageType::kModel, kWhole, ByteVector(5, 9));
  };
  Line line(kDevice, 4);
  const std::vector<Generation> all = {Generation::kLegacy, Generation::kHeader8,
                                       Generation::kHeader12};
  for (Generation from : all) {
    for (Generation to : all) {
      for (Generation generation : {from, to}) {
        line.seen.clear();
        line.Feed(opening(generation) + session(generation) + session(generation));
        ASSERT_EQ(line.seen.size(), 3u) << GenerationName(from) << " " << GenerationName(to);
        for (const Seen& seen : line.seen) EXPECT_EQ(seen.event, Event::kFrameEnd);
        EXPECT_EQ(line.decoder.generation(), generation);
      }
    }
  }
}

TEST(DecoderTest, ShortModelOfHeader8IsNotTakenForLegacy) {
  // `03 xx 28 00 05 00`: as a legacy header an OUTPUT of 2.6 MB.
  Line line({.max_payload_bytes = 15'000'000});
  line.Feed(FrameBytes(Generation::kHeader8, MessageType::kPing, kWhole | flag::kSuccess, {}));
  line.Feed(FrameBytes(Generation::kHeader8, MessageType::kModel, flag::kFirst, Hex("01 02 03")));
  line.Feed(
      FrameBytes(Generation::kHeader8, MessageType::kModel, flag::kLast, Hex("01 02 03 04 05")));
  ASSERT_EQ(line.seen.size(), 3u);
  EXPECT_EQ(line.seen[2].payload.size(), 5u);
}

TEST(FrameTest, XorAgreesWithTheDefinitionAtEveryAlignment) {
  ByteVector bytes(40);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 37 + 11);
  for (size_t begin = 0; begin < 8; ++begin) {
    for (size_t end = begin; end <= bytes.size(); ++end) {
      uint8_t expected = 0;
      for (size_t i = begin; i < end; ++i) expected ^= bytes[i];
      EXPECT_EQ(XorOf(base::Bytes(bytes).subspan(begin, end - begin)), expected);
    }
  }
}

}  // namespace
}  // namespace wire
