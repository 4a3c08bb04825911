// SPDX-License-Identifier: Apache-2.0

#include "host/model/flatbuffer.h"

#include <limits>

#include "fmt/format.h"

namespace host {
namespace {

std::unexpected<Error> Fault(uint64_t offset, std::string sentence) {
  return InputError(std::move(sentence), fmt::format("@{:#x}", offset));
}

bool Fits(std::span<const uint8_t> bytes, uint64_t offset, uint64_t size) {
  return offset <= bytes.size() && size <= bytes.size() - offset;
}

template <typename T>
T Load(std::span<const uint8_t> bytes, uint64_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

}  // namespace

Result<FlatTable> FlatTable::Root(std::span<const uint8_t> bytes, std::string_view identifier) {
  if (bytes.size() > std::numeric_limits<int32_t>::max()) {
    return Fault(0, "larger than a FlatBuffer can be (2 GiB)");
  }
  if (!Fits(bytes, 0, 8)) return Fault(0, "too short for a FlatBuffer");
  if (std::memcmp(bytes.data() + 4, identifier.data(), 4) != 0) {
    return Fault(4, fmt::format("the file identifier is not {}", identifier));
  }
  return At(bytes, Load<uint32_t>(bytes, 0));
}

Result<FlatTable> FlatTable::At(std::span<const uint8_t> bytes, uint32_t offset) {
  if (!Fits(bytes, offset, 4)) return Fault(offset, "a table lies outside of the file");
  const int64_t vtable = int64_t{offset} - Load<int32_t>(bytes, offset);
  if (vtable < 0 || !Fits(bytes, static_cast<uint64_t>(vtable), 4)) {
    return Fault(offset, "a table's field list lies outside of the file");
  }
  FlatTable table;
  table.bytes_ = bytes;
  table.offset_ = offset;
  table.vtable_ = static_cast<uint32_t>(vtable);
  table.vtable_bytes_ = Load<uint16_t>(bytes, table.vtable_);
  table.table_bytes_ = Load<uint16_t>(bytes, table.vtable_ + uint64_t{2});
  if (table.vtable_bytes_ < 4 || table.vtable_bytes_ % 2 != 0 ||
      !Fits(bytes, table.vtable_, table.vtable_bytes_)) {
    return Fault(table.vtable_, "a field list has an impossible size");
  }
  if (table.table_bytes_ < 4 || !Fits(bytes, offset, table.table_bytes_)) {
    return Fault(offset, "a table has an impossible size");
  }
  return table;
}

std::unexpected<Error> FlatTable::TooMany(const Extent& extent, size_t limit) {
  return Fault(extent.offset,
               fmt::format("a list of {} elements, more than {}", extent.count, limit));
}

Result<uint32_t> FlatTable::FieldOffset(uint32_t field, size_t size) const {
  const uint32_t slot = 4 + 2 * field;
  if (slot + 2 > vtable_bytes_) return 0;
  const auto relative = Load<uint16_t>(bytes_, uint64_t{vtable_} + slot);
  if (relative == 0) return 0;
  if (relative < 4 || relative > table_bytes_ || size > size_t{table_bytes_} - relative) {
    return Fault(uint64_t{vtable_} + slot, fmt::format("field {} lies outside its table", field));
  }
  return offset_ + relative;
}

Result<uint32_t> FlatTable::Target(uint32_t at) const {
  const uint64_t target = uint64_t{at} + Load<uint32_t>(bytes_, at);
  if (!Fits(bytes_, target, 4)) return Fault(at, "an offset points outside of the file");
  return static_cast<uint32_t>(target);
}

Result<FlatTable::Extent> FlatTable::Vector(uint32_t field, size_t element_size) const {
  const uint32_t at = TRY(FieldOffset(field, 4));
  if (at == 0) return Extent{};
  const uint32_t target = TRY(Target(at));
  const auto count = Load<uint32_t>(bytes_, target);
  if (!Fits(bytes_, uint64_t{target} + 4, uint64_t{count} * element_size)) {
    return Fault(target, fmt::format("a list of {} elements ends outside of the file", count));
  }
  return Extent{target + 4, count};
}

Result<std::string_view> FlatTable::Text(uint32_t field) const {
  const Extent extent = TRY(Vector(field, 1));
  if (extent.count == 0) return std::string_view();
  return std::string_view(reinterpret_cast<const char*>(bytes_.data()) + extent.offset,
                          extent.count);
}

Result<std::span<const uint8_t>> FlatTable::Bytes(uint32_t field) const {
  const Extent extent = TRY(Vector(field, 1));
  return bytes_.subspan(extent.offset, extent.count);
}

Result<std::optional<FlatTable>> FlatTable::Table(uint32_t field) const {
  const uint32_t at = TRY(FieldOffset(field, 4));
  if (at == 0) return std::optional<FlatTable>();
  const uint32_t target = TRY(Target(at));
  return TRY(At(bytes_, target));
}

Result<std::vector<FlatTable>> FlatTable::Tables(uint32_t field, size_t limit) const {
  const Extent extent = TRY(Vector(field, 4));
  if (extent.count > limit) return TooMany(extent, limit);
  std::vector<FlatTable> tables;
  for (uint32_t i = 0; i < extent.count; ++i) {
    const uint32_t target = TRY(Target(extent.offset + 4 * i));
    tables.push_back(TRY(At(bytes_, target)));
  }
  return tables;
}

}  // namespace host
