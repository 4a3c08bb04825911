// SPDX-License-Identifier: Apache-2.0

#include "host/input/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/try.h"
#include "host/input/read_file.h"

namespace host {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr size_t kMaxHeaderBytes = 64 << 10;

struct Header {
  std::string descr;
  bool fortran_order = false;
  std::vector<uint32_t> shape;
};

// The header is a Python dictionary literal with three known keys; this reads just that.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  std::optional<Header> Parse() {
    Header header;
    unsigned seen = 0;
    if (!Take('{')) return std::nullopt;
    while (!Take('}')) {
      const auto key = Text();
      if (!key || !Take(':')) return std::nullopt;
      unsigned bit = 0;
      if (*key == "descr") {
        const auto descr = Text();
        if (!descr) return std::nullopt;
        header.descr = *descr;
        bit = 1;
      } else if (*key == "fortran_order") {
        const auto flag = Flag();
        if (!flag) return std::nullopt;
        header.fortran_order = *flag;
        bit = 2;
      } else if (*key == "shape") {
        if (!Shape(&header.shape)) return std::nullopt;
        bit = 4;
      }
      if (bit == 0 || (seen & bit) != 0) return std::nullopt;
      seen |= bit;
      if (!Take(',')) {
        if (!Take('}')) return std::nullopt;
        break;
      }
    }
    SkipSpace();
    constexpr unsigned kAllKeys = 7;
    if (seen != kAllKeys || offset_ != text_.size()) return std::nullopt;
    return header;
  }

 private:
  void SkipSpace() {
    offset_ = std::min(text_.find_first_not_of(" \t\r\n", offset_), text_.size());
  }
  bool Take(char c) {
    SkipSpace();
    if (offset_ == text_.size() || text_[offset_] != c) return false;
    ++offset_;
    return true;
  }
  std::optional<std::string_view> Text() {
    for (const char quote : {'\'', '"'}) {
      if (!Take(quote)) continue;
      const size_t end = text_.find(quote, offset_);
      if (end == std::string_view::npos) return std::nullopt;
      const std::string_view text = text_.substr(offset_, end - offset_);
      offset_ = end + 1;
      return text;
    }
    return std::nullopt;
  }
  std::optional<bool> Flag() {
    SkipSpace();
    for (const auto& [word, value] :
         {std::pair{std::string_view("True"), true}, std::pair{std::string_view("False"), false}}) {
      if (!text_.substr(offset_).starts_with(word)) continue;
      offset_ += word.size();
      return value;
    }
    return std::nullopt;
  }
  bool Shape(std::vector<uint32_t>* shape) {
    if (!Take('(')) return false;
    while (!Take(')')) {
      SkipSpace();
      uint32_t extent = 0;
      const char* end = text_.data() + text_.size();
      const auto [rest, error] = std::from_chars(text_.data() + offset_, end, extent);
      if (error != std::errc() || shape->size() == wire::kMaxRank) return false;
      offset_ = static_cast<size_t>(rest - text_.data());
      shape->push_back(extent);
      if (!Take(',')) return Take(')');
    }
    return true;
  }

  std::string_view text_;
  size_t offset_ = 0;
};

struct Parts {
  std::string_view header;
  base::Bytes data;
};

std::optional<Parts> Split(base::Bytes file) {
  base::ByteReader reader(file);
  const auto magic = reader.ReadBytes(kMagic.size());
  const auto major = reader.Read<uint8_t>();
  const auto minor = reader.Read<uint8_t>();
  if (!magic || !minor ||
      !std::ranges::equal(*magic, kMagic, {}, {}, [](char c) { return static_cast<uint8_t>(c); })) {
    return std::nullopt;
  }
  constexpr uint8_t kLastVersion = 3;
  if (*major < 1 || *major > kLastVersion) return std::nullopt;
  // Version 1 has a 16-bit length, the later ones 32 bits.
  size_t length = 0;
  if (*major == 1) {
    const auto field = reader.Read<uint16_t>();
    if (!field) return std::nullopt;
    length = *field;
  } else {
    const auto field = reader.Read<uint32_t>();
    if (!field || *field > kMaxHeaderBytes) return std::nullopt;
    length = *field;
  }
  const auto header = reader.ReadBytes(length);
  if (!header) return std::nullopt;
  return Parts{{reinterpret_cast<const char*>(header->data()), header->size()},
               file.subspan(reader.offset())};
}

}  // namespace

Result<Tensor> ParseNpy(base::Bytes file, const std::string& name) {
  const std::optional<Parts> parts = Split(file);
  if (!parts) return InputError("is not an .npy file, or is cut off", name);
  const std::optional<Header> header = HeaderParser(parts->header).Parse();
  if (!header) return InputError("the .npy header is damaged or has more than 8 dimensions", name);
  const ElementTypeRow* row = FindElementType(header->descr);
  if (row == nullptr || row->descr != header->descr) {
    return InputError(fmt::format("elements of type '{:.16}' cannot be sent to the device; convert "
                                  "with astype() to a little-endian type",
                                  header->descr),
                      name);
  }
  if (header->fortran_order && header->shape.size() > 1) {
    return InputError("is in Fortran order; save numpy.ascontiguousarray(a)", name);
  }
  // No factor can overflow: the product stops as soon as it exceeds the file.
  const bool empty = std::ranges::find(header->shape, 0u) != header->shape.end();
  uint64_t size_bytes = empty ? 0 : row->type.bytes();
  for (const uint32_t extent : header->shape) {
    if (size_bytes > parts->data.size()) break;
    size_bytes *= extent;
  }
  if (size_bytes != parts->data.size()) {
    return InputError(fmt::format("holds {} bytes of data where its shape ({}) and type need {}",
                                  parts->data.size(), fmt::join(header->shape, ","),
                                  size_bytes > parts->data.size() ? "more" : "fewer"),
                      name);
  }
  return Tensor{row->type, header->shape, {parts->data.begin(), parts->data.end()}};
}

Result<Tensor> ReadNpy(const std::filesystem::path& path) {
  const std::vector<uint8_t> file = TRY(ReadFile(path, kMaxNpyBytes, "the array"));
  return ParseNpy(file, path.string());
}

std::string FormatNpy(const Tensor& tensor) {
  const ElementTypeRow* row = FindElementType(tensor.type);
  std::string shape;
  for (const uint32_t dim : tensor.dims) shape += fmt::format("{},", dim);
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
                                   row == nullptr ? "|u1" : row->descr, shape);
  // The data starts at a multiple of 64 bytes, and the header ends with a newline.
  constexpr size_t kAlignment = 64;
  constexpr size_t kPrefixBytes = 10;
  const size_t total =
      (kPrefixBytes + header.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  header.append(total - kPrefixBytes - header.size() - 1, ' ').push_back('\n');
  std::string file(kMagic);
  file +=
      {'\1', '\0', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  file += header;
  file.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  return file;
}

}  // namespace host
