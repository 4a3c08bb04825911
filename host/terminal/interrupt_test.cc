// SPDX-License-Identifier: Apache-2.0

#include "host/terminal/interrupt.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>

namespace host {
namespace {

TEST(Interrupt, SignalRequestsAStop) {
  const Interrupt interrupt;
  EXPECT_FALSE(interrupt.token().stop_requested());
  ::kill(::getpid(), SIGINT);
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!interrupt.token().stop_requested() && std::chrono::steady_clock::now() < limit) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(interrupt.token().stop_requested());
}

TEST(InterruptDeathTest, SecondSignalEndsTheProgram) {
  EXPECT_EXIT(
      {
        const Interrupt interrupt;
        ::kill(::getpid(), SIGINT);
        while (!interrupt.token().stop_requested()) std::this_thread::yield();
        ::kill(::getpid(), SIGINT);
        std::this_thread::sleep_for(std::chrono::seconds(10));
      },
      ::testing::ExitedWithCode(128 + SIGINT), "");
}

}  // namespace
}  // namespace host
