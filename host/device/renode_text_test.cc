// SPDX-License-Identifier: Apache-2.0

#include "host/device/renode_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace host {
namespace {

using ::testing::HasSubstr;

TEST(MonitorStreamTest, WaitsForThePromptAndDropsTheEcho) {
  MonitorStream stream;
  stream.Add("Renode, version 1.16\n\n(monitor) ");
  EXPECT_EQ(stream.TakeAnswer(""), "Renode, version 1.16");
  stream.Add("version\r\n");
  EXPECT_EQ(stream.TakeAnswer("version"), std::nullopt);
  stream.Add("Renode v1.16\r\n  built (today)\r\n(moni");
  EXPECT_EQ(stream.TakeAnswer("version"), std::nullopt);
  stream.Add("tor) ");
  EXPECT_EQ(stream.TakeAnswer("version"), "Renode v1.16\n  built (today)");
  EXPECT_EQ(stream.TakeAnswer("version"), std::nullopt);
}

TEST(MonitorStreamTest, ThePromptIsTheMachinesName) {
  MonitorStream stream;
  stream.Add("start\nStarting emulation...\n(springbok) ");
  EXPECT_EQ(stream.TakeAnswer("start"), "Starting emulation...");
}

TEST(MonitorStreamTest, OutputThatEndsLikeAPromptIsNone) {
  for (const char* text : {"(a) b", "x (monitor)", "(two words) ", "() ", "(", ")", ""}) {
    MonitorStream stream;
    stream.Add(text);
    EXPECT_EQ(stream.TakeAnswer("x"), std::nullopt) << text;
  }
}

TEST(MonitorStreamTest, TelnetAndColoursAreLeftOut) {
  MonitorStream stream;
  stream.Add(std::string("\xFF\xFD\x03\xFF\xFB\x01\xFF\xFA\x1F\x00\x50\xFF\xF0", 13));
  stream.Add("\x1B[31;1m12\x1B[0m3\x1B");
  stream.Add("[K4\b\b56\r\n(monitor) ");
  EXPECT_EQ(stream.TakeAnswer(""), "1256");
}

TEST(MonitorErrorTest, TellsErrorsFromAnswers) {
  for (const char* text :
       {"There was an error executing command 'include @x'\nError E05: ...",
        "No such command or device: foo", "x\nCould not find file", "Error E01: line 3"}) {
    EXPECT_TRUE(FindMonitorError(text)) << text;
  }
  for (const char* text : {"", "0x00000000", "|Error count|3|", "no errors"}) {
    EXPECT_FALSE(FindMonitorError(text)) << text;
  }
}

TEST(OpcodeTableTest, RowsWithoutHeaderAndBorders) {
  const auto rows = ParseOpcodeTable(
      "----------------\n|Opcode   |Count  |\n----------------\n|vadd.vv  |376816 |\n\n"
      "|@vpopc.m |0      |\n|addi|18446744073709551615|\n----------------\n");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].name, "vadd.vv");
  EXPECT_EQ(rows[0].count, 376816u);
  EXPECT_EQ(rows[1].name, "@vpopc.m");
  EXPECT_EQ(rows[2].count, UINT64_MAX);
}

TEST(OpcodeTableTest, WhatIsNoRowIsLeftOut) {
  for (const char* text : {"", "|", "||", "|||", "|a|", "|a|b|", "| |3|", "|a|3|4|", "|a|-1|",
                           "a|3|", "|a|99999999999999999999|"}) {
    EXPECT_TRUE(ParseOpcodeTable(text).empty()) << text;
  }
}

TEST(VirtualTimeTest, FoundWhereverItStands) {
  struct Row {
    const char* text;
    std::optional<double> seconds;
  };
  for (const Row& row :
       {Row{"00:00:01.250000000", 1.25}, Row{"01:02:03", 3723.0},
        Row{"[Domain = x:y, TimeElapsed = 00:00:00.001]", 0.001}, Row{"100:00:00.5", 360000.5},
        Row{"", std::nullopt}, Row{"00:01", std::nullopt}, Row{"::", std::nullopt},
        Row{"1:-2:3", std::nullopt}, Row{"a:b:c", std::nullopt}}) {
    EXPECT_EQ(ParseVirtualTime(row.text), row.seconds) << row.text;
  }
}

TEST(MonitorPathTest, EscapesWhatTheMonitorCutsAt) {
  EXPECT_EQ(MonitorPath("/a/b.elf"), "@/a/b.elf");
  EXPECT_EQ(MonitorPath("/my dir\\x"), "@/my\\ dir\\\\x");
}

}  // namespace
}  // namespace host
