// SPDX-License-Identifier: Apache-2.0

#include "host/session/wire_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "wire/frame.h"

namespace host {
namespace {

// A device that reads frames of one header size, answers what it knows, and never gets back into
// step by itself.
class OneWireDevice : public Device {
 public:
  explicit OneWireDevice(std::optional<wire::Generation> generation) : generation_(generation) {}

  [[nodiscard]] std::string name() const override { return "fake"; }
  Result<> Start(std::string_view, double) override { return {}; }

  Result<> Write(base::Bytes bytes) override {
    received_.insert(received_.end(), bytes.begin(), bytes.end());
    if (!generation_) return {};
    const size_t size = wire::HeaderBytes(*generation_);
    for (; received_.size() >= size; received_.erase(received_.begin(), received_.begin() + size)) {
      wire::Frame frame;
      const base::Status status =
          wire::DecodeHeader(*generation_, base::Bytes(received_).first(size), frame);
      const bool is_ping = frame.type == wire::MessageType::kPing && frame.first() && frame.last();
      const bool is_stats = frame.type == wire::MessageType::kStats;
      if (status != base::Status::kOk || !(is_ping || is_stats)) continue;
      ++answered;
      const wire::Frame answer = wire::AnswerTo(*generation_, frame, is_ping, 0);
      const wire::EncodedHeader header = wire::EncodeHeader(*generation_, answer, true, 0);
      to_host_.insert(to_host_.end(), header.span().begin(), header.span().end());
    }
    return {};
  }

  Result<size_t> Read(base::MutableBytes into, double limit_s) override {
    if (to_host_.empty()) clock_s_ += limit_s;
    const size_t count = std::min(into.size(), to_host_.size());
    std::copy_n(to_host_.begin(), count, into.begin());
    to_host_.erase(to_host_.begin(), to_host_.begin() + static_cast<std::ptrdiff_t>(count));
    return count;
  }

  void DropUnread() override { to_host_.clear(); }
  [[nodiscard]] double ClockSeconds() const override { return clock_s_; }
  [[nodiscard]] bool clock_is_virtual() const override { return true; }

  int answered = 0;

 private:
  std::optional<wire::Generation> generation_;
  std::vector<uint8_t> received_;
  std::vector<uint8_t> to_host_;
  double clock_s_ = 0;
};

TEST(ProbeWire, FindsEachWire) {
  for (const wire::Generation generation :
       {wire::Generation::kLegacy, wire::Generation::kHeader8, wire::Generation::kHeader12}) {
    OneWireDevice device(generation);
    const auto found = ProbeWire(device);
    ASSERT_TRUE(found) << found.error().Format();
    EXPECT_EQ(*found, generation);
    // The session that the probe opened is closed again.
    EXPECT_EQ(device.answered, generation == wire::Generation::kLegacy ? 1 : 2);
  }
}

TEST(ProbeWire, SilenceIsAnError) {
  OneWireDevice device(std::nullopt);
  const auto found = ProbeWire(device);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().exit_code(), 1);
  EXPECT_LE(device.ClockSeconds(), 3.1);
}

}  // namespace
}  // namespace host
