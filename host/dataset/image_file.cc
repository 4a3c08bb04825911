// SPDX-License-Identifier: Apache-2.0

#include "host/dataset/image_file.h"

// jpeglib.h needs FILE and size_t from before it.
#include <cstdio>
//
#include <jpeglib.h>
#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>
#include <system_error>

#include "fmt/format.h"

namespace host {
namespace {

constexpr int kMaxScans = 200;  // an honest progressive file has about ten

bool HasTooManyPixels(uint64_t width, uint64_t height, uint64_t limit) {
  return width == 0 || height == 0 || width > limit || height > limit / width;
}

// libjpeg reports by calling back and must not return from an error.
struct JpegErrors {
  jpeg_error_mgr manager;
  std::jmp_buf escape;
  char text[JMSG_LENGTH_MAX];
};

[[noreturn]] void LeaveJpeg(j_common_ptr codec) {
  auto* errors = reinterpret_cast<JpegErrors*>(codec->err);
  codec->err->format_message(codec, errors->text);
  std::longjmp(errors->escape, 1);
}

// Warnings are not printed, and a file that goes on with ever more scans is given up.
void WatchJpeg(j_common_ptr, int) {}

void LimitScans(j_common_ptr codec) {
  if (reinterpret_cast<j_decompress_ptr>(codec)->input_scan_number <= kMaxScans) return;
  auto* errors = reinterpret_cast<JpegErrors*>(codec->err);
  std::strcpy(errors->text, "too many scans");
  std::longjmp(errors->escape, 1);
}

// Nothing here that is between setjmp and longjmp has a destructor; `image` is the caller's.
bool DecodeJpegInto(std::span<const uint8_t> bytes, uint64_t max_pixels, RgbImage* image,
                    JpegErrors* errors) {
  jpeg_decompress_struct codec{};
  jpeg_progress_mgr progress{};
  codec.err = jpeg_std_error(&errors->manager);
  errors->manager.error_exit = LeaveJpeg;
  errors->manager.emit_message = WatchJpeg;
  if (setjmp(errors->escape) != 0) {
    jpeg_destroy_decompress(&codec);
    return false;
  }
  jpeg_create_decompress(&codec);
  progress.progress_monitor = LimitScans;
  codec.progress = &progress;
  jpeg_mem_src(&codec, bytes.data(), bytes.size());
  jpeg_read_header(&codec, TRUE);
  if (HasTooManyPixels(codec.image_width, codec.image_height, max_pixels)) {
    std::strcpy(errors->text, "too many pixels");
    std::longjmp(errors->escape, 1);
  }
  codec.out_color_space = JCS_RGB;
  jpeg_start_decompress(&codec);
  image->width = static_cast<int>(codec.output_width);
  image->height = static_cast<int>(codec.output_height);
  const size_t row_bytes = size_t{3} * codec.output_width;
  image->pixels.resize(row_bytes * codec.output_height);
  while (codec.output_scanline < codec.output_height) {
    JSAMPROW row = image->pixels.data() + row_bytes * codec.output_scanline;
    jpeg_read_scanlines(&codec, &row, 1);
  }
  jpeg_finish_decompress(&codec);
  jpeg_destroy_decompress(&codec);
  return true;
}

Result<RgbImage> DecodeJpeg(std::span<const uint8_t> bytes, const std::string& name,
                            uint64_t max_pixels) {
  RgbImage image;
  JpegErrors errors{};
  if (DecodeJpegInto(bytes, max_pixels, &image, &errors)) return image;
  return InputError(fmt::format("not a readable JPEG image: {}", errors.text), name);
}

Result<RgbImage> DecodePng(std::span<const uint8_t> bytes, const std::string& name,
                           uint64_t max_pixels) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  const auto fault = [&](const char* text) {
    png_image_free(&png);
    return InputError(fmt::format("not a readable PNG image: {}", text), name);
  };
  if (png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) == 0) {
    return fault(png.message);
  }
  if (HasTooManyPixels(png.width, png.height, max_pixels)) return fault("too many pixels");
  // With its transparency, or the library would blend with a background.
  png.format = PNG_FORMAT_RGBA;
  std::vector<uint8_t> rgba(PNG_IMAGE_SIZE(png));
  if (png_image_finish_read(&png, nullptr, rgba.data(), 0, nullptr) == 0) return fault(png.message);
  RgbImage image{static_cast<int>(png.width), static_cast<int>(png.height), {}};
  image.pixels.reserve(rgba.size() / 4 * 3);
  for (size_t i = 0; i < rgba.size(); ++i) {
    if (i % 4 != 3) image.pixels.push_back(rgba[i]);
  }
  return image;
}

