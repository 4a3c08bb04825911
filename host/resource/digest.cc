// SPDX-License-Identifier: Apache-2.0

#include "host/resource/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <memory>

namespace host {

Result<std::string> FileDigest(const std::filesystem::path& path, DigestKind kind) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  const EVP_MD* method = kind == DigestKind::kMd5 ? EVP_md5() : EVP_sha256();
  if (!context || EVP_DigestInit_ex(context.get(), method, nullptr) != 1) {
    return RunError("the checksum cannot be computed", path.string());
  }
  std::ifstream file(path, std::ios::binary);
  std::array<char, 64 << 10> chunk;
  while (file) {
    file.read(chunk.data(), chunk.size());
    EVP_DigestUpdate(context.get(), chunk.data(), static_cast<size_t>(file.gcount()));
  }
  if (!file.eof()) return RunError("cannot be read", path.string());
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  EVP_DigestFinal_ex(context.get(), digest.data(), &size);
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace host
