// SPDX-License-Identifier: Apache-2.0

#include "sim/gdb/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "sim/gdb/registers.h"
#include "sim/profile/top_table.h"

namespace sim {
namespace {

constexpr std::string_view kOk = "OK";
constexpr std::string_view kMalformed = "E01";
constexpr std::string_view kNoRegister = "E02";
constexpr std::string_view kNoMemory = "E0e";  // EFAULT
constexpr std::string_view kTooMany = "E0c";   // ENOMEM

constexpr std::string_view kTrapReply = "T05";
constexpr std::string_view kInterruptReply = "T02";
constexpr std::string_view kFaultReply = "T0b";

std::string MemoryMap(const Bus& bus) {
  std::string xml =
      R"(<?xml version="1.0"?><!DOCTYPE memory-map PUBLIC "+//IDN gnu.org//DTD GDB Memory Map V1.0//EN" )"
      R"("http://sourceware.org/gdb/gdb-memory-map.dtd"><memory-map>)";
  for (const auto& memory : bus.memories()) {
    xml += fmt::format(R"(<memory type="ram" start="0x{:x}" length="0x{:x}"/>)", memory->base,
                       memory->size_bytes);
  }
  return xml + "</memory-map>";
}

// "<address>,<length>" with what follows left in *arguments.
struct Range {
  GuestAddr address;
  uint32_t size_bytes;
};
std::optional<Range> TakeRange(std::string_view* arguments) {
  const auto address = TakeHex(arguments);
  if (!address || !TakeWord(arguments, ",")) return std::nullopt;
  const auto size = TakeHex(arguments);
  if (!size) return std::nullopt;
  return Range{*address, *size};
}

}  // namespace

GdbServer::GdbServer(Machine* machine) : machine_(machine), points_(&machine->hart()) {
  machine_->Observe(&points_);
}

GdbServer::~GdbServer() { machine_->Observe(nullptr); }

std::string GdbServer::Send(std::string_view content) {
  last_sent_ = MakePacket(content);
  return last_sent_;
}

std::string GdbServer::Receive(std::string_view bytes) {
  std::string reply;
  for (const char byte : bytes) {
    const auto event = reader_.Take(byte);
    if (!event || mode_ == Mode::kDetached || mode_ == Mode::kKilled) continue;
    switch (*event) {
      case PacketReader::Event::kInterrupt:
        interrupted_ = true;
        break;
      case PacketReader::Event::kResend:
        if (acknowledge_) reply += last_sent_;
        break;
      case PacketReader::Event::kBroken:
        if (acknowledge_) reply += '-';
        break;
      case PacketReader::Event::kPacket:
        if (acknowledge_) reply += '+';
        reply += Answer(reader_.content());
        break;
    }
  }
  return reply;
}

std::string GdbServer::Answer(std::string_view packet) {
  if (packet.empty()) return Send("");
  const char command = packet[0];
  const std::string_view arguments = packet.substr(1);
  if (mode_ == Mode::kRunning) return {};  // only an interrupt is expected now
  switch (command) {
    case '?':
      return Send(stop_reply_);
    case 'g':
      return Send(ReadGeneral());
    case 'G':
      return Send(WriteGeneral(arguments));
    case 'p':
      return Send(AccessRegister(arguments, false));
    case 'P':
      return Send(AccessRegister(arguments, true));
    case 'm':
      return Send(ReadMemory(arguments));
    case 'M':
      return Send(WriteMemory(arguments, false));
    case 'X':
      return Send(WriteMemory(arguments, true));
    case 'Z':
      return Send(ChangePoint(arguments, true));
    case 'z':
      return Send(ChangePoint(arguments, false));
    case 'c':
      return Resume(arguments, false);
    case 's':
      return Resume(arguments, true);
    case 'H':
    case 'T':
      return Send(kOk);
    case 'D':
      mode_ = Mode::kDetached;
      points_.Clear();
      return Send(kOk);
    case 'k':
      mode_ = Mode::kKilled;
      return {};
    case 'v':
      if (packet == "vCont?") return Send("vCont;c;C;s;S");
      if (packet.starts_with("vCont;c") || packet.starts_with("vCont;C")) return Resume({}, false);
      if (packet.starts_with("vCont;s") || packet.starts_with("vCont;S")) return Resume({}, true);
      if (packet.starts_with("vKill")) {
        mode_ = Mode::kKilled;
        return Send(kOk);
      }
      return Send("");
    case 'q':
    case 'Q':
      return Query(packet);
    default:
      return Send("");
  }
}

std::string GdbServer::Query(std::string_view packet) {
  if (packet.starts_with("qSupported")) {
    return Send(
        fmt::format("PacketSize={:x};QStartNoAckMode+;qXfer:features:read+;"
                    "qXfer:memory-map:read+;swbreak+;hwbreak+;vContSupported+",
                    PacketReader::kMaxContent));
  }
  if (packet == "QStartNoAckMode") {
    std::string reply = Send(kOk);
    acknowledge_ = false;
    return reply;
  }
  if (TakeWord(&packet, "qXfer:features:read:target.xml:")) {
    return Send(Transfer(packet, TargetDescription(machine_->hart())));
  }
  if (TakeWord(&packet, "qXfer:memory-map:read::")) {
    return Send(Transfer(packet, MemoryMap(machine_->bus())));
  }
  if (packet == "qAttached") return Send("1");
  if (packet == "qC") return Send("QC1");
  if (packet == "qfThreadInfo") return Send("m1");
  if (packet == "qsThreadInfo") return Send("l");
  if (TakeWord(&packet, "qRcmd,")) {
    const auto command = FromHex(packet);
    return Send(command ? Monitor(*command) : std::string(kMalformed));
  }
  return Send("");
}

std::string GdbServer::Transfer(std::string_view arguments, const std::string& document) {
  const auto range = TakeRange(&arguments);
  if (!range) return std::string(kMalformed);
  if (range->address >= document.size()) return "l";
  constexpr uint32_t kMost = PacketReader::kMaxContent / 2;  // all of it might be escaped
  const std::string part = document.substr(range->address, std::min(range->size_bytes, kMost));
  return (range->address + part.size() < document.size() ? "m" : "l") + part;
}

std::string GdbServer::Monitor(std::string_view command) {
  if (command == "top") {
    constexpr size_t kRows = 15;
    std::ostringstream text;
    WriteTopTable(machine_->TakeProfile(), machine_->TakeCodeProfile(), kRows, text);
    // Longer output would not fit one packet.
    return ToHex(text.str().substr(0, PacketReader::kMaxContent / 2));
  }
  if (command == "time") {
    return ToHex(fmt::format("{} instructions, {} ns of virtual time\n", machine_->instructions(),
                             machine_->virtual_time_ns()));
  }
  return ToHex(
      "monitor top   functions, kernels, opcodes and code that took most instructions\n"
      "monitor time  instructions and virtual time so far\n");
}

std::string GdbServer::ReadGeneral() {
  std::string bytes;
  for (uint32_t i = 0; i < kGeneralRegisters; ++i) {
    bytes += ReadRegister(machine_->hart(), i).value_or(std::string());
  }
  return ToHex(bytes);
}

std::string GdbServer::WriteGeneral(std::string_view digits) {
  const auto bytes = FromHex(digits);
  if (!bytes || bytes->size() != size_t{kGeneralRegisters} * 4) return std::string(kMalformed);
  for (uint32_t i = 0; i < kGeneralRegisters; ++i) {
    (void)WriteRegister(machine_->hart(), i, std::string_view(*bytes).substr(size_t{i} * 4, 4));
  }
  return std::string(kOk);
}

std::string GdbServer::AccessRegister(std::string_view arguments, bool write) {
  const auto number = TakeHex(&arguments);
  if (!number) return std::string(kMalformed);
  if (!write) {
    const auto bytes = ReadRegister(machine_->hart(), *number);
    return bytes ? ToHex(*bytes) : std::string(kNoRegister);
  }
  if (!TakeWord(&arguments, "=")) return std::string(kMalformed);
  const auto bytes = FromHex(arguments);
  if (!bytes) return std::string(kMalformed);
  return std::string(WriteRegister(machine_->hart(), *number, *bytes) ? kOk : kNoRegister);
}

std::string GdbServer::ReadMemory(std::string_view arguments) {
  const auto range = TakeRange(&arguments);
  if (!range) return std::string(kMalformed);
  // What fits a packet, and what there is: GDB asks on behind a short answer.
  uint32_t size = std::min<uint32_t>(range->size_bytes, PacketReader::kMaxContent / 2);
  const uint8_t* bytes = nullptr;
  for (; size != 0; --size) {
    bytes = machine_->bus().Ram(range->address, size);
    if (bytes != nullptr) break;
  }
  if (bytes == nullptr) return range->size_bytes == 0 ? std::string() : std::string(kNoMemory);
  return ToHex({reinterpret_cast<const char*>(bytes), size});
}

std::string GdbServer::WriteMemory(std::string_view arguments, bool binary) {
  const auto range = TakeRange(&arguments);
  if (!range || !TakeWord(&arguments, ":")) return std::string(kMalformed);
  const auto bytes = binary ? std::optional(std::string(arguments)) : FromHex(arguments);
  if (!bytes || bytes->size() != range->size_bytes) return std::string(kMalformed);
  if (bytes->empty()) return std::string(kOk);
  uint8_t* target = machine_->bus().Ram(range->address, range->size_bytes);
  if (target == nullptr) return std::string(kNoMemory);
  std::ranges::copy(*bytes, target);
  machine_->DropDecodedCode();
  return std::string(kOk);
}

std::string GdbServer::ChangePoint(std::string_view arguments, bool insert) {
  const auto kind = TakeHex(&arguments);
  if (!kind || !TakeWord(&arguments, ",")) return std::string(kMalformed);
  const auto range = TakeRange(&arguments);
  if (!range) return std::string(kMalformed);
  if (*kind > static_cast<uint32_t>(StopPoints::Kind::kAccess)) return {};
  const auto point = static_cast<StopPoints::Kind>(*kind);
  if (!insert) {
    points_.Remove(point, range->address, range->size_bytes);
    return std::string(kOk);
  }
  return std::string(points_.Insert(point, range->address, range->size_bytes) ? kOk : kTooMany);
}

std::string GdbServer::Resume(std::string_view arguments, bool step) {
  if (!arguments.empty()) {
    const auto address = TakeHex(&arguments);
    if (!address) return Send(kMalformed);
    machine_->hart().pc = machine_->hart().next_pc = *address;
  }
  mode_ = Mode::kRunning;
  armed_ = false;
  step_ = step;
  interrupted_ = false;
  return {};
}

Halt GdbServer::Run(const RunLimits& limits, std::string* reply) {
  const auto stop = [&](std::string_view why) {
    mode_ = Mode::kStopped;
    stop_reply_ = why;
    *reply += Send(why);
  };
  if (interrupted_) {
    stop(kInterruptReply);
    return {.reason = HaltReason::kObserver, .pc = machine_->hart().pc, .trap = {}};
  }
  if (!armed_) points_.Arm(machine_->hart().pc, step_);
  armed_ = true;
  const Halt halt = machine_->Run(limits);
  if (halt.reason == HaltReason::kFault) stop(kFaultReply);
  if (halt.reason != HaltReason::kObserver) return halt;
  const std::optional<StopPoints::Hit>& hit = points_.hit();
  if (!hit) {
    stop(kTrapReply);
    return halt;
  }
  switch (hit->kind) {
    case StopPoints::Kind::kSoftware:
    case StopPoints::Kind::kHardware:
      stop(fmt::format("{}swbreak:;", kTrapReply));
      break;
    case StopPoints::Kind::kWrite:
      stop(fmt::format("{}watch:{:x};", kTrapReply, hit->address));
      break;
    case StopPoints::Kind::kRead:
      stop(fmt::format("{}rwatch:{:x};", kTrapReply, hit->address));
      break;
    case StopPoints::Kind::kAccess:
      stop(fmt::format("{}awatch:{:x};", kTrapReply, hit->address));
      break;
  }
  return halt;
}

std::string GdbServer::Ended(uint8_t exit_code) {
  mode_ = Mode::kDetached;
  return Send(fmt::format("W{:02x}", exit_code));
}

}  // namespace sim
