// SPDX-License-Identifier: Apache-2.0

#include "host/model/keras_file.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include "base/byte_reader.h"
#include "base/try.h"
#include "fmt/format.h"
#include "host/model/keras_hdf5.h"

namespace host {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KN_ADDRESS_SPACE_IS_RESERVED 1
#endif
#endif

// The child's answer: 'K' and the content, or 'E' and a sentence. Lengths are u64, little endian.
class Answer {
 public:
  void Number(uint64_t value) { Raw(&value, sizeof(value)); }
  void Text(std::string_view text) {
    Number(text.size());
    Raw(text.data(), text.size());
  }
  void Raw(const void* data, size_t size) {
    const auto* bytes = static_cast<const uint8_t*>(data);
    bytes_.insert(bytes_.end(), bytes, bytes + size);
  }
  [[nodiscard]] const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

Answer Encode(const Result<KerasFile>& file) {
  Answer answer;
  if (!file) {
    answer.Raw("E", 1);
    answer.Text(file.error().sentence);
    return answer;
  }
  answer.Raw("K", 1);
  answer.Text(file->model_config);
  answer.Text(file->keras_version);
  answer.Number(file->layers.size());
  for (const KerasLayerWeights& layer : file->layers) {
    answer.Text(layer.layer);
    answer.Number(layer.weights.size());
    for (const KerasWeight& weight : layer.weights) {
      answer.Text(weight.name);
      answer.Text(weight.owner);
      answer.Number(weight.shape.size());
      for (uint64_t extent : weight.shape) answer.Number(extent);
      answer.Raw(weight.values.data(), weight.values.size() * sizeof(float));
    }
  }
  return answer;
}

base::Result<uint64_t> DecodeNumber(base::ByteReader& reader, uint64_t limit) {
  const uint64_t value = TRY(reader.Read<uint64_t>());
  if (value > limit) return std::unexpected(base::Status::kOutOfBounds);
  return value;
}

base::Result<std::string> DecodeText(base::ByteReader& reader) {
  const uint64_t length = TRY(DecodeNumber(reader, kMaxKerasConfigBytes));
  const base::Bytes bytes = TRY(reader.ReadBytes(length));
  return std::string(bytes.begin(), bytes.end());
}

base::Result<KerasWeight> DecodeWeight(base::ByteReader& reader) {
  constexpr uint64_t kMaxRank = 8;
  KerasWeight weight;
  weight.name = TRY(DecodeText(reader));
  weight.owner = TRY(DecodeText(reader));
  const uint64_t rank = TRY(DecodeNumber(reader, kMaxRank));
  uint64_t count = 1;
  for (uint64_t i = 0; i < rank; ++i) {
    const uint64_t extent = TRY(DecodeNumber(reader, kMaxKerasParameters));
    if (extent == 0 || extent > kMaxKerasParameters / count) {
      return std::unexpected(base::Status::kOutOfBounds);
    }
    count *= extent;
    weight.shape.push_back(extent);
  }
  const base::Bytes values = TRY(reader.ReadBytes(count * sizeof(float)));
  weight.values.resize(count);
  std::memcpy(weight.values.data(), values.data(), values.size());
  return weight;
}

// The child has run foreign code paths over foreign bytes, so its answer is checked like a file.
base::Result<KerasFile> Decode(base::ByteReader& reader) {
  KerasFile file;
  file.model_config = TRY(DecodeText(reader));
  file.keras_version = TRY(DecodeText(reader));
  const uint64_t layers = TRY(DecodeNumber(reader, kMaxKerasLayers));
  for (uint64_t i = 0; i < layers; ++i) {
    KerasLayerWeights layer{TRY(DecodeText(reader)), {}};
    const uint64_t weights = TRY(DecodeNumber(reader, kMaxWeightsOfLayer));
    for (uint64_t j = 0; j < weights; ++j) layer.weights.push_back(TRY(DecodeWeight(reader)));
    file.layers.push_back(std::move(layer));
  }
  return file;
}

void LimitThisProcess(std::chrono::milliseconds time_limit) {
  const auto set = [](int resource, rlim_t value) {
    const rlimit limit{value, value};
    setrlimit(static_cast<__rlimit_resource>(resource), &limit);
  };
  set(RLIMIT_CPU, static_cast<rlim_t>(time_limit.count() / 1000 + 1));
  set(RLIMIT_CORE, 0);
  set(RLIMIT_FSIZE, 0);
#ifndef KN_ADDRESS_SPACE_IS_RESERVED
  set(RLIMIT_AS, 4ull << 30);
#endif
}

[[noreturn]] void RunChild(const std::string& path, int out, std::chrono::milliseconds time_limit) {
  // The default action again: a handler of the parent's must not run here, and a fault must end
  // this process silently.
  for (int signal_number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGINT, SIGTERM, SIGPIPE}) {
    signal(signal_number, SIG_DFL);
  }
  const int null_device = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(null_device, STDERR_FILENO);
  LimitThisProcess(time_limit);
  const Answer answer = Encode(ReadKerasHdf5(path));
  std::span<const uint8_t> rest = answer.bytes();
  while (!rest.empty()) {
    const ssize_t written = write(out, rest.data(), rest.size());
    if (written <= 0 && errno != EINTR) break;
    if (written > 0) rest = rest.subspan(static_cast<size_t>(written));
  }
  _exit(0);
}

enum class ReadEnd { kDone, kTimeout, kTooLong };

ReadEnd ReadUntilEnd(int in, std::chrono::steady_clock::time_point deadline, size_t limit_bytes,
                     std::vector<uint8_t>* bytes) {
  std::array<uint8_t, 1 << 16> chunk;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return ReadEnd::kTimeout;
    pollfd poll_in{in, POLLIN, 0};
    if (poll(&poll_in, 1, static_cast<int>(left.count())) <= 0) continue;
    const ssize_t count = read(in, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return ReadEnd::kDone;
    if (bytes->size() + static_cast<size_t>(count) > limit_bytes) return ReadEnd::kTooLong;
    bytes->insert(bytes->end(), chunk.begin(), chunk.begin() + count);
  }
}

}  // namespace

