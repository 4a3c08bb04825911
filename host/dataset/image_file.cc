#include "host/dataset/image_file.h"

// jpeglib.h needs FILE and size_t from before it.
#include <cstdio>
//
#include <jpeglib.h>
#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <fstream>
#include <system_error>

#include "fmt/format.h"

namespace host {
namespace {

constexpr int kMaxScans = 200;  // an honest progressive file has about ten

bool HasTooManyPixels(uint64_t width, uint64_t height) {
  return width == 0 || height == 0 || width > kMaxImagePixels || height > kMaxImagePixels / width;
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
bool DecodeJpegInto(std::span<const uint8_t> bytes, RgbImage* image, JpegErrors* errors) {
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
  if (HasTooManyPixels(codec.image_width, codec.image_height)) {
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

Result<RgbImage> DecodeJpeg(std::span<const uint8_t> bytes, const std::string& name) {
  RgbImage image;
  JpegErrors errors{};
  if (DecodeJpegInto(bytes, &image, &errors)) return image;
  return InputError(fmt::format("not a readable JPEG image: {}", errors.text), name);
}

Result<RgbImage> DecodePng(std::span<const uint8_t> bytes, const std::string& name) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  const auto fault = [&](const char* text) {
    png_image_free(&png);
    return InputError(fmt::format("not a readable PNG image: {}", text), name);
  };
  if (png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) == 0) {
    return fault(png.message);
  }
  if (HasTooManyPixels(png.width, png.height)) return fault("too many pixels");
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

}  // namespace

Result<RgbImage> DecodeImage(std::span<const uint8_t> bytes, const std::string& name) {
  constexpr uint8_t kJpegMagic[] = {0xff, 0xd8, 0xff};
  constexpr uint8_t kPngMagic[] = {0x89, 'P', 'N', 'G'};
  const auto begins_with = [&](std::span<const uint8_t> magic) {
    return bytes.size() >= magic.size() && std::ranges::equal(bytes.first(magic.size()), magic);
  };
  if (begins_with(kJpegMagic)) return DecodeJpeg(bytes, name);
  if (begins_with(kPngMagic)) return DecodePng(bytes, name);
  return InputError("neither a JPEG nor a PNG image", name);
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
