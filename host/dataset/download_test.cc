#include "host/dataset/download.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <thread>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

using ::testing::HasSubstr;

// Answers one connection on a loopback port with fixed bytes, then closes it.
class OneAnswerServer {
 public:
  explicit OneAnswerServer(std::string answer) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_, 1), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this, answer = std::move(answer)] {
      const int peer = accept(socket_, nullptr, nullptr);
      if (peer < 0) return;
      char request[4096];
      (void)!read(peer, request, sizeof(request));
      (void)!write(peer, answer.data(), answer.size());
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

TEST(DownloadTest, GivesTheBody) {
  const OneAnswerServer server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  const auto bytes = Download(server.url());
  ASSERT_TRUE(bytes) << bytes.error().Format();
  EXPECT_EQ(std::string(bytes->begin(), bytes->end()), "hello");
}

TEST(DownloadTest, FaultsNameTheUrl) {
  const struct {
    const char* answer;
    const char* sentence;
  } rows[] = {
      {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut", "download failed"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n01234567890123456789", "larger than 10"},
      {"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", "failed"},
      {"", "download failed"},
  };
  for (const auto& row : rows) {
    const OneAnswerServer server(row.answer);
    const auto bytes = Download(server.url(), {.size_bytes = 10});
    ASSERT_FALSE(bytes) << row.answer;
    EXPECT_EQ(bytes.error().kind, ErrorKind::kRun);
    EXPECT_EQ(bytes.error().place, server.url());
    EXPECT_THAT(bytes.error().sentence, HasSubstr(row.sentence));
  }
  EXPECT_FALSE(Download("file:///etc/hostname"));
}

}  // namespace
}  // namespace host