// Little-endian fields of a bitmap's headers, by offset in the file.
struct BmpHeader {
  uint32_t pixels_at;    // 10
  uint32_t info_bytes;   // 14
  int32_t width;         // 18
  int32_t height;        // 22; negative: the first row is the top one
  uint16_t bits;         // 28
  uint32_t compression;  // 30
};

template <typename T>
T Load(std::span<const uint8_t> bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

constexpr size_t kBmpHeaderBytes = 54;
constexpr size_t kPaletteEntryBytes = 4;  // blue, green, red, nothing

// Where the colours of one row are: palette indices, or blue, green, red (and one byte more).
Result<RgbImage> DecodeBmp(std::span<const uint8_t> bytes, const std::string& name,
                           uint64_t max_pixels) {
  const auto fault = [&](const char* text) {
    return InputError(fmt::format("not a readable BMP image: {}", text), name);
  };
  if (bytes.size() < kBmpHeaderBytes) return fault("it ends in its header");
  const BmpHeader header{Load<uint32_t>(bytes, 10), Load<uint32_t>(bytes, 14),
                         Load<int32_t>(bytes, 18),  Load<int32_t>(bytes, 22),
                         Load<uint16_t>(bytes, 28), Load<uint32_t>(bytes, 30)};
  const auto width = static_cast<uint64_t>(std::max(header.width, 0));
  const auto height = static_cast<uint64_t>(std::abs(int64_t{header.height}));
  if (HasTooManyPixels(width, height, max_pixels)) return fault("no pixels, or too many");
  constexpr uint32_t kPlain = 0;
  constexpr uint32_t kMasks = 3;  // with the usual masks only, which 32 bits mean here
  if (header.compression != kPlain && !(header.compression == kMasks && header.bits == 32)) {
    return fault("it is compressed");
  }
  if (header.bits != 8 && header.bits != 24 && header.bits != 32) {
    return fault("not 8, 24 or 32 bits a pixel");
  }
  const uint64_t row_bytes = (width * header.bits + 31) / 32 * 4;
  if (header.pixels_at > bytes.size() || row_bytes * height > bytes.size() - header.pixels_at) {
    return fault("it ends in its pixels");
  }
  const uint64_t palette_at = uint64_t{14} + header.info_bytes;
  if (header.bits == 8 &&
      (palette_at > header.pixels_at || header.pixels_at - palette_at < kPaletteEntryBytes)) {
    return fault("its palette lies outside");
  }
  const uint64_t colours =
      header.bits == 8 ? (header.pixels_at - palette_at) / kPaletteEntryBytes : 0;
  const size_t pixel_bytes = header.bits / 8;
  RgbImage image{static_cast<int>(width), static_cast<int>(height), {}};
  image.pixels.reserve(3 * width * height);
  for (uint64_t y = 0; y < height; ++y) {
    const uint64_t row = header.height < 0 ? y : height - 1 - y;
    for (uint64_t x = 0; x < width; ++x) {
      const uint8_t* pixel = bytes.data() + header.pixels_at + row * row_bytes + x * pixel_bytes;
      if (header.bits == 8) {
        const uint64_t colour = std::min<uint64_t>(*pixel, colours - 1);
        pixel = bytes.data() + palette_at + colour * kPaletteEntryBytes;
      }
      image.pixels.insert(image.pixels.end(), {pixel[2], pixel[1], pixel[0]});
    }
  }
  return image;
}

struct ImageFormat {
  std::string_view magic;
  Result<RgbImage> (*decode)(std::span<const uint8_t>, const std::string&, uint64_t);
};

constexpr ImageFormat kFormats[] = {
    {"\xff\xd8\xff", DecodeJpeg},
    {"\x89PNG", DecodePng},
    {"BM", DecodeBmp},
};

}  // namespace

Result<RgbImage> DecodeImage(std::span<const uint8_t> bytes, const std::string& name,
                             uint64_t max_pixels) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const ImageFormat& format : kFormats) {
    if (text.starts_with(format.magic)) return format.decode(bytes, name, max_pixels);
  }
  return InputError("neither a JPEG, a PNG nor a BMP image", name);
}

Result<RgbImage> ReadImage(const std::filesystem::path& path) {
  std::error_code failure;
  const auto size = std::filesystem::file_size(path, failure);
  if (failure) return InputError("the image cannot be opened", path.string());
  if (size > kMaxImageFileBytes) {
    return InputError(fmt::format("larger than {} bytes", kMaxImageFileBytes), path.string());
  }
  std::vector<uint8_t> bytes(size);
  std::ifstream stream(path, std::ios::binary);
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (stream.gcount() != static_cast<std::streamsize>(size)) {
    return InputError("the image cannot be read", path.string());
  }
  return DecodeImage(bytes, path.string());
}

}  // namespace host
