// SPDX-License-Identifier: Apache-2.0

// Requests and answers over a device: wire::Client decides what the bytes are, Device moves them.
// Every wait is limited; an error says which device, which message and what the device complained
// about. After a failed request the connection can still be used.
//
// A request that did not arrive whole (the device says so) or whose answer did not is sent again, a
// few times: each of them leaves the device as it would be had it arrived once. Only PROCESS is not
// repeated for want of an answer, since a model may count its runs.
#ifndef HOST_SESSION_CONNECTION_H_
#define HOST_SESSION_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "host/device/device.h"
#include "host/error/error.h"
#include "host/terminal/log.h"
#include "wire/client.h"
#include "wire/io_spec.h"
#include "wire/statistics.h"

namespace host {

inline constexpr double kDefaultAnswerLimitSeconds = 30;
// Six PINGs, one second apart (contract, 5.2.4).
inline constexpr double kDefaultConnectLimitSeconds = 6;

struct ConnectionOptions {
  wire::Generation generation = wire::Generation::kLegacy;
  // On the device's clock.
  double answer_limit_s = kDefaultAnswerLimitSeconds;
  double connect_limit_s = kDefaultConnectLimitSeconds;
};

struct AllocationStatistic {
  std::string name;
  uint64_t value = 0;
};

class Connection : private wire::LogListener {
 public:
  // `device` is started; both must outlive the connection.
  Connection(Device& device, const ConnectionOptions& options, Log& log);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // PING on the wires that have it; nothing on the legacy wire.
  [[nodiscard]] Result<> Open();
  [[nodiscard]] Result<> Close();

  [[nodiscard]] Result<> SendIoSpec(const wire::IoSpec& spec);
  // An empty module means "keep the one that is loaded".
  [[nodiscard]] Result<> SendModel(base::Bytes module);
  [[nodiscard]] Result<> SendData(base::Bytes inputs);
  // Seconds on the device's clock between the end of the request and its answer.
  [[nodiscard]] Result<double> Process();
  // Valid until the next request.
  [[nodiscard]] Result<base::Bytes> ReceiveOutput();
  // The records that count bytes; empty if the device keeps no statistics.
  [[nodiscard]] Result<std::vector<AllocationStatistic>> ReceiveStatistics();

  [[nodiscard]] Device& device() { return device_; }

 private:
  enum class Ping { kConnect, kDisconnect };

  Result<wire::Answer> Request(wire::MessageType type, base::Bytes payload,
                               bool show_progress = false);
  Result<> SendPing(Ping ping);
  // How long an answer that has begun may stop, at most.
  [[nodiscard]] double AnswerGapSeconds() const;
  Result<> Send(bool show_progress, size_t payload_bytes);
  // Until client_ has an answer or gave up. An error if the device is gone for good.
  Result<> AwaitAnswer();
  [[nodiscard]] std::string WhatIsWrongWithTheAnswer() const;
  // Lets what is still on its way arrive, and forgets it.
  Result<> Settle();
  std::unexpected<Error> Failure(std::string sentence);
  void OnDeviceLog(std::string_view line) override;

  Device& device_;
  ConnectionOptions options_;
  Log& log_;
  // Larger than anything a device with 16 MiB of data memory can answer. Not touched until used.
  std::unique_ptr<uint8_t[]> answer_buffer_;
  wire::Client client_;
  double sent_at_s_ = 0;
  bool device_answers_ = false;  // it answered something, ever
  double waited_s_ = 0;          // for an answer that did not come whole
  bool waited_in_vain_ = false;  // not a byte of it came
};

}  // namespace host

#endif  // HOST_SESSION_CONNECTION_H_
