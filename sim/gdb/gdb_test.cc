// SPDX-License-Identifier: Apache-2.0

// Packets and a session without GDB itself; with it see tests/e2e/test_springbok_sim.py.
#include <gtest/gtest.h>

#include "sim/gdb/packets.h"
#include "sim/gdb/server.h"
#include "sim/machine/testing_program.h"

namespace sim {
namespace {

using testing::kA0;
using testing::kCode;
using testing::kData;
using testing::kT0;
using testing::Program;

TEST(PacketsTest, FramesChecksumsAndEscapes) {
  EXPECT_EQ(MakePacket("OK"), "$OK#9a");
  EXPECT_EQ(MakePacket("a$b"),
            "$a}\x04"
            "b#44");
  PacketReader reader;
  std::string text = "+junk" + MakePacket("X1,2:}#*$") + "\x03-$bad#00$cut$g#67$x#zz";
  std::vector<PacketReader::Event> events;
  std::vector<std::string> contents;
  for (const char c : text) {
    if (const auto event = reader.Take(c)) {
      events.push_back(*event);
      if (*event == PacketReader::Event::kPacket) contents.push_back(reader.content());
    }
  }
  using enum PacketReader::Event;
  EXPECT_EQ(events, (std::vector{kPacket, kInterrupt, kResend, kBroken, kPacket, kBroken}));
  EXPECT_EQ(contents, (std::vector<std::string>{"X1,2:}#*$", "g"}));
}

TEST(PacketsTest, TooLongIsRefused) {
  PacketReader reader;
  std::string packet = MakePacket(std::string(PacketReader::kMaxContent + 1, 'a'));
  std::optional<PacketReader::Event> event;
  for (const char c : packet) event = reader.Take(c);
  EXPECT_EQ(event, PacketReader::Event::kBroken);
}

class GdbServerTest : public ::testing::Test {
 protected:
  void Load(const Program& program) {
    ASSERT_TRUE(machine_.LoadElf(program.Elf()).has_value());
    machine_.Boot();
    EXPECT_EQ(server_.Receive(MakePacket("QStartNoAckMode")), "+" + MakePacket("OK"));
  }
  // The content of the answer to a packet.
  std::string Ask(std::string_view packet) { return Content(server_.Receive(MakePacket(packet))); }
  static std::string Content(const std::string& packet) {
    if (packet.empty()) return {};
    EXPECT_TRUE(packet.starts_with('$')) << packet;
    return packet.substr(1, packet.size() - 4);
  }
  std::string Go(std::string_view packet) {
    EXPECT_EQ(server_.Receive(MakePacket(packet)), "");
    EXPECT_EQ(server_.mode(), GdbServer::Mode::kRunning);
    std::string reply;
    for (int i = 0; i < 100 && reply.empty(); ++i) {
      (void)server_.Run({.max_instructions = 1000}, &reply);
    }
    return Content(reply);
  }

