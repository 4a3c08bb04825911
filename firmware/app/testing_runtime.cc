// SPDX-License-Identifier: Apache-2.0

// A stand-in for the runtime, linked instead of it by tests of the device: "models" are a few bytes
// that say how they behave, so that each path of the device can be reached.
//
//   "FAKE", u8 behaviour, u8 element bytes, u16 elements, u32 arena bytes it needs, anything
//
// behaviour: 'd' doubles its input (u8 elements); '2' takes a tensor and an i32 and returns both;
// 'z' takes nothing; 'q' traps while loading; 'k' traps in its kernel; 't' traps outside a kernel;
// 'f' fails. The number of calls so far is the model's variable: 'd' adds it to the first element.
#include <cstring>

#include "firmware/app/testing_board.h"
#include "runtime/runtime.h"

namespace runtime {

struct Runtime::State {
  base::MutableBytes file;
  base::MutableBytes arena;
  LoadOptions options;
  size_t used = 0;
  uint8_t calls = 0;
  std::array<Value, 2> results = {};
  size_t result_count = 0;

  [[nodiscard]] char behaviour() const { return static_cast<char>(file[4]); }
  [[nodiscard]] uint32_t elements() const { return base::LoadLe<uint16_t>(&file[6]); }
};

Runtime::~Runtime() { Unload(); }

base::Status Runtime::Load(base::MutableBytes file, base::MutableBytes arena,
                           const LoadOptions& options) {
  Unload();
  failure_.Clear();
  constexpr size_t kHeader = 12;
  if (reinterpret_cast<uintptr_t>(file.data()) % kFileAlignment != 0 ||
      reinterpret_cast<uintptr_t>(arena.data()) % kArenaAlignment != 0) {
    return failure_.Set(base::Status::kInvalidArgument, "unaligned");
  }
  if (file.size() < kHeader || std::memcmp(file.data(), "FAKE", 4) != 0) {
    return failure_.Set(base::Status::kInvalidArgument, "not a model");
  }
  if (file[4] == 'q') firmware::testing::MemoryBoard::RaiseTrap();
  const size_t used = sizeof(State) + base::LoadLe<uint32_t>(&file[8]);
  if (used > arena.size()) return failure_.Set(base::Status::kOutOfMemory, "arena too small");
  std::memset(arena.data(), 0xA5, used);  // whoever shares memory wrongly will notice
  state_ = new (arena.data()) State{.file = file, .arena = arena, .options = options, .used = used};
  const PlacedKernel kernel = {"fake_kernel", 0x1000};
  options.listener->OnExecutablePlaced({0x1000, 0x100, std::span(&kernel, 1)});
  return base::Status::kOk;
}

void Runtime::Unload() {
  if (state_ == nullptr) return;
  state_->options.listener->OnExecutableGone(0x1000);
  state_ = nullptr;
}

base::Result<Function> Runtime::Find(std::string_view name) const {
  if (name == "main" || name == "module.main") return Function{0};
  return std::unexpected(base::Status::kInvalidArgument);
}

base::Status Runtime::DescribeArguments(Function, FunctionInfo& info) const {
  info = {};
  info.argument_count = state_->behaviour() == 'z' ? 0 : (state_->behaviour() == '2' ? 2 : 1);
  info.result_count = info.argument_count;
  info.arguments[0].kind = ValueKind::kTensor;
  info.arguments[0].shape_known = true;
  info.arguments[0].type = ElementType::Of(NumericalKind::kInteger, 8u * state_->file[5]);
  info.arguments[0].rank = 1;
  info.arguments[0].dims[0] = state_->elements();
  info.arguments[1].kind = ValueKind::kI32;
  return base::Status::kOk;
}

base::Status Runtime::Invoke(Function, std::span<const Value> arguments) {
  State& state = *state_;
  failure_.Clear();
  const uint8_t calls = state.calls++;
  switch (state.behaviour()) {
    case 't':
      firmware::testing::MemoryBoard::RaiseTrap();
    case 'k': {
      const PlacedKernel kernel = {"fake_kernel", 0x1000};
      const base::Status status = state.options.listener->RunDispatch(
          kernel, [](void*) { firmware::testing::MemoryBoard::RaiseTrap(); }, nullptr);
      return failure_.Set(status, "dispatch of fake_kernel");
    }
    case 'f':
      return failure_.Set(base::Status::kError, "the model says no");
    case 'd':
      for (size_t i = 0; i < arguments[0].tensor.size_bytes; ++i) {
        arguments[0].tensor.data[i] = static_cast<uint8_t>(arguments[0].tensor.data[i] * 2);
      }
      arguments[0].tensor.data[0] = static_cast<uint8_t>(arguments[0].tensor.data[0] + calls);
      break;
    default:
      break;
  }
  for (size_t i = 0; i < arguments.size(); ++i) state.results[i] = arguments[i];
  state.result_count = arguments.size();
  return base::Status::kOk;
}

std::span<const Value> Runtime::results() const {
  return std::span(state_->results).first(state_->result_count);
}

void Runtime::ReleaseResults() {}
void Runtime::DropReplay() {}

Statistics Runtime::statistics() const {
  return {1, 2, 3, 4, 5, static_cast<uint32_t>(state_->used)};
}

size_t Runtime::arena_bytes_used() const { return state_->used; }

base::Status Runtime::ResizeArena(size_t size_bytes) {
  if (size_bytes < state_->used) return base::Status::kInvalidArgument;
  state_->arena = {state_->arena.data(), size_bytes};
  return base::Status::kOk;
}

}  // namespace runtime