Result<KerasFile> ReadKerasFile(const std::filesystem::path& path,
                                std::chrono::milliseconds time_limit) {
  const std::string place = path.string();
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) return InputError(std::strerror(errno), place);
  if (!S_ISREG(info.st_mode)) return InputError("not a file", place);
  if (static_cast<uint64_t>(info.st_size) > kMaxKerasFileBytes) {
    return InputError(fmt::format("larger than {} bytes", kMaxKerasFileBytes), place);
  }

  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return RunError(std::strerror(errno), place);
  const pid_t child = fork();
  if (child < 0) {
    close(ends[0]);
    close(ends[1]);
    return RunError(fmt::format("no process can be started to read it: {}", std::strerror(errno)),
                    place);
  }
  if (child == 0) RunChild(place, ends[1], time_limit);
  close(ends[1]);
  std::vector<uint8_t> answer;
  const ReadEnd end = ReadUntilEnd(ends[0], std::chrono::steady_clock::now() + time_limit,
                                   2 * kMaxKerasFileBytes, &answer);
  close(ends[0]);
  if (end != ReadEnd::kDone) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }

  if (end == ReadEnd::kTimeout) {
    return InputError(fmt::format("the HDF5 library did not finish with this file within {} s",
                                  time_limit.count() / 1000),
                      place);
  }
  if (end == ReadEnd::kTooLong || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return InputError("the HDF5 library failed on this file; it is damaged", place);
  }
  base::ByteReader reader(answer);
  const auto kind = reader.Read<uint8_t>();
  if (kind && *kind == 'E') {
    return InputError(DecodeText(reader).value_or("the HDF5 library failed on this file"), place);
  }
  auto file = Decode(reader);
  if (!kind || *kind != 'K' || !file) {
    return InputError("the HDF5 library failed on this file; it is damaged", place);
  }
  return std::move(*file);
}

}  // namespace host
