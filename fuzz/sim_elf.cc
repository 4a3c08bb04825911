// Any bytes as an ELF: loaded or refused, never more.
#include <cstdint>

#include "sim/machine/machine.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static sim::Machine machine{sim::MachineConfig{}};  // a fresh one costs 18 MB a run
  (void)machine.LoadElf({data, size});
  return 0;
}
