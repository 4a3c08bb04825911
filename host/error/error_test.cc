// SPDX-License-Identifier: Apache-2.0

#include "host/error/error.h"

#include "gtest/gtest.h"

namespace host {
namespace {

TEST(ErrorTest, KindDecidesExitCode) {
  EXPECT_EQ(InputError("bad").error().exit_code(), 2);
  EXPECT_EQ(RunError("failed").error().exit_code(), 1);
}

TEST(ErrorTest, FormatNamesPlacesAndIndentsCauses) {
  Error error = InputError("2 faults", "a.json").error();
  error.causes.push_back(InputError("unknown key", "a.json#/dataset/typ").error());
  EXPECT_EQ(error.Format(), "a.json: 2 faults\n  a.json#/dataset/typ: unknown key");
}

TEST(ErrorTest, StatusErrorCarriesTextAndName) {
  EXPECT_EQ(StatusError(ErrorKind::kRun, base::Status::kOutOfMemory, "loading").error().sentence,
            "loading: not enough memory (OutOfMemory)");
}

}  // namespace
}  // namespace host
