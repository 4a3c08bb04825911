// SPDX-License-Identifier: Apache-2.0

#include "sim/springbok_sim/debugger.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sim {

std::expected<std::unique_ptr<Debugger>, std::string> Debugger::Listen(Machine* machine,
                                                                       uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int yes = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
      bind(listener, generic, length) != 0 || listen(listener, 1) != 0 ||
      getsockname(listener, generic, &length) != 0) {
    std::string sentence =
        fmt::format("cannot listen for GDB on port {}: {}", port, std::strerror(errno));
    if (listener >= 0) close(listener);
    return std::unexpected(std::move(sentence));
  }
  return std::unique_ptr<Debugger>(new Debugger(machine, listener, ntohs(address.sin_port)));
}

Debugger::~Debugger() {
  Disconnect();
  close(listener_);
}

void Debugger::Disconnect() {
  server_.reset();
  if (client_ >= 0) close(client_);
  client_ = -1;
}

// A debugger that does not take its answers is given a second, then it is gone.
void Debugger::Send(const std::string& bytes) {
  constexpr int kPatienceMs = 1000;
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count =
        send(client_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) {
      sent += static_cast<size_t>(count);
      continue;
    }
    pollfd writable{.fd = client_, .events = POLLOUT, .revents = 0};
    const bool full = count < 0 && (errno == EAGAIN || errno == EINTR);
    if (!full || poll(&writable, 1, kPatienceMs) <= 0) return Disconnect();
  }
}

void Debugger::Serve() {
  if (client_ < 0) {
    client_ = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client_ < 0) return;
    const int yes = 1;
    setsockopt(client_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    came_ = true;
    server_ = std::make_unique<GdbServer>(machine_);
  }
  constexpr int kMostReads = 16;  // then the machine has its turn
  std::array<char, 4096> bytes;
  for (int i = 0; i < kMostReads && client_ >= 0; ++i) {
    const ssize_t count = recv(client_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return Disconnect();
    Send(server_->Receive({bytes.data(), static_cast<size_t>(count)}));
    if (server_ == nullptr) return;
    killed_ = server_->mode() == GdbServer::Mode::kKilled;
    if (killed_ || server_->mode() == GdbServer::Mode::kDetached) return Disconnect();
  }
}

bool Debugger::HoldsMachine() const {
  if (server_ == nullptr) return !came_;
  return server_->mode() == GdbServer::Mode::kStopped;
}

Halt Debugger::Run(const RunLimits& limits) {
  if (server_ == nullptr) return machine_->Run(limits);
  std::string reply;
  const Halt halt = server_->Run(limits, &reply);
  if (!reply.empty()) Send(reply);
  return halt;
}

void Debugger::TellEnd(uint8_t exit_code) {
  if (server_ != nullptr) Send(server_->Ended(exit_code));
}

}  // namespace sim
