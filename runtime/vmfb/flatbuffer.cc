// SPDX-License-Identifier: Apache-2.0

#include "runtime/vmfb/flatbuffer.h"

namespace runtime::flatbuffer {
namespace {

constexpr uint32_t kVtableHeaderSize = 4;  // u16 vtable bytes, u16 table bytes
constexpr uint32_t kOffsetSize = 4;

}  // namespace

// A module has thousands of fields: in line in what finds them, and only there.
template <typename Unsigned>
[[gnu::always_inline]] inline uint32_t Reader::Read(uint32_t position) {
  if (position > size_ || sizeof(Unsigned) > size_ - position) {
    ok_ = false;
    return 0;
  }
  return base::LoadLe<Unsigned>(data_ + position);
}

uint32_t Reader::U32(uint32_t position) { return Read<uint32_t>(position); }
uint32_t Reader::U16(uint32_t position) { return Read<uint16_t>(position); }

uint32_t Reader::Follow(uint32_t position) {
  const uint32_t offset = Read<uint32_t>(position);
  // A buffer ends before 2 GB: the sum does not wrap.
  if (offset == 0 || offset >= size_) {
    ok_ = false;
    return 0;
  }
  return position + offset;
}

uint32_t Reader::FieldCount(uint32_t table) {
  // The offset to the vtable is signed; where it leads is checked like any position.
  const uint32_t size = U16(table - U32(table));
  return size < kVtableHeaderSize ? 0 : (size - kVtableHeaderSize) / 2;
}

uint32_t Reader::Field(uint32_t table, uint32_t field) {
  const uint32_t vtable = table - Read<uint32_t>(table);
  const uint32_t entry = kVtableHeaderSize + 2 * field;
  if (entry + 2 > Read<uint16_t>(vtable)) return 0;
  const uint32_t offset = Read<uint16_t>(vtable + entry);
  return offset == 0 ? 0 : table + offset;
}

uint32_t Reader::Scalar(uint32_t table, uint32_t field, uint32_t default_value) {
  const uint32_t position = Field(table, field);
  return position == 0 ? default_value : U32(position);
}

Vector Reader::VectorOf(uint32_t table, uint32_t field, uint32_t element_size) {
  const uint32_t position = Field(table, field);
  if (position == 0) return {};
  const uint32_t start = Follow(position);
  const uint32_t count = Read<uint32_t>(start);
  const uint32_t first = start + kOffsetSize;
  if (!ok_ || count > (size_ - first) / element_size) {
    ok_ = false;
    return {};
  }
  return {first, count};
}

std::string_view Reader::String(uint32_t table, uint32_t field) {
  const base::Bytes bytes = BytesOf(VectorOf(table, field, 1));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

uint32_t Reader::SubTable(uint32_t table, uint32_t field) {
  const uint32_t position = Field(table, field);
  if (position == 0) ok_ = false;
  return Follow(position);
}

uint32_t Reader::TableAt(Vector tables, uint32_t index) {
  if (index >= tables.count) {
    ok_ = false;
    return 0;
  }
  return Follow(tables.first + index * kOffsetSize);
}

}  // namespace runtime::flatbuffer
