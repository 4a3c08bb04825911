// SPDX-License-Identifier: Apache-2.0

// Where a model's inputs come from when not from the host: firmware/sensor implements it.
#ifndef FIRMWARE_APP_INPUT_SOURCE_H_
#define FIRMWARE_APP_INPUT_SOURCE_H_

#include <cstdint>

#include "base/byte_reader.h"
#include "base/status.h"

namespace firmware {

class InputSource {
 public:
  // False of a stand-in where there is none: the host sends the inputs.
  [[nodiscard]] virtual bool present() const = 0;

  // Whether this source can fill inputs of that size.
  [[nodiscard]] virtual bool Fits(uint32_t size_bytes) const = 0;

  // A model with inputs of that size, which fits, goes into service: what was collected is dropped.
  virtual void Begin(uint32_t size_bytes) = 0;

  // True if `inputs` (of the size given to Begin) was filled with something new. If `wait`, it goes
  // on until then; otherwise it takes what is due by now and returns. After a failure it may be
  // called again.
  [[nodiscard]] virtual base::Result<bool> Take(base::MutableBytes inputs, bool wait) = 0;

 protected:
  ~InputSource() = default;
};

}  // namespace firmware

#endif  // FIRMWARE_APP_INPUT_SOURCE_H_
