// SPDX-License-Identifier: Apache-2.0

// Whatever a debugger sends: the server answers or not, the machine stays whole, nothing grows.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "counting_machine.h"
#include "sim/gdb/packets.h"
#include "sim/gdb/server.h"
#include "sim/machine/machine.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A fresh machine costs too much a run: the one goes back to where it was.
  static sim::Machine machine = CountingMachine();
  static const auto begin = machine.Save();
  machine.DropDecodedCode();
  if (!machine.Restore(begin.value())) std::abort();
  sim::GdbServer server(&machine);
  // Lines are packets, so that the fuzzer need not find checksums; other bytes are raw.
  std::string line;
  for (size_t i = 0; i <= size; ++i) {
    if (i < size && data[i] != '\n') {
      line += static_cast<char>(data[i]);
      continue;
    }
    const bool raw = line.starts_with('!');
    std::string reply = server.Receive(raw ? line.substr(1) : sim::MakePacket(line));
    if (reply.size() > 4 * sim::PacketReader::kMaxContent) std::abort();
    if (server.mode() == sim::GdbServer::Mode::kRunning) {
      (void)server.Run({.max_instructions = 200}, &reply);
      (void)server.Receive("\x03");
      (void)server.Run({.max_instructions = 200}, &reply);
    }
    line.clear();
  }
  return 0;
}
