// SPDX-License-Identifier: Apache-2.0

// A hostile snapshot: refused, or a machine that runs without harm. An input is a whole file, or,
// if it begins with a zero byte, changes to a good one: groups of five bytes, three for a place and
// two for what is written there; so the fuzzer gets behind the header. The checksum is repaired.
#include "sim/machine/snapshot.h"

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "counting_machine.h"
#include "sim/machine/machine.h"

namespace {

constexpr size_t kChecksumBytes = 8;

// Of a machine that has run a little.
std::vector<uint8_t> GoodFile() {
  sim::Machine machine = CountingMachine();
  (void)machine.Run({.max_instructions = 1000});
  const auto snapshot = machine.Save();
  if (!snapshot) std::abort();
  return snapshot->ToFile();
}

std::vector<uint8_t> FileOf(const uint8_t* data, size_t size) {
  static const std::vector<uint8_t> good = GoodFile();
  std::vector<uint8_t> file(data, data + size);
  if (size != 0 && data[0] == 0) {
    file.assign(good.begin(), good.end() - kChecksumBytes);
    for (size_t i = 1; i + 5 <= size; i += 5) {
      const size_t place = (data[i] | data[i + 1] << 8 | data[i + 2] << 16) % (file.size() - 1);
      file[place] = data[i + 3];
      file[place + 1] = data[i + 4];
    }
  }
  uint64_t hash = 0xcbf2'9ce4'8422'2325;
  for (const uint8_t byte : file) hash = (hash ^ byte) * 0x0000'0100'0000'01b3;
  for (size_t i = 0; i < kChecksumBytes; ++i) file.push_back(static_cast<uint8_t>(hash >> 8 * i));
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto snapshot = sim::Snapshot::FromFile(FileOf(data, size));
  if (!snapshot) return 0;
  sim::MachineConfig config{.core = snapshot->core};
  if (snapshot->has_sensor) config.sensor.emplace();
  sim::Machine machine(config);
  if (!machine.Restore(*snapshot)) return 0;
  (void)machine.Run({.max_instructions = 2000, .idle_patience_us = 20});
  (void)machine.TakeProfile();
  (void)machine.TakeCodeProfile();
  // Saving costs a pass over all memory: once in a while is enough.
  if (size % 64 == 1) (void)machine.Save();
  return 0;
}
