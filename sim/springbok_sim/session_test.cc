// SPDX-License-Identifier: Apache-2.0

#include "sim/springbok_sim/session.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include "sim/isa/encoder.h"
#include "sim/trace/tracer.h"

namespace sim {
namespace {

constexpr uint32_t kCode = 0x3200'0000;
using Clock = std::chrono::steady_clock;

// x5 = 0x4000'0000 (UART); x7 = 0x5000'0000 (nothing is there).
class SessionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    auto opened = Pty::Open(path(), false);
    ASSERT_TRUE(opened.has_value()) << opened.error();
    pty_ = std::make_unique<Pty>(std::move(*opened));
    log_ = std::tmpfile();
    ASSERT_NE(log_, nullptr);
  }
  void TearDown() override {
    pty_.reset();
    rmdir(folder_.data());
    std::fclose(log_);
  }
  [[nodiscard]] std::string path() const { return std::string(folder_.data()) + "/uart"; }

  void Load(std::initializer_list<uint32_t> words) {
    uint32_t address = kCode;
    for (uint32_t word : words) {
      std::memcpy(machine_.bus().Ram(address, 4), &word, 4);
      address += 4;
    }
    machine_.Boot();
    machine_.hart().x[5] = 0x4000'0000;
    machine_.hart().x[7] = 0x5000'0000;
  }
  SessionEnd Run() { return Session({}, &machine_, pty_.get(), &signals_, log_).Run(); }
  // Made after signals_, so that the signal goes to the descriptor.
  [[nodiscard]] static std::thread SignalAfter(std::chrono::milliseconds delay) {
    return std::thread([delay] {
      std::this_thread::sleep_for(delay);
      kill(getpid(), SIGTERM);
    });
  }

  static constexpr uint32_t kJumpBack2 = 0xff9f'f06f;  // j -8
  std::array<char, 32> folder_ = {"/tmp/session.XXXXXX"};
  StopSignals signals_;
  Machine machine_{MachineConfig{}};
  std::unique_ptr<Pty> pty_;
  std::FILE* log_ = nullptr;
};

TEST_F(SessionTest, ASignalStopsAGuestThatNeverLooksAtTheUart) {
  Load({Encode(Op::kLw, {.rd = 6, .rs1 = 7}), Encode(Op::kCustom3Unused, {}), kJumpBack2});
  std::thread killer = SignalAfter(std::chrono::milliseconds(100));
  const auto before = Clock::now();
  EXPECT_TRUE(Run().by_signal);
  killer.join();
  EXPECT_LT(Clock::now() - before, std::chrono::seconds(20));  // instead of never
  EXPECT_LT(std::ftell(log_), 100'000);
}

TEST_F(SessionTest, ASignalStopsAGuestThatSendsForEver) {
  Load({Encode(Op::kAddi, {.rd = 6, .rs1 = 0, .imm = 0x301}),
        Encode(Op::kSw, {.rs1 = 5, .rs2 = 6, .imm = 0x30}), Encode(Op::kSw, {.rs1 = 5, .rs2 = 6}),
        Encode(Op::kAddi, {}), kJumpBack2});
  std::thread killer = SignalAfter(std::chrono::milliseconds(300));
  EXPECT_TRUE(Run().by_signal);
  killer.join();
}

TEST_F(SessionTest, AnIdleGuestCostsNoHostTimeWithOrWithoutAClient) {
  Load({Encode(Op::kLw, {.rd = 6, .rs1 = 5, .imm = 0x18}), Encode(Op::kAddi, {}), kJumpBack2});
  close(open(path().c_str(), O_RDWR | O_NOCTTY));  // a client that came and went
  std::thread killer = SignalAfter(std::chrono::milliseconds(1500));
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  EXPECT_TRUE(Run().by_signal);
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  killer.join();
  const auto microseconds = [](const timeval& time) {
    return time.tv_sec * 1'000'000 + time.tv_usec;
  };
  EXPECT_LT(microseconds(after.ru_utime) + microseconds(after.ru_stime) -
                microseconds(before.ru_utime) - microseconds(before.ru_stime),
            300'000);
}

TEST_F(SessionTest, ALogThatNobodyReadsAnyMoreEndsNothing) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  close(ends[0]);
  std::fclose(log_);
  log_ = fdopen(ends[1], "w");
  ASSERT_NE(log_, nullptr);
  std::setvbuf(log_, nullptr, _IONBF, 0);
  Load({Encode(Op::kLw, {.rd = 6, .rs1 = 7}), Encode(Op::kFinish, {})});
  EXPECT_EQ(Run().halt.reason, HaltReason::kFinished);
  EXPECT_NE(std::ferror(log_), 0);
}

TEST_F(SessionTest, ATraceThatCannotBeWrittenEndsTheRun) {
  std::FILE* full = std::fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  std::setvbuf(full, nullptr, _IONBF, 0);
  Load({Encode(Op::kAddi, {}), Encode(Op::kAddi, {}), kJumpBack2});
  Tracer tracer(&machine_, {}, full);
  machine_.Observe(&tracer);
  const SessionEnd end = Session({.trace = full}, &machine_, pty_.get(), &signals_, log_).Run();
  EXPECT_FALSE(end.by_signal);
  EXPECT_EQ(end.halt.reason, HaltReason::kObserver);
  std::fclose(full);
}

TEST_F(SessionTest, EndsWithTheGuest) {
  Load({Encode(Op::kFinish, {})});
  const SessionEnd end = Run();
  EXPECT_FALSE(end.by_signal);
  EXPECT_EQ(end.halt.reason, HaltReason::kFinished);
}

}  // namespace
}  // namespace sim
