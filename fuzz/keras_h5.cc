// Whole Keras HDF5 files. The HDF5 library runs in a child process (host/model/keras_file.h), so a
// fault of it must come back as an Error; slow, because each run forks.
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "host/model/keras_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("keras_h5_fuzz." + std::to_string(getpid()));
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  const auto file = host::ReadKerasFile(path, std::chrono::seconds(5));
  if (!file && file.error().kind != host::ErrorKind::kInput) std::abort();
  std::filesystem::remove(path);
  return 0;
}
