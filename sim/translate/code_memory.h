// SPDX-License-Identifier: Apache-2.0

// Memory for generated code, and data that the code reaches RIP-relatively.
//
// One reservation: first kDataBytes of zeroed data (read, write), then the code (read, execute).
// The code is written through a second mapping of the same pages (read, write) at another address,
// so no mapping is ever writable and executable. Pages cost memory when they are first touched.
// Where the system refuses (no memfd, no executable mappings) Create returns nullptr.
#ifndef SIM_TRANSLATE_CODE_MEMORY_H_
#define SIM_TRANSLATE_CODE_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <memory>

namespace sim::translate {

class CodeMemory {
 public:
  static constexpr size_t kDataBytes = size_t{256} << 10;

  // `code_bytes` is a multiple of the page size and below 1 GiB.
  [[nodiscard]] static std::unique_ptr<CodeMemory> Create(size_t code_bytes);
  ~CodeMemory();
  CodeMemory(const CodeMemory&) = delete;
  CodeMemory& operator=(const CodeMemory&) = delete;

  [[nodiscard]] void* data() const { return reservation_; }
  // The code as the processor sees it, and the same bytes to write to.
  [[nodiscard]] const uint8_t* code() const { return code_; }
  [[nodiscard]] uint8_t* writable() const { return alias_; }
  [[nodiscard]] size_t size() const { return code_bytes_; }
  // The next code's offset, 16-byte aligned.
  [[nodiscard]] size_t used() const { return used_; }
  [[nodiscard]] size_t free() const { return code_bytes_ - used_; }

  // Code was written up to the offset `end` <= size().
  void UseTo(size_t end);
  // Lets the jump whose 4-byte displacement is at `site` (in code in use) go to `target`.
  void PatchJump(const uint8_t* site, const uint8_t* target);
  // Whoever comes to `place` (in code in use, at least 5 bytes long) goes to `target`.
  void OverwriteWithJump(const uint8_t* place, const uint8_t* target);
  // Forgets everything after the first `used` bytes.
  void Truncate(size_t used) { used_ = used; }

 private:
  CodeMemory() = default;

  size_t code_bytes_ = 0;
  uint8_t* reservation_ = nullptr;
  uint8_t* code_ = nullptr;   // executable view
  uint8_t* alias_ = nullptr;  // writable view
  size_t used_ = 0;
};

}  // namespace sim::translate

#endif  // SIM_TRANSLATE_CODE_MEMORY_H_
