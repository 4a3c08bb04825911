// SPDX-License-Identifier: Apache-2.0

// Whole Keras HDF5 files. The HDF5 library runs in a child process (host/model/keras_file.h), so a
// fault of it must come back as an Error; what is accepted has as many values as its shapes say.
// A fork for each input costs most of the time: here one child reads many inputs, until one of them
// ends it, and every kWholeEvery-th goes the product's own way. The file lies in memory, and the
// children hand their coverage counters over.
#include <fcntl.h>
#include <poll.h>
#include <sanitizer/common_interface_defs.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "host/model/keras_file.h"
#include "host/model/keras_hdf5.h"

// One byte for each edge of the program, named by the linker.
extern "C" uint8_t __start___sancov_cntrs[];
extern "C" uint8_t __stop___sancov_cntrs[];

// As in the product, whose child may not have so much: the library is refused the memory.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }

namespace {

constexpr uint64_t kWholeEvery = 500;
// Some files keep the library busy for ever; a good one takes it less than a millisecond.
constexpr std::chrono::milliseconds kLimit(100);

uint8_t* childs_counters = nullptr;  // shared with the child

std::span<uint8_t> Counters() { return {__start___sancov_cntrs, __stop___sancov_cntrs}; }

void Require(bool condition) {
  if (!condition) std::abort();
}

void AddChildsCounters() {
  const std::span<uint8_t> own = Counters();
  for (size_t i = 0; i < own.size(); ++i) {
    own[i] = static_cast<uint8_t>(std::min(own[i] + childs_counters[i], 255));
    childs_counters[i] = 0;
  }
}

// In memory, with a name that the library can follow.
std::string FilePath() { return "/dev/shm/keras_h5-" + std::to_string(getpid()); }

bool IsGood(const host::Result<host::KerasFile>& content) {
  if (!content) return content.error().kind == host::ErrorKind::kInput;
  for (const host::KerasLayerWeights& layer : content->layers) {
    for (const host::KerasWeight& weight : layer.weights) {
      if (weight.values.size() != std::accumulate(weight.shape.begin(), weight.shape.end(),
                                                  uint64_t{1}, std::multiplies<>())) {
        return false;
      }
    }
  }
  return true;
}

// A process that reads the file again for each byte it is sent, and answers with one: '+' good, '-'
// bad.
class Reader {
 public:
  // False if what came back is bad. That the library ends the process, or does not end, is not.
  bool Read(const std::string& path) {
    if (process_ < 0) Start(path);
    char answer = '+';
    Require(write(to_, "r", 1) == 1);
    pollfd from = {from_, POLLIN, 0};
    const bool answered =
        poll(&from, 1, static_cast<int>(kLimit.count())) == 1 && read(from_, &answer, 1) == 1;
    if (!answered) End();
    AddChildsCounters();
    return answer == '+';
  }

 private:
  void Start(const std::string& path) {
    std::array<int, 2> to;
    std::array<int, 2> from;
    Require(pipe(to.data()) == 0 && pipe(from.data()) == 0);
    process_ = fork();
    Require(process_ >= 0);
    if (process_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      // Not the fuzzer's handlers: what ends this process is no finding.
      for (int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) signal(number, SIG_DFL);
      __sanitizer_set_death_callback(nullptr);
      close(to[1]);
      close(from[0]);
      for (char request; read(to[0], &request, 1) == 1;) {
        std::ranges::fill(Counters(), uint8_t{0});
        const bool good = IsGood(host::ReadKerasHdf5(path));
        std::ranges::copy(Counters(), childs_counters);
        if (write(from[1], good ? "+" : "-", 1) != 1) break;
      }
      _exit(0);
    }
    close(to[0]);
    close(from[1]);
    to_ = to[1];
    from_ = from[0];
  }

  void End() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    close(to_);
    close(from_);
    process_ = -1;
  }

  pid_t process_ = -1;
  int to_ = -1;
  int from_ = -1;
};

}  // namespace

// How the product's child ends, unless it crashes.
extern "C" void _exit(int status) {
  if (childs_counters != nullptr) std::ranges::copy(Counters(), childs_counters);
  syscall(SYS_exit_group, status);
  __builtin_unreachable();
}

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  void* const shared =
      mmap(nullptr, Counters().size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  Require(shared != MAP_FAILED);
  childs_counters = static_cast<uint8_t*>(shared);
  signal(SIGPIPE, SIG_IGN);
  Require(!host::ReadKerasHdf5("/dev/null"));
  std::atexit([] { unlink(FilePath().c_str()); });
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string path = FilePath();
  static const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  Require(file >= 0);
  static Reader reader;
  static uint64_t count = 0;
  Require(ftruncate(file, static_cast<off_t>(size)) == 0);
  Require(pwrite(file, data, size, 0) == static_cast<ssize_t>(size));
  Require(reader.Read(path));
  if (count++ % kWholeEvery == 0) {
    Require(IsGood(host::ReadKerasFile(path, kLimit)));
    AddChildsCounters();
  }
  return 0;
}
