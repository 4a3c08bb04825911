// SPDX-License-Identifier: Apache-2.0

#include "base/text_line.h"

#include <string>

#include "gtest/gtest.h"

namespace base {
namespace {

TEST(TextLineTest, TextAndNumbersInARow) {
  TextLine line;
  line.Text("status ").Hex(0x1A5).Text(std::string_view(", at ")).Number(0xAB, 16);
  line.Text(" of ").Number(UINT32_MAX).Text(" and ").Number(0);
  EXPECT_EQ(line.view(), "status 0x000001A5, at 0xAB of 4294967295 and 0");
  EXPECT_EQ(line.c_str(), line.view());
}

TEST(TextLineTest, TheLargestAddressFits) {
  TextLine line;
  line.Hex(UINTPTR_MAX);
  EXPECT_EQ(line.view(), "0x" + std::string(2 * sizeof(uintptr_t), 'F'));
}

TEST(TextLineTest, WhatDoesNotPrintBecomesAQuestionMark) {
  TextLine line;
  line.Text(std::string_view("a\n\0\x7F\xC3~ ", 7));
  EXPECT_EQ(line.view(), "a????~ ");
}

TEST(TextLineTest, WhatDoesNotFitIsCut) {
  TextLine line;
  line.Text(std::string(300, 'x')).Number(7);
  EXPECT_EQ(line.view(), std::string(TextLine::kMaxLength, 'x'));
  EXPECT_EQ(line.c_str()[TextLine::kMaxLength], '\0');
}

}  // namespace
}  // namespace base
