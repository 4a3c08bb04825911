// SPDX-License-Identifier: Apache-2.0

// One walk over a part's state that both saves and loads it: the part's Exchange() names each field
// once. Loading takes foreign bytes: a value that cannot be refuses the whole stream, after which
// fields get zeros and good() is false. Little endian, no padding.
#ifndef SIM_HART_STATE_STREAM_H_
#define SIM_HART_STATE_STREAM_H_

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace sim {

class StateStream {
 public:
  // Saves into *out, which outlives the stream.
  explicit StateStream(std::vector<uint8_t>* out) : out_(out) {}
  // Loads from bytes that outlive the stream.
  explicit StateStream(std::span<const uint8_t> in) : in_(in) {}

  [[nodiscard]] bool loading() const { return out_ == nullptr; }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] size_t position() const { return position_; }  // loading: bytes taken
  [[nodiscard]] bool at_end() const { return position_ == in_.size(); }
  // What was loaded makes no sense.
  void Refuse() { good_ = false; }
  void Require(bool holds) { good_ = good_ && holds; }

  void Raw(void* bytes, size_t size) {
    if (!loading()) {
      const auto* begin = static_cast<const uint8_t*>(bytes);
      out_->insert(out_->end(), begin, begin + size);
      return;
    }
    const std::span<const uint8_t> taken = Take(size);
    if (good_) {
      std::memcpy(bytes, taken.data(), size);
    } else {
      std::memset(bytes, 0, size);
    }
  }

  // Loading: the next bytes where they lie; none if there are fewer.
  [[nodiscard]] std::span<const uint8_t> Take(size_t size) {
    Require(size <= in_.size() - position_);
    if (!good_) return {};
    position_ += size;
    return in_.subspan(position_ - size, size);
  }

  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  void Field(T& value) {
    uint8_t bytes[sizeof(T)];
    for (size_t i = 0; i < sizeof(T); ++i) bytes[i] = static_cast<uint8_t>(value >> 8 * i);
    Raw(bytes, sizeof(T));
    value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
      value = static_cast<T>(value | static_cast<T>(T{bytes[i]} << 8 * i));
    }
  }
  void Field(bool& value) {
    uint8_t byte = value ? 1 : 0;
    Field(byte);
    Require(byte <= 1);
    value = byte == 1;
  }
  void Field(int16_t& value) {
    auto bits = static_cast<uint16_t>(value);
    Field(bits);
    value = static_cast<int16_t>(bits);
  }
  // As above, and at most `last`.
  template <typename T>
  void AtMost(T& value, std::type_identity_t<T> last) {
    if constexpr (std::is_enum_v<T>) {
      auto number = static_cast<std::underlying_type_t<T>>(value);
      AtMost(number, static_cast<std::underlying_type_t<T>>(last));
      value = static_cast<T>(number);
    } else {
      Field(value);
      if (loading() && value > last) {
        Refuse();
        value = 0;
      }
    }
  }
  template <typename T, size_t kSize>
  void Field(std::array<T, kSize>& values) {
    for (T& value : values) Field(value);
  }
  // Bytes with their number in front, at most `limit`.
  template <typename Bytes>  // std::vector<uint8_t> or std::string
  void Sized(Bytes& bytes, size_t limit) {
    auto size = static_cast<uint32_t>(bytes.size());
    Field(size);
    if (loading()) {
      Require(size <= limit && size <= in_.size() - position_);
      bytes.resize(good_ ? size : 0);
    }
    if (!bytes.empty()) Raw(bytes.data(), bytes.size());
  }

 private:
  std::vector<uint8_t>* out_ = nullptr;
  std::span<const uint8_t> in_;
  size_t position_ = 0;
  bool good_ = true;
};

}  // namespace sim

#endif  // SIM_HART_STATE_STREAM_H_
