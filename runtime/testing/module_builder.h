// SPDX-License-Identifier: Apache-2.0

// A VMFB from a few lines: bytecode is assembled with Code, tables are written by Build.
#ifndef RUNTIME_TESTING_MODULE_BUILDER_H_
#define RUNTIME_TESTING_MODULE_BUILDER_H_

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "base/byte_reader.h"

namespace runtime::testing {

// Register operands: I(3) is value register 3, R(1) reference register 1, R(1, true) moved.
constexpr uint16_t I(uint16_t ordinal) { return ordinal; }
constexpr uint16_t R(uint16_t ordinal, bool move = false) {
  return static_cast<uint16_t>(0x8000 | (move ? 0x4000 : 0) | ordinal);
}
constexpr uint32_t ImportOrdinal(uint32_t ordinal) { return 0x80000000 | ordinal; }

// Assembles one function; positions are from its start, as branch targets count.
class Code {
 public:
  Code& U8(uint32_t value) { return Append(value, 1); }
  Code& U16(uint32_t value) { return Append(value, 2); }
  Code& U32(uint32_t value) { return Append(value, 4); }
  Code& U64(uint64_t value) {
    return U32(static_cast<uint32_t>(value)).U32(static_cast<uint32_t>(value >> 32));
  }
  Code& Block() { return U8(0x79); }
  Code& Op(uint32_t opcode, std::initializer_list<uint16_t> registers = {}) {
    U8(opcode);
    for (const uint16_t encoded : registers) U16(encoded);
    return *this;
  }
  Code& F32Op(uint32_t opcode, std::initializer_list<uint16_t> registers = {}) {
    U8(0xE0);
    return Op(opcode, registers);
  }
  Code& ConstI32(int32_t value, uint16_t target) {
    return U8(0x0D).U32(static_cast<uint32_t>(value)).U16(target);
  }
  Code& ConstI64(int64_t value, uint16_t target) {
    return U8(0x0F).U64(static_cast<uint64_t>(value)).U16(target);
  }
  Code& List(std::initializer_list<uint16_t> entries) {
    Align();
    U16(static_cast<uint32_t>(entries.size()));
    for (const uint16_t entry : entries) U16(entry);
    return *this;
  }
  // Target and (source, destination) pairs.
  Code& Branch(uint32_t target, std::initializer_list<uint16_t> pairs = {}) {
    U32(target);
    Align();
    U16(static_cast<uint32_t>(pairs.size() / 2));
    for (const uint16_t entry : pairs) U16(entry);
    return *this;
  }
  Code& Call(uint32_t function, std::initializer_list<uint16_t> arguments,
             std::initializer_list<uint16_t> results) {
    return U8(0x58).U32(function).List(arguments).List(results);
  }
  Code& CallVariadic(uint32_t function, std::initializer_list<uint16_t> segments,
                     std::initializer_list<uint16_t> arguments,
                     std::initializer_list<uint16_t> results) {
    return U8(0x59).U32(function).List(segments).List(arguments).List(results);
  }
  Code& Return(std::initializer_list<uint16_t> registers = {}) { return U8(0x5A).List(registers); }
  Code& Text(const std::string& text) {
    U16(static_cast<uint32_t>(text.size()));
    for (const char c : text) U8(static_cast<uint8_t>(c));
    return *this;
  }

  [[nodiscard]] uint32_t position() const { return static_cast<uint32_t>(bytes_.size()); }
  [[nodiscard]] const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  Code& Append(uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes_.push_back(static_cast<uint8_t>(value >> 8 * i));
    return *this;
  }
  void Align() {
    if (bytes_.size() % 2 != 0) bytes_.push_back(0);
  }

  std::vector<uint8_t> bytes_;
};

struct ModuleSpec {
  struct Function {
    Code code;
    std::string convention = "0v_v";
    int16_t value_registers = 16;
    int16_t ref_registers = 8;
  };
  struct Import {
    std::string name;
    std::string convention;
    bool optional = false;
  };
  struct Export {
    std::string name;
    int32_t function = 0;
  };

  uint32_t bytecode_major = 15;
  uint32_t bytecode_minor = 0;
  std::string name = "module";
  std::vector<Function> functions;
  std::vector<Import> imports;
  std::vector<Export> exports;
  std::vector<std::vector<uint8_t>> rodata;
  std::vector<std::string> types = {"i32"};
  std::string abi_model;  // attribute of every function
  int32_t global_bytes = 0;
  int32_t global_refs = 0;
};

// Layout A for bytecode 13, B for later; raw or as the first member of a ZIP.
[[nodiscard]] std::vector<uint8_t> Build(const ModuleSpec& spec, bool zip = false);

// One function called "main".
[[nodiscard]] ModuleSpec MainOnly(Code code, std::string convention);

// A copy of bytes at a boundary that std::vector does not promise.
class Aligned {
 public:
  explicit Aligned(const std::vector<uint8_t>& bytes, size_t alignment = 64);
  explicit Aligned(size_t size, size_t alignment = 4096);
  [[nodiscard]] base::MutableBytes bytes() { return {data_.get(), size_}; }

 private:
  struct Delete {
    size_t alignment;
    void operator()(uint8_t* data) const { ::operator delete(data, std::align_val_t{alignment}); }
  };
  size_t size_;
  std::unique_ptr<uint8_t, Delete> data_;
};

}  // namespace runtime::testing

#endif  // RUNTIME_TESTING_MODULE_BUILDER_H_
