// SPDX-License-Identifier: Apache-2.0

#include "sim/machine/snapshot.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "sim/hart/state_stream.h"
#include "sim/machine/machine.h"

namespace sim {
namespace {

constexpr std::string_view kMagic = "SPRINGBOK SNAP 1";
constexpr size_t kMaxState = 64u << 20;
constexpr size_t kChecksumBytes = 8;

// FNV-1a, 64 bits: notices a damaged file, protects from nobody.
uint64_t Checksum(std::span<const uint8_t> bytes) {
  uint64_t hash = 0xcbf2'9ce4'8422'2325;
  for (const uint8_t byte : bytes) hash = (hash ^ byte) * 0x0000'0100'0000'01b3;
  return hash;
}

void ExchangeHeader(Snapshot& snapshot, StateStream& s) {
  std::array<uint8_t, kMagic.size()> magic{};
  std::ranges::copy(kMagic, magic.begin());
  s.Field(magic);
  s.Require(std::ranges::equal(magic, kMagic));
  s.Field(snapshot.core.vlen_bits);
  s.AtMost(snapshot.core.vector, VectorUnit::kZve32f);
  s.Require(IsPossible(snapshot.core));
  s.Field(snapshot.has_sensor);
}

// Of the memories of `bus`; they stay in the file.
std::vector<MemoryImage::Page> ReadPages(const Bus& bus, StateStream& s) {
  std::vector<MemoryImage::Page> pages;
  uint32_t count = 0;
  s.Field(count);
  for (uint32_t i = 0; i < count && s.good(); ++i) {
    MemoryImage::Page page;
    s.Field(page.memory);
    s.Field(page.number);
    s.Require(page.memory < bus.memories().size());
    if (!s.good()) break;
    const uint64_t start = uint64_t{page.number} * MemoryImage::kPageBytes;
    const uint64_t size = bus.memories()[page.memory]->size_bytes;
    s.Require(start < size);
    if (!s.good()) break;
    page.bytes = s.Take(std::min<uint64_t>(MemoryImage::kPageBytes, size - start));
    pages.push_back(page);
  }
  return pages;
}

}  // namespace

std::vector<uint8_t> Snapshot::ToFile() const {
  std::vector<uint8_t> file;
  StateStream s(&file);
  Snapshot copy = *this;
  ExchangeHeader(copy, s);
  s.Sized(copy.state, kMaxState);
  const std::vector<MemoryImage::Page> pages = memory->Pages();
  auto count = static_cast<uint32_t>(pages.size());
  s.Field(count);
  for (MemoryImage::Page page : pages) {
    s.Field(page.memory);
    s.Field(page.number);
    s.Raw(const_cast<uint8_t*>(page.bytes.data()), page.bytes.size());
  }
  uint64_t checksum = Checksum(file);
  s.Field(checksum);
  return file;
}

std::expected<Snapshot, SnapshotError> Snapshot::FromFile(std::span<const uint8_t> bytes) {
  const auto refuse = [](std::string sentence, uint64_t offset) {
    return std::unexpected(SnapshotError{std::move(sentence), offset});
  };
  if (bytes.size() < kMagic.size() + kChecksumBytes ||
      !std::ranges::equal(bytes.first(kMagic.size()), kMagic)) {
    return refuse("the file is no snapshot of this simulator's format", 0);
  }
  const std::span<const uint8_t> content = bytes.first(bytes.size() - kChecksumBytes);
  StateStream end(bytes.last(kChecksumBytes));
  uint64_t checksum = 0;
  end.Field(checksum);
  if (checksum != Checksum(content)) {
    return refuse("the snapshot is damaged: its checksum does not fit", content.size());
  }
  StateStream s(content);
  Snapshot snapshot;
  ExchangeHeader(snapshot, s);
  if (!s.good()) return refuse("the snapshot is of a core that cannot be", s.position());
  MachineConfig config{.core = snapshot.core};
  if (snapshot.has_sensor) config.sensor.emplace();
  Machine scratch(config);
  s.Sized(snapshot.state, kMaxState);
  const std::vector<MemoryImage::Page> pages = ReadPages(scratch.bus(), s);
  if (!s.good() || !s.at_end()) return refuse("the snapshot's memory is malformed", s.position());
  snapshot.memory = MemoryImage::Of(scratch.bus(), pages);
  if (snapshot.memory == nullptr) return refuse("there is no memory for the snapshot", 0);
  if (!scratch.Restore(snapshot)) {
    return refuse("the snapshot's state is one that no machine can be in", kMagic.size());
  }
  return snapshot;
}

}  // namespace sim
