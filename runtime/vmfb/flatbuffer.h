// A flatbuffer read in place, each offset checked when it is followed: no schema, no verification
// pass, no memory. Views stay valid as long as the bytes. Failure: kVmfbMalformed. Absent optional
// fields give the default, an empty string or an empty vector.
#ifndef RUNTIME_VMFB_FLATBUFFER_H_
#define RUNTIME_VMFB_FLATBUFFER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/byte_reader.h"
#include "base/status.h"

namespace runtime::flatbuffer {

class Vector;

class Table {
 public:
  Table() = default;

  // The root table of a buffer.
  [[nodiscard]] static base::Result<Table> Root(base::Bytes buffer);
  // The table whose offset field lies at `position`.
  [[nodiscard]] static base::Result<Table> At(base::Bytes buffer, uint32_t position);

  [[nodiscard]] uint32_t field_count() const { return field_count_; }
  [[nodiscard]] bool Has(uint32_t field) const { return FieldPosition(field) != 0; }
  template <typename T>
  [[nodiscard]] base::Result<T> Scalar(uint32_t field, T default_value) const {
    const uint32_t position = FieldPosition(field);
    if (position == 0) return default_value;
    const auto value = base::ReadAt<T>(buffer_, position);
    if (!value) return std::unexpected(base::Status::kVmfbMalformed);
    return *value;
  }
  [[nodiscard]] base::Result<std::string_view> String(uint32_t field) const;
  // `element_size` in bytes; the whole vector is checked to lie inside the buffer.
  [[nodiscard]] base::Result<Vector> VectorOf(uint32_t field, uint32_t element_size) const;
  [[nodiscard]] base::Result<Table> SubTable(uint32_t field) const;

 private:
  // 0 if absent.
  [[nodiscard]] uint32_t FieldPosition(uint32_t field) const;

  base::Bytes buffer_;
  uint32_t position_ = 0;
  uint32_t vtable_ = 0;
  uint32_t field_count_ = 0;
};

class Vector {
 public:
  Vector() = default;
  Vector(base::Bytes buffer, uint32_t first, uint32_t count, uint32_t element_size)
      : buffer_(buffer), first_(first), count_(count), element_size_(element_size) {}

  [[nodiscard]] uint32_t size() const { return count_; }
  // Element `index` < size() of a vector of scalars or structs.
  [[nodiscard]] const uint8_t* Element(uint32_t index) const {
    return buffer_.data() + first_ + index * element_size_;
  }
  [[nodiscard]] base::Bytes bytes() const {
    return buffer_.subspan(first_, count_ * element_size_);
  }
  // Element of a vector of tables. kOutOfBounds if there is no such element.
  [[nodiscard]] base::Result<Table> TableAt(uint32_t index) const;

 private:
  base::Bytes buffer_;
  uint32_t first_ = 0;
  uint32_t count_ = 0;
  uint32_t element_size_ = 1;
};

}  // namespace runtime::flatbuffer

#endif  // RUNTIME_VMFB_FLATBUFFER_H_
