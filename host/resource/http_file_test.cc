// SPDX-License-Identifier: Apache-2.0

#include "host/resource/http_file.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// Answers one connection on a loopback port with fixed bytes, and closes it at its end or after
// the pause.
class OneAnswerServer {
 public:
  explicit OneAnswerServer(std::string answer, std::chrono::seconds pause = {})
      : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_, 1), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this, pause, answer = std::move(answer)](const std::stop_token& stop) {
      const int peer = accept(socket_, nullptr, nullptr);
      if (peer < 0) return;
      char request[4096];
      (void)!read(peer, request, sizeof(request));
      (void)!write(peer, answer.data(), answer.size());
      const auto end = std::chrono::steady_clock::now() + pause;
      while (!stop.stop_requested() && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
      close(peer);
    });
  }
  ~OneAnswerServer() {
    shutdown(socket_, SHUT_RDWR);
    close(socket_);
  }
  [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}/x", port_); }

 private:
  int socket_;
  uint16_t port_ = 0;
  std::jthread thread_;
};

class HttpFileTest : public ::testing::Test {
 protected:
  HttpFileTest() { fs::create_directories(folder_); }
  ~HttpFileTest() override { fs::remove_all(folder_); }
  std::string Kept() const {
    std::ifstream stream(file_);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  fs::path folder_ = fs::temp_directory_path() / ("http_file_test." + std::to_string(::getpid()));
  fs::path file_ = folder_ / "below" / "file";
};

TEST_F(HttpFileTest, KeepsTheBody) {
  const OneAnswerServer server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  const auto done = DownloadToFile(server.url(), file_);
  ASSERT_TRUE(done) << done.error().error.Format();
  EXPECT_EQ(Kept(), "hello");
}

TEST_F(HttpFileTest, FaultsNameTheUrlAndKeepNothing) {
  const struct {
    const char* answer;
    TransferFault fault;
    const char* sentence;
  } rows[] = {
      {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", TransferFault::kAbsent, "404"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut", TransferFault::kUnreachable,
       "cannot be downloaded"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n01234567890123456789", TransferFault::kRefused,
       "larger than 10"},
      {"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
       TransferFault::kUnreachable, "cannot be downloaded"},
      {"", TransferFault::kUnreachable, "cannot be downloaded"},
  };
  for (const auto& row : rows) {
    const OneAnswerServer server(row.answer);
    const auto done = DownloadToFile(server.url(), file_, {.size_bytes = 10});
    ASSERT_FALSE(done) << row.answer;
    EXPECT_EQ(done.error().fault, row.fault) << row.answer;
    EXPECT_EQ(done.error().error.kind, ErrorKind::kRun);
    EXPECT_EQ(done.error().error.place, server.url());
    EXPECT_THAT(done.error().error.sentence, HasSubstr(row.sentence));
    EXPECT_FALSE(fs::exists(file_));
  }
  EXPECT_FALSE(DownloadToFile("file:///etc/hostname", file_));
}

TEST_F(HttpFileTest, AServerThatStandsStillIsLeft) {
  const OneAnswerServer server("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nslow",
                               std::chrono::seconds(20));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(DownloadToFile(server.url(), file_, {.stalled = std::chrono::seconds(1)}));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(15));
}

TEST_F(HttpFileTest, AStopRequestEndsIt) {
  const OneAnswerServer server("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nslow",
                               std::chrono::seconds(20));
  std::stop_source stop;
  const std::jthread asker([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop.request_stop();
  });
  const auto done = DownloadToFile(server.url(), file_, {}, {}, stop.get_token());
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().error.sentence, HasSubstr("stopped by the user"));
}

}  // namespace
}  // namespace host
