// SPDX-License-Identifier: Apache-2.0

// A device in memory for unit tests: speaks the legacy wire, answers by a script, keeps what it
// got.
#ifndef HOST_SESSION_TESTING_FAKE_DEVICE_H_
#define HOST_SESSION_TESTING_FAKE_DEVICE_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/device/device.h"

namespace host {

class FakeDevice : public Device {
 public:
  // Numbers of the legacy wire (contract, section 5.1.1).
  static constexpr uint16_t kOk = 0;
  static constexpr uint16_t kError = 1;
  static constexpr uint16_t kData = 2;
  static constexpr uint16_t kModel = 3;
  static constexpr uint16_t kProcess = 4;
  static constexpr uint16_t kOutput = 5;
  static constexpr uint16_t kStats = 6;
  static constexpr uint16_t kIoSpec = 7;

  struct Message {
    uint16_t type;
    std::vector<uint8_t> payload;
  };
  // The answer to a request; nothing: stays silent.
  using Script = std::function<std::optional<Message>(const Message&)>;

  explicit FakeDevice(Script script) : script_(std::move(script)) {}

  [[nodiscard]] std::string name() const override { return "fake"; }
  Result<> Start(std::string_view, double) override { return {}; }

  Result<> Write(base::Bytes bytes) override {
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    constexpr size_t kHeader = 6;
    while (pending_.size() >= kHeader) {
      const auto size = base::LoadLe<uint32_t>(pending_.data());
      if (pending_.size() < size + 4) break;
      const Message request{base::LoadLe<uint16_t>(&pending_[4]),
                            {pending_.begin() + kHeader, pending_.begin() + size + 4}};
      pending_.erase(pending_.begin(), pending_.begin() + size + 4);
      requests.push_back(request);
      if (const auto answer = script_(request)) Send(*answer);
    }
    return {};
  }

  // One byte at a time: an answer never arrives as it was sent.
  Result<size_t> Read(base::MutableBytes into, double limit_s) override {
    if (to_host_.empty()) {
      clock_s += limit_s;
      return 0;
    }
    into[0] = to_host_.front();
    to_host_.erase(to_host_.begin());
    clock_s += kSecondsPerByte;
    return 1;
  }

  void DropUnread() override { to_host_.clear(); }
  // Bytes that nobody asked for.
  void Chatter(std::vector<uint8_t> bytes) { to_host_ = std::move(bytes); }

  [[nodiscard]] double ClockSeconds() const override { return clock_s; }
  [[nodiscard]] bool clock_is_virtual() const override { return true; }
  std::vector<std::string> TakeComplaints() override { return std::exchange(complaints, {}); }

  static constexpr double kSecondsPerByte = 0.001;
  double clock_s = 0;
  std::vector<Message> requests;
  std::vector<std::string> complaints;

 private:
  void Send(const Message& answer) {
    std::vector<uint8_t> frame(6);
    base::StoreLe(frame.data(), static_cast<uint32_t>(answer.payload.size() + 2));
    base::StoreLe(&frame[4], answer.type);
    frame.insert(frame.end(), answer.payload.begin(), answer.payload.end());
    to_host_.insert(to_host_.end(), frame.begin(), frame.end());
  }

  Script script_;
  std::vector<uint8_t> pending_;
  std::vector<uint8_t> to_host_;
};

}  // namespace host

#endif  // HOST_SESSION_TESTING_FAKE_DEVICE_H_