  Machine machine_{MachineConfig{}};
  GdbServer server_{&machine_};
};

TEST_F(GdbServerTest, BreakpointsStepsAndRegisters) {
  Program program;
  program.Li(kA0, 5);                                         // +0, +4
  program.Add(Op::kAddi, {.rd = kA0, .rs1 = kA0, .imm = 1});  // +8
  program.JumpTo(kCode + 8);                                  // +c
  Load(program);
  EXPECT_EQ(Ask("?"), "S05");
  EXPECT_EQ(Ask("p20"), "00000032");
  EXPECT_EQ(Go("s"), "T05");
  EXPECT_EQ(Ask("p20"), "04000032");
  EXPECT_EQ(Ask("Z0,32000008,4"), "OK");
  EXPECT_EQ(Go("c"), "T05swbreak:;");
  EXPECT_EQ(Ask("p20"), "08000032");
  EXPECT_EQ(Ask("pa"), "05000000");
  EXPECT_EQ(Go("c"), "T05swbreak:;");  // once around
  EXPECT_EQ(Ask("pa"), "06000000");
  EXPECT_EQ(Go("vCont;s:1"), "T05");
  EXPECT_EQ(Ask("p20"), "0c000032");
  EXPECT_EQ(Ask("Pa=2a000000"), "OK");
  EXPECT_EQ(Go("c"), "T05swbreak:;");
  EXPECT_EQ(machine_.hart().x[kA0], 42u);
  EXPECT_EQ(Ask("z0,32000008,4"), "OK");
  EXPECT_EQ(server_.Receive(MakePacket("c")), "");
  EXPECT_EQ(server_.Receive("\x03"), "");
  std::string reply;
  (void)server_.Run({.max_instructions = 1000}, &reply);
  EXPECT_EQ(Content(reply), "T02");
  EXPECT_EQ(Ask("?"), "T02");
  // All general registers at once, there and back.
  const std::string general = Ask("g");
  EXPECT_EQ(general.size(), 65u * 8);
  EXPECT_EQ(Ask("G" + general), "OK");
  EXPECT_EQ(Ask("g"), general);
  // A vector register and a CSR of a unit that is off.
  EXPECT_EQ(Ask("P41=" + std::string(128, '7')), "OK");
  EXPECT_EQ(machine_.hart().v.Reg(0)[63], 0x77);
  EXPECT_EQ(Ask("p41"), std::string(128, '7'));
  EXPECT_EQ(Ask("p63"), "00000000");
}

TEST_F(GdbServerTest, WatchpointsOfEachKind) {
  for (const auto& [kind, reply, stops] :
       {std::tuple{"Z2", "T05watch:34000010;", true}, std::tuple{"Z3", "T05rwatch:34000010;", true},
        std::tuple{"Z4", "T05awatch:34000010;", true}}) {
    Program program;
    program.Store(kData + 0x20, 1).Load(kA0, kData + 0x20);
    if (kind[1] != '3') program.Store(kData + 0x10, 7);
    if (kind[1] == '3') program.Load(kA0, kData + 0x12 - 2);
    program.Finish();
    Machine machine(MachineConfig{});
    ASSERT_TRUE(machine.LoadElf(program.Elf()).has_value());
    machine.Boot();
    GdbServer server(&machine);
    (void)server.Receive(MakePacket("QStartNoAckMode"));
    EXPECT_EQ(server.Receive(MakePacket(std::string(kind) + ",34000010,4")), MakePacket("OK"));
    (void)server.Receive(MakePacket("c"));
    std::string got;
    (void)server.Run({}, &got);
    EXPECT_EQ(Content(got), reply) << stops;
    EXPECT_EQ(server.Receive(MakePacket("D")), MakePacket("OK"));
    const Halt end = machine.Run({});
    EXPECT_EQ(end.reason, HaltReason::kFinished);
  }
}

TEST_F(GdbServerTest, MemoryAndWhatIsNone) {
  Load(Program().Finish());
  EXPECT_EQ(Ask("m32000000,4"), "7b300000");
  EXPECT_EQ(Ask("M34000000,4:01020304"), "OK");
  EXPECT_EQ(Ask("m34000000,4"), "01020304");
  EXPECT_EQ(Ask("X34000000,2:a}"), "OK");
  EXPECT_EQ(Ask("m34000000,2"), "617d");
  EXPECT_EQ(Ask("m34fffffe,8"), "0000");  // as much as there is
  EXPECT_EQ(Ask("m40000000,4"), "E0e");   // a device: reading has effects
  EXPECT_EQ(Ask("M50000000,1:00"), "E0e");
  EXPECT_EQ(machine_.bus().devices()[1].count.reads, 0u);
  EXPECT_EQ(machine_.bus().memories()[0]->count.reads, 0u);
}

TEST_F(GdbServerTest, MalformedPacketsGetErrors) {
  Load(Program().Finish());
  for (const char* packet : {"p", "pzz", "Pa", "Pa=1", "m", "m1", "m1,", "M1,1", "M34000000,2:00",
                             "G00", "Z0", "Z0,1", "qXfer:features:read:target.xml:x", "qRcmd,1"}) {
    EXPECT_TRUE(Ask(packet).starts_with("E")) << packet;
  }
  EXPECT_EQ(Ask("p1000"), "E02");
  EXPECT_EQ(Ask("Z9,0,0"), "");
  EXPECT_EQ(Ask("!"), "");
  EXPECT_EQ(Ask("qXfer:features:read:target.xml:ffffffff,10"), "l");
  for (size_t i = 0; i < StopPoints::kMaxPoints; ++i) EXPECT_EQ(Ask("Z0,32000100,4"), "OK");
  EXPECT_EQ(Ask("Z0,32000100,4"), "E0c");
}

TEST_F(GdbServerTest, TheTargetDescriptionComesInParts) {
  Load(Program().Finish());
  std::string xml;
  while (true) {
    char request[64];
    std::snprintf(request, sizeof(request), "qXfer:features:read:target.xml:%zx,100", xml.size());
    const std::string part = Ask(request);
    ASSERT_FALSE(part.empty());
    xml += part.substr(1);
    if (part[0] == 'l') break;
  }
  EXPECT_TRUE(xml.contains("org.gnu.gdb.riscv.vector"));
  EXPECT_TRUE(xml.contains(R"(<reg name="v31" bitsize="512" type="riscv_vector" regnum="96"/>)"));
  EXPECT_TRUE(xml.ends_with("</target>"));
}

TEST_F(GdbServerTest, DetachedItRunsAlone) {
  Program program;
  program.Li(kA0, 1).Finish();
  Load(program);
  EXPECT_EQ(Ask("Z0,32000004,4"), "OK");
  EXPECT_EQ(Ask("D"), "OK");
  EXPECT_EQ(server_.mode(), GdbServer::Mode::kDetached);
  EXPECT_EQ(machine_.Run({}).reason, HaltReason::kFinished);
}

}  // namespace
}  // namespace sim
