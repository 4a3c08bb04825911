#include "runtime/vmfb/flatbuffer.h"

#include "base/try.h"

namespace runtime::flatbuffer {
namespace {

using base::Status;

constexpr uint32_t kVtableHeaderSize = 4;  // u16 vtable bytes, u16 table bytes
constexpr uint32_t kOffsetSize = 4;

// Position that the relative offset at `position` points to.
base::Result<uint32_t> Follow(base::Bytes buffer, uint32_t position) {
  const auto offset = base::ReadAt<uint32_t>(buffer, position);
  if (!offset || *offset == 0 || *offset > buffer.size() - position) {
    return std::unexpected(Status::kVmfbMalformed);
  }
  return position + *offset;
}

}  // namespace

base::Result<Table> Table::Root(base::Bytes buffer) { return At(buffer, 0); }

base::Result<Table> Table::At(base::Bytes buffer, uint32_t offset_position) {
  Table table;
  table.buffer_ = buffer;
  table.position_ = TRY(Follow(buffer, offset_position));
  const auto to_vtable = base::ReadAt<int32_t>(buffer, table.position_);
  if (!to_vtable) return std::unexpected(Status::kVmfbMalformed);
  const int64_t vtable = static_cast<int64_t>(table.position_) - *to_vtable;
  if (vtable < 0 ||
      !base::InBounds(buffer.size(), static_cast<uint64_t>(vtable), kVtableHeaderSize)) {
    return std::unexpected(Status::kVmfbMalformed);
  }
  table.vtable_ = static_cast<uint32_t>(vtable);
  const auto vtable_size = base::LoadLe<uint16_t>(buffer.data() + vtable);
  if (vtable_size < kVtableHeaderSize ||
      !base::InBounds(buffer.size(), table.vtable_, vtable_size)) {
    return std::unexpected(Status::kVmfbMalformed);
  }
  table.field_count_ = (vtable_size - kVtableHeaderSize) / sizeof(uint16_t);
  return table;
}

uint32_t Table::FieldPosition(uint32_t field) const {
  if (field >= field_count_) return 0;
  const auto offset =
      base::LoadLe<uint16_t>(buffer_.data() + vtable_ + kVtableHeaderSize + 2 * field);
  return offset == 0 ? 0 : position_ + offset;
}

base::Result<Vector> Table::VectorOf(uint32_t field, uint32_t element_size) const {
  const uint32_t position = FieldPosition(field);
  if (position == 0) return Vector(buffer_, 0, 0, element_size);
  const uint32_t start = TRY(Follow(buffer_, position));
  const auto count = base::ReadAt<uint32_t>(buffer_, start);
  if (!count || !base::InBounds(buffer_.size(), uint64_t{start} + kOffsetSize,
                                uint64_t{*count} * element_size)) {
    return std::unexpected(Status::kVmfbMalformed);
  }
  return Vector(buffer_, start + kOffsetSize, *count, element_size);
}

base::Result<std::string_view> Table::String(uint32_t field) const {
  const base::Bytes bytes = TRY(VectorOf(field, 1)).bytes();
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

base::Result<Table> Table::SubTable(uint32_t field) const {
  const uint32_t position = FieldPosition(field);
  if (position == 0) return std::unexpected(Status::kVmfbMalformed);
  return At(buffer_, position);
}

base::Result<Table> Vector::TableAt(uint32_t index) const {
  if (index >= count_ || element_size_ != kOffsetSize) return std::unexpected(Status::kOutOfBounds);
  return Table::At(buffer_, first_ + index * kOffsetSize);
}

}  // namespace runtime::flatbuffer
