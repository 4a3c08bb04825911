// SPDX-License-Identifier: Apache-2.0

// A flatbuffer read in place, each offset checked when it is followed: no schema, no verification
// pass, no memory. Positions count from the start of the buffer; 0 stands for what is absent.
// Failure: anything that points outside makes the reader not ok() for good and reads as 0, so that
// callers look once, at the end. Views stay valid as long as the bytes.
#ifndef RUNTIME_VMFB_FLATBUFFER_H_
#define RUNTIME_VMFB_FLATBUFFER_H_

#include <cstdint>
#include <string_view>

#include "base/byte_reader.h"

namespace runtime::flatbuffer {

// Elements [first, first + count * element size), all inside the buffer.
struct Vector {
  uint32_t first = 0;
  uint32_t count = 0;
};

class Reader {
 public:
  explicit Reader(base::Bytes buffer)
      : data_(buffer.data()), size_(static_cast<uint32_t>(buffer.size())) {}

  [[nodiscard]] bool ok() const { return ok_; }
  void Fail() { ok_ = false; }

  [[nodiscard]] uint32_t U32(uint32_t position);
  [[nodiscard]] uint32_t U16(uint32_t position);

  // Where the relative offset at `position` leads.
  [[nodiscard]] uint32_t Follow(uint32_t position);
  // Of a table: number of fields it may have, and where one of them lies.
  [[nodiscard]] uint32_t FieldCount(uint32_t table);
  [[nodiscard]] uint32_t Field(uint32_t table, uint32_t field);

  // Values of fields; an absent one gives the default, an empty string or an empty vector.
  [[nodiscard]] uint32_t Scalar(uint32_t table, uint32_t field, uint32_t default_value);
  [[nodiscard]] std::string_view String(uint32_t table, uint32_t field);
  [[nodiscard]] Vector VectorOf(uint32_t table, uint32_t field, uint32_t element_size);
  // A table that must be there.
  [[nodiscard]] uint32_t SubTable(uint32_t table, uint32_t field);
  // Element of a vector of tables.
  [[nodiscard]] uint32_t TableAt(Vector tables, uint32_t index);

  [[nodiscard]] base::Bytes BytesOf(Vector bytes) const {
    return {data_ + bytes.first, bytes.count};
  }

 private:
  template <typename Unsigned>
  uint32_t Read(uint32_t position);

  const uint8_t* data_;
  uint32_t size_;
  bool ok_ = true;
};

}  // namespace runtime::flatbuffer

#endif  // RUNTIME_VMFB_FLATBUFFER_H_
