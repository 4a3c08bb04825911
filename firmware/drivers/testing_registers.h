// SPDX-License-Identifier: Apache-2.0

// A register block for driver tests: a list of the accesses a driver must make, in order, with the
// values its reads return.
#ifndef FIRMWARE_DRIVERS_TESTING_REGISTERS_H_
#define FIRMWARE_DRIVERS_TESTING_REGISTERS_H_

#include <cstdint>
#include <deque>

#include "gtest/gtest.h"

namespace firmware::testing {

struct Access {
  bool write;
  uint32_t offset;
  uint32_t value;
};

class ExpectedAccesses {
 public:
  void Read(uint32_t offset, uint32_t value) { accesses_.push_back({false, offset, value}); }
  void Write(uint32_t offset, uint32_t value) { accesses_.push_back({true, offset, value}); }
  [[nodiscard]] bool Done() const { return accesses_.empty(); }

  uint32_t Take(bool write, uint32_t offset, uint32_t value) {
    if (accesses_.empty()) {
      ADD_FAILURE() << "unexpected access to register " << offset;
      return 0;
    }
    const Access next = accesses_.front();
    accesses_.pop_front();
    EXPECT_EQ(next.write, write) << "register " << offset;
    EXPECT_EQ(next.offset, offset);
    if (write) EXPECT_EQ(next.value, value) << "register " << offset;
    return next.value;
  }

 private:
  std::deque<Access> accesses_;
};

class ExpectedRegisters {
 public:
  explicit ExpectedRegisters(ExpectedAccesses* accesses) : accesses_(accesses) {}
  [[nodiscard]] uint32_t Read32(uint32_t offset) const { return accesses_->Take(false, offset, 0); }
  void Write32(uint32_t offset, uint32_t value) const { accesses_->Take(true, offset, value); }
  [[nodiscard]] uint8_t Read8(uint32_t offset) const {
    return static_cast<uint8_t>(accesses_->Take(false, offset, 0));
  }
  void Write8(uint32_t offset, uint8_t value) const { accesses_->Take(true, offset, value); }

 private:
  ExpectedAccesses* accesses_;
};

}  // namespace firmware::testing

#endif  // FIRMWARE_DRIVERS_TESTING_REGISTERS_H_
