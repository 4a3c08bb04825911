// SPDX-License-Identifier: Apache-2.0

// Bytes for tests: written as hex text, fed to a decoder in pieces, read from recorded sessions.
#ifndef WIRE_TESTING_BYTES_H_
#define WIRE_TESTING_BYTES_H_

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/byte_reader.h"

namespace wire::testing {

using ByteVector = std::vector<uint8_t>;

inline ByteVector Hex(const std::string& text) {
  ByteVector bytes;
  std::istringstream in(text);
  for (std::string token; in >> token;) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(token, nullptr, 16)));
  }
  return bytes;
}

inline ByteVector operator+(ByteVector left, const ByteVector& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

struct RecordedMessage {
  bool from_host;
  size_t announced_bytes;  // the recording may have cut the hex of long messages
  ByteVector bytes;

  [[nodiscard]] bool complete() const { return bytes.size() == announced_bytes; }
};

// Where the shared material lies: KN_SHARED, or next to the checkout.
inline std::string SharedFolder() {
  const char* folder = std::getenv("KN_SHARED");
  return folder != nullptr ? folder : "../shared";
}

// Nothing if the recording is not there.
inline std::optional<std::vector<RecordedMessage>> ReadTranscript(const std::string& name) {
  const std::string path = SharedFolder() + "/spec/kenning/transcripts/" + name + ".txt.gz";
  if (!std::ifstream(path)) return std::nullopt;
  FILE* pipe = popen(("gzip -dc '" + path + "'").c_str(), "r");
  if (pipe == nullptr) return std::nullopt;
  std::string text;
  char chunk[4096];
  for (size_t n; (n = fread(chunk, 1, sizeof(chunk), pipe)) > 0;) text.append(chunk, n);
  if (pclose(pipe) != 0) return std::nullopt;

  std::vector<RecordedMessage> messages;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t length = line.find(" len=");
    if (line.starts_with("[") && length != std::string::npos) {
      messages.push_back({.from_host = line.find("H>D") != std::string::npos,
                          .announced_bytes = std::stoul(line.substr(length + 5)),
                          .bytes = {}});
    } else if (line.starts_with("    ") && !messages.empty()) {
      // A cut message ends in a remark that is no hex.
      std::istringstream tokens(line);
      for (std::string token; tokens >> token;) {
        if (token.size() != 2 || token.find_first_not_of("0123456789abcdef") != token.npos) break;
        messages.back().bytes.push_back(static_cast<uint8_t>(std::stoul(token, nullptr, 16)));
      }
    }
  }
  return messages;
}

}  // namespace wire::testing

#endif  // WIRE_TESTING_BYTES_H_
