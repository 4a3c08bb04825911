#include "runtime/vm/interpreter.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "runtime/vm/buffer_ops.h"
#include "runtime/vm/f32_math.h"
#include "runtime/vm/i64_math.h"
#include "runtime/vm/list_ops.h"
#include "runtime/vm/opcode.h"

namespace runtime {
namespace {

using base::Status;

// Cells of an import call in front of its arguments (translator.h).
constexpr uint32_t kImportCallHeader = 8;
constexpr uint16_t kNoRefResult = 1;  // no reference register has an odd cell

uint32_t Wide(const uint16_t* cells) { return cells[0] | static_cast<uint32_t>(cells[1]) << 16; }

Object*& RefAt(uint8_t* refs, uint32_t cell) {
  return *reinterpret_cast<Object**>(refs + (cell & ~uint32_t{Call::kMoveBit}));
}

// What the register holds, as a reference of the caller's own.
Object* TakeRef(uint8_t* refs, uint16_t cell) {
  Object*& slot = RefAt(refs, cell);
  Object* object = slot;
  if ((cell & Call::kMoveBit) != 0) {
    slot = nullptr;
  } else {
    ObjectStore::Retain(object);
  }
  return object;
}

int32_t RoundToI32(float value) {
  return static_cast<int32_t>(std::clamp<int64_t>(RoundToI64(value), INT32_MIN, INT32_MAX));
}

uint32_t RoundToU32(float value) {
  return static_cast<uint32_t>(std::min<uint64_t>(RoundToU64(value), UINT32_MAX));
}

int32_t CountLeadingZeros(uint64_t value) {
  const auto high = static_cast<uint32_t>(value >> 32);
  return high != 0 ? std::countl_zero(high) : 32 + std::countl_zero(static_cast<uint32_t>(value));
}

bool Unordered(float a, float b) { return a != a || b != b; }

}  // namespace

// Header of a frame in the heap; references and value slots follow.
struct Interpreter::Frame {
  Frame* caller;
  const FunctionRecord* function;
  const uint16_t* pc;  // where the caller continues: at its call instruction
  uint8_t* refs;
  uint8_t* values;

  static constexpr size_t kHeaderSize = (5 * sizeof(void*) + 15) & ~size_t{15};
  static size_t RefBytes(const FunctionRecord& function) {
    return (function.ref_slots * sizeof(Object*) + 7) & ~size_t{7};
  }
  static size_t SizeFor(const FunctionRecord& function) {
    return kHeaderSize + RefBytes(function) + function.value_slots * sizeof(uint32_t);
  }
};

Status Interpreter::Start() {
  // The global count came from the file; an impossible one simply does not fit the heap.
  globals_ = store_.heap().AllocateArray<uint8_t>(module_.global_bytes());
  if (globals_ != nullptr) {
    std::memset(globals_, 0, module_.global_bytes());
    global_refs_ = store_.heap().AllocateArray<Object*>(module_.global_refs());
  }
  if (global_refs_ == nullptr) return failure_.Set(Status::kOutOfMemory, "no memory for globals");
  std::memset(global_refs_, 0, module_.global_refs() * sizeof(Object*));
  return Status::kOk;
}

void Interpreter::Stop() {
  if (global_refs_ != nullptr) {
    for (uint32_t i = 0; i < module_.global_refs(); ++i) store_.Release(global_refs_[i]);
    store_.heap().FreeArray(global_refs_, module_.global_refs());
  }
  store_.heap().FreeArray(globals_, module_.global_bytes());
  global_refs_ = nullptr;
  globals_ = nullptr;
}

Interpreter::Frame* Interpreter::PushFrame(const FunctionRecord& function) {
  void* memory = store_.heap().Allocate(Frame::SizeFor(function));
  if (memory == nullptr) return nullptr;
  auto* frame = static_cast<Frame*>(memory);
  frame->caller = frame_;
  frame->function = &function;
  frame->refs = static_cast<uint8_t*>(memory) + Frame::kHeaderSize;
  frame->values = frame->refs + Frame::RefBytes(function);
  std::memset(frame->refs, 0, Frame::SizeFor(function) - Frame::kHeaderSize);
  frame_ = frame;
  ++depth_;
  return frame;
}

void Interpreter::PopFrame() {
  Frame* frame = frame_;
  const FunctionRecord& function = *frame->function;
  frame_ = frame->caller;
  --depth_;
  auto* refs = reinterpret_cast<Object**>(frame->refs);
  for (uint32_t i = 0; i < function.ref_slots; ++i) store_.Release(refs[i]);
  store_.heap().Free(frame, Frame::SizeFor(function));
}

Status Interpreter::Invoke(uint32_t function, std::span<const uint32_t> values,
                           std::span<Object* const> refs, RawResults& results) {
  const FunctionRecord& record = module_.functions()[function];
  if (values.size() > record.value_slots || refs.size() > record.ref_slots) {
    return failure_.Set(Status::kVmSignatureMismatch, "more arguments than the function takes");
  }
  Frame* frame = PushFrame(record);
  if (frame == nullptr) return failure_.Set(Status::kOutOfMemory, "no memory for a call frame");
  if (!values.empty()) std::memcpy(frame->values, values.data(), values.size_bytes());
  auto* slots = reinterpret_cast<Object**>(frame->refs);
  for (size_t i = 0; i < refs.size(); ++i) {
    ObjectStore::Retain(refs[i]);
    slots[i] = refs[i];
  }
  results.value_count = 0;
  results.ref_count = 0;
  const Status status = Run(results);
  while (frame_ != nullptr) PopFrame();
  return status;
}

Status Interpreter::FailOp(const uint16_t* pc, const uint8_t* values) {
  const int32_t code = *reinterpret_cast<const int32_t*>(values + pc[1]);
  const uint8_t* message = module_.bytecode().data() + Wide(pc + 2);
  return failure_
      .Begin(Status::kVmFailed, "model failed", {reinterpret_cast<const char*>(message), pc[4]})
      .Append(" (IREE status ")
      .AppendNumber(static_cast<uint32_t>(code))
      .Append(")")
      .status();
}

Status Interpreter::ImportFailed(Status status, const ImportRow& row) {
  // A first cause with more words may stand there already; the import's name belongs to it too.
  if (failure_.status() == Status::kOk) failure_.Begin(status, "call failed");
  failure_.Append(" in ").Append(row.name);
  return status;
}

Status Interpreter::InstructionFailed(Status status) {
  if (failure_.status() != Status::kOk) return status;
  const auto function = static_cast<uint32_t>(frame_->function - module_.functions().data());
  const bool endless = status == Status::kVmBudgetExhausted;
  return failure_.Begin(status, endless ? "too many branches and calls" : "an instruction failed")
      .Append(" in function ")
      .AppendNumber(function)
      .status();
}

void Interpreter::ReleaseMoved(const uint16_t* pc, uint8_t* refs) {
  // Only references that are moved have an odd cell.
  for (const uint16_t* cell = pc + kImportCallHeader; cell != pc + pc[2]; ++cell) {
    if ((*cell & Call::kMoveBit) != 0) store_.Move(RefAt(refs, *cell), nullptr);
  }
}

Status Interpreter::EnterCall(const uint16_t* pc) {
  Frame* caller = frame_;
  if (depth_ >= kMaxCallDepth) {
    return failure_.Set(Status::kVmCallTooDeep, "functions call each other too deeply");
  }
  Frame* frame = PushFrame(module_.functions()[pc[1]]);
  if (frame == nullptr) return failure_.Set(Status::kOutOfMemory, "no memory for a call frame");
  caller->pc = pc;
  const uint16_t* cell = pc + 6;
  for (uint32_t i = pc[2]; i != 0; --i, cell += 2) {
    std::memcpy(frame->values + cell[1], caller->values + cell[0], sizeof(uint32_t));
  }
  for (uint32_t i = pc[3]; i != 0; --i, cell += 2) {
    RefAt(frame->refs, cell[1]) = TakeRef(caller->refs, cell[0]);
  }
  return Status::kOk;
}

// Hands results to the caller's registers, or to `results` from the outermost frame, and pops.
Status Interpreter::LeaveCall(const uint16_t* pc, RawResults& results) {
  Frame* frame = frame_;
  Frame* caller = frame->caller;
  const uint32_t value_count = pc[1];
  const uint32_t ref_count = pc[2];
  const uint16_t* value_cells = pc + 3;
  const uint16_t* ref_cells = value_cells + value_count;
  if (caller == nullptr) {
    if (value_count > results.values.size() || ref_count > results.refs.size()) {
      return failure_.Set(Status::kVmTooBig, "function returns too many values");
    }
    for (uint32_t i = 0; i < value_count; ++i) {
      std::memcpy(&results.values[i], frame->values + value_cells[i], sizeof(uint32_t));
    }
    for (uint32_t i = 0; i < ref_count; ++i) {
      results.refs[i] = TakeRef(frame->refs, ref_cells[i]);
    }
    results.value_count = value_count;
    results.ref_count = ref_count;
    PopFrame();
    return Status::kOk;
  }
  const uint16_t* call = caller->pc;
  const uint16_t* destination = call + 6 + 2 * (call[2] + call[3]);
  // Proved by the verifier wherever the module records conventions; 13.0 does not for these.
  if (value_count != call[4] || ref_count != call[5]) {
    return failure_.Set(Status::kVmInvalidBytecode, "return does not fit the call");
  }
  for (uint32_t i = 0; i < value_count; ++i) {
    std::memcpy(caller->values + *destination++, frame->values + value_cells[i], sizeof(uint32_t));
  }
  for (uint32_t i = 0; i < ref_count; ++i) {
    store_.Move(RefAt(caller->refs, *destination++), TakeRef(frame->refs, ref_cells[i]));
  }
  caller->pc = destination;
  PopFrame();
  return Status::kOk;
}

Status Interpreter::Run(RawResults& results) {
  const uint16_t* pc = frame_->function->cells;
  uint8_t* values = frame_->values;
  uint8_t* refs = frame_->refs;
  uint32_t budget = branch_budget_;
  Status status = Status::kOk;
  Call call = {.arguments = nullptr,
               .values = values,
               .refs = refs,
               .ref_result = nullptr,
               .ref_cell = kNoRefResult,
               .row = nullptr,
               .store = store_,
               .failure = failure_,
               .host = host_};

  // Operand n of the current instruction.
  const auto i32 = [&](int n) -> int32_t& { return *reinterpret_cast<int32_t*>(values + pc[n]); };
  const auto u32 = [&](int n) -> uint32_t& { return *reinterpret_cast<uint32_t*>(values + pc[n]); };
  const auto i64 = [&](int n) -> int64_t& { return *reinterpret_cast<int64_t*>(values + pc[n]); };
  const auto u64 = [&](int n) -> uint64_t& { return *reinterpret_cast<uint64_t*>(values + pc[n]); };
  const auto f32 = [&](int n) -> float& { return *reinterpret_cast<float*>(values + pc[n]); };
  const auto ref = [&](int n) -> Object*& { return RefAt(refs, pc[n]); };
  const auto take = [&](int n) { return TakeRef(refs, pc[n]); };
  const auto set_ref = [&](int n, Object* object) { store_.Move(ref(n), object); };
  const auto global32 = [&](uint32_t index) -> uint32_t& {
    return reinterpret_cast<uint32_t*>(globals_)[index];
  };
  const auto global64 = [&](uint32_t index) -> uint64_t& {
    return reinterpret_cast<uint64_t*>(globals_)[index];
  };
  // A register holds a byte offset or ordinal of a global: unlike an immediate, checked here.
  const auto indirect = [&](uint32_t offset, uint32_t size) {
    if (offset % size == 0 && base::InBounds(module_.global_bytes(), offset, size)) return true;
    status = Status::kOutOfBounds;
    return false;
  };
  const auto indirect_ref = [&](uint32_t ordinal) {
    if (ordinal < module_.global_refs()) return true;
    status = Status::kOutOfBounds;
    return false;
  };
  const auto put = [&](const auto& result, auto& destination) {
    if (result) {
      destination = static_cast<std::remove_reference_t<decltype(destination)>>(*result);
    } else {
      status = result.error();
    }
  };
  const auto put_ref = [&](const base::Result<Object*>& result, int n) {
    if (result) {
      set_ref(n, *result);
    } else {
      status = result.error();
    }
  };
  const auto divides = [&](bool non_zero) {
    if (!non_zero) status = Status::kVmDivisionByZero;
    return non_zero;
  };
  const auto load = [&]<typename T>(T /*element*/) {
    T value = {};
    const auto element = BufferElement(ref(1), u64(2), sizeof(T), Access::kRead);
    if (element) {
      value = base::LoadLe<T>(*element);
    } else {
      status = element.error();
    }
    return value;
  };
  const auto store = [&]<typename T>(T value) {
    const auto element = BufferElement(ref(1), u64(2), sizeof(T), Access::kWrite);
    if (element) {
      base::StoreLe(*element, value);
    } else {
      status = element.error();
    }
  };
  const auto fill = [&](uint32_t size, uint64_t value) {
    const uint64_t unit = module_.fill_counts_bytes() ? 1 : size;
    if (u64(2) > UINT32_MAX || u64(3) > UINT32_MAX) {
      status = Status::kOutOfBounds;
    } else {
      status = BufferFill(ref(1), u64(2) * unit, u64(3) * unit, size, value);
    }
  };
  // Copies the remapped registers of the branch whose cells start at `branch` and goes there.
  const auto jump = [&](const uint16_t* branch) {
    const uint16_t* pair = branch + 4;
    for (uint32_t i = branch[2]; i != 0; --i, pair += 2) {
      *reinterpret_cast<uint32_t*>(values + pair[1]) =
          *reinterpret_cast<const uint32_t*>(values + pair[0]);
    }
    for (uint32_t i = branch[3]; i != 0; --i, pair += 2) {
      store_.Move(RefAt(refs, pair[1]), TakeRef(refs, pair[0]));
    }
    pc = branch + static_cast<int32_t>(Wide(branch));
    if (--budget == 0) status = Status::kVmBudgetExhausted;
  };

  // `continue` where nothing can fail, `break` where `status` may say so.
  for (;;) {
    switch (static_cast<Op>(pc[0])) {
      case Op::kConstRun: {
        const uint16_t* entry = pc + 2;
        for (uint32_t i = pc[1]; i != 0; --i, entry += 3) {
          *reinterpret_cast<uint32_t*>(values + entry[0]) = Wide(entry + 1);
        }
        pc = entry;
        continue;
      }
      case Op::kCallImport: {
        const ImportRow* row = module_.imports()[pc[1]].row;
        call.arguments = pc + kImportCallHeader;
        call.ref_cell = kNoRefResult;
        call.row = row;
        if (const auto result = row->function(call); !result) [[unlikely]] {
          return ImportFailed(result.error(), *row);
        }
        if (pc[3] != 0) ReleaseMoved(pc, refs);
        if (call.ref_cell != kNoRefResult) store_.Move(RefAt(refs, call.ref_cell), call.ref_result);
        pc += pc[2];
        if (--budget == 0) status = Status::kVmBudgetExhausted;
        break;
      }
      case Op::kUnresolvedImport:
        return failure_.Set(Status::kVmUnknownImport,
                            "call of an optional import that is not there");
      case Op::kCallInternal:
        status = EnterCall(pc);
        if (status != Status::kOk) return status;
        pc = frame_->function->cells;
        values = frame_->values;
        refs = frame_->refs;
        call.values = values;
        call.refs = refs;
        if (--budget == 0) status = Status::kVmBudgetExhausted;
        break;
      case Op::kReturn:
        status = LeaveCall(pc, results);
        if (status != Status::kOk || frame_ == nullptr) return status;
        pc = frame_->pc;
        values = frame_->values;
        refs = frame_->refs;
        call.values = values;
        call.refs = refs;
        continue;
      case Op::kFail:
        return FailOp(pc, values);

      case Op::kBr:
        jump(pc + 1);
        break;
      case Op::kCondBr: {
        const uint16_t* branch = pc + 2;
        if (i32(1) == 0) branch += 4 + 2 * (branch[2] + branch[3]);
        jump(branch);
        break;
      }
      case Op::kBrTable: {
        const uint32_t index = u32(1);
        jump(pc + pc[3 + (index < pc[2] ? index + 1 : 0)]);
        break;
      }

      case Op::kGlobalLoadI32:
        u32(2) = global32(pc[1]);
        pc += 3;
        continue;
      case Op::kGlobalStoreI32:
        global32(pc[1]) = u32(2);
        pc += 3;
        continue;
      case Op::kGlobalLoadIndirectI32:
        if (indirect(u32(1), 4)) u32(2) = global32(u32(1) / 4);
        pc += 3;
        break;
      case Op::kGlobalStoreIndirectI32:
        if (indirect(u32(1), 4)) global32(u32(1) / 4) = u32(2);
        pc += 3;
        break;
      case Op::kGlobalLoadI64:
        u64(2) = global64(pc[1]);
        pc += 3;
        continue;
      case Op::kGlobalStoreI64:
        global64(pc[1]) = u64(2);
        pc += 3;
        continue;
      case Op::kGlobalLoadIndirectI64:
        if (indirect(u32(1), 8)) u64(2) = global64(u32(1) / 8);
        pc += 3;
        break;
      case Op::kGlobalStoreIndirectI64:
        if (indirect(u32(1), 8)) global64(u32(1) / 8) = u64(2);
        pc += 3;
        break;
      case Op::kGlobalLoadRef:
        store_.Assign(ref(2), global_refs_[pc[1]]);
        pc += 3;
        continue;
      case Op::kGlobalStoreRef:
        store_.Move(global_refs_[pc[1]], take(2));
        pc += 3;
        continue;
      case Op::kGlobalLoadIndirectRef:
        if (indirect_ref(u32(1))) store_.Assign(ref(2), global_refs_[u32(1)]);
        pc += 3;
        break;
      case Op::kGlobalStoreIndirectRef:
        if (indirect_ref(u32(1))) store_.Move(global_refs_[u32(1)], take(2));
        pc += 3;
        break;

      case Op::kConstRefZero:
        set_ref(1, nullptr);
        pc += 2;
        continue;
      case Op::kConstRefRodata:
        store_.Assign(ref(2), module_.rodata(pc[1]));
        pc += 3;
        continue;

      case Op::kListAlloc:
        put_ref(ListAlloc(store_, i32(1)), 2);
        pc += 3;
        break;
      case Op::kListReserve:
        status = ListReserve(store_, ref(1), i32(2));
        pc += 3;
        break;
      case Op::kListSize: {
        const auto list = AsList(ref(1));
        if (list) {
          u32(2) = (*list)->size;
        } else {
          status = list.error();
        }
        pc += 3;
        break;
      }
      case Op::kListResize:
        status = ListResize(store_, ref(1), i32(2));
        pc += 3;
        break;
      case Op::kListGetI32:
        put(ListGetInteger(ref(1), i32(2)), i32(3));
        pc += 4;
        break;
      case Op::kListGetI64:
        put(ListGetInteger(ref(1), i32(2)), i64(3));
        pc += 4;
        break;
      case Op::kListGetF32:
        put(ListGetFloat(ref(1), i32(2)), f32(3));
        pc += 4;
        break;
      case Op::kListGetRef: {
        const auto element = ListGetRef(ref(1), i32(2));
        if (element) {
          store_.Assign(ref(3), *element);
        } else {
          status = element.error();
        }
        pc += 4;
        break;
      }
      case Op::kListSetI32:
        status = ListSet(store_, ref(1), i32(2), {VariantKind::kI32, {.i32 = i32(3)}});
        pc += 4;
        break;
      case Op::kListSetI64:
        status = ListSet(store_, ref(1), i32(2), {VariantKind::kI64, {.i64 = i64(3)}});
        pc += 4;
        break;
      case Op::kListSetF32:
        status = ListSet(store_, ref(1), i32(2), {VariantKind::kF32, {.f32 = f32(3)}});
        pc += 4;
        break;
      case Op::kListSetRef: {
        // The list may be the only holder of itself when it is moved into itself: keep it alive.
        Object* list = ref(1);
        ObjectStore::Retain(list);
        status = ListSet(store_, list, i32(2), {VariantKind::kRef, {.ref = take(3)}});
        store_.Release(list);
        pc += 4;
        break;
      }

      case Op::kMoveI32:
        u32(2) = u32(1);
        pc += 3;
        continue;
      case Op::kSelectI32:
        u32(4) = i32(1) != 0 ? u32(2) : u32(3);
        pc += 5;
        continue;
      case Op::kSelectI64:
        u64(4) = i32(1) != 0 ? u64(2) : u64(3);
        pc += 5;
        continue;
      case Op::kSelectRef:
        set_ref(4, take(i32(1) != 0 ? 2 : 3));
        pc += 5;
        continue;
      case Op::kAssignRef:
        set_ref(2, take(1));
        pc += 3;
        continue;
      case Op::kDiscardRefs:
        for (uint32_t i = 0; i < pc[1]; ++i) store_.Move(RefAt(refs, pc[2 + i]), nullptr);
        pc += 2 + pc[1];
        continue;

      case Op::kAddI32:
        u32(3) = u32(1) + u32(2);
        pc += 4;
        continue;
      case Op::kSubI32:
        u32(3) = u32(1) - u32(2);
        pc += 4;
        continue;
      case Op::kMulI32:
        u32(3) = u32(1) * u32(2);
        pc += 4;
        continue;
      case Op::kDivSI32:
        if (divides(i32(2) != 0))
          u32(3) = i32(2) == -1 ? 0u - u32(1) : static_cast<uint32_t>(i32(1) / i32(2));
        pc += 4;
        break;
      case Op::kDivUI32:
        if (divides(u32(2) != 0)) u32(3) = u32(1) / u32(2);
        pc += 4;
        break;
      case Op::kRemSI32:
        if (divides(i32(2) != 0)) i32(3) = i32(2) == -1 ? 0 : i32(1) % i32(2);
        pc += 4;
        break;
      case Op::kRemUI32:
        if (divides(u32(2) != 0)) u32(3) = u32(1) % u32(2);
        pc += 4;
        break;
      case Op::kFmaI32:
        u32(4) = u32(1) * u32(2) + u32(3);
        pc += 5;
        continue;
      case Op::kAddI64:
        u64(3) = u64(1) + u64(2);
        pc += 4;
        continue;
      case Op::kSubI64:
        u64(3) = u64(1) - u64(2);
        pc += 4;
        continue;
      case Op::kMulI64:
        u64(3) = u64(1) * u64(2);
        pc += 4;
        continue;
      case Op::kDivSI64:
        if (divides(i64(2) != 0)) u64(3) = DivideSigned(i64(1), i64(2)).quotient;
        pc += 4;
        break;
      case Op::kDivUI64:
        if (divides(u64(2) != 0)) u64(3) = DivideUnsigned(u64(1), u64(2)).quotient;
        pc += 4;
        break;
      case Op::kRemSI64:
        if (divides(i64(2) != 0)) u64(3) = DivideSigned(i64(1), i64(2)).remainder;
        pc += 4;
        break;
      case Op::kRemUI64:
        if (divides(u64(2) != 0)) u64(3) = DivideUnsigned(u64(1), u64(2)).remainder;
        pc += 4;
        break;
      case Op::kFmaI64:
        u64(4) = u64(1) * u64(2) + u64(3);
        pc += 5;
        continue;
      case Op::kAbsI32:
        u32(2) = i32(1) < 0 ? 0u - u32(1) : u32(1);
        pc += 3;
        continue;
      case Op::kAbsI64:
        u64(2) = i64(1) < 0 ? ~u64(1) + 1 : u64(1);
        pc += 3;
        continue;
      case Op::kMinSI32:
        i32(3) = std::min(i32(1), i32(2));
        pc += 4;
        continue;
      case Op::kMinUI32:
        u32(3) = std::min(u32(1), u32(2));
        pc += 4;
        continue;
      case Op::kMaxSI32:
        i32(3) = std::max(i32(1), i32(2));
        pc += 4;
        continue;
      case Op::kMaxUI32:
        u32(3) = std::max(u32(1), u32(2));
        pc += 4;
        continue;
      case Op::kMinSI64:
        i64(3) = std::min(i64(1), i64(2));
        pc += 4;
        continue;
      case Op::kMinUI64:
        u64(3) = std::min(u64(1), u64(2));
        pc += 4;
        continue;
      case Op::kMaxSI64:
        i64(3) = std::max(i64(1), i64(2));
        pc += 4;
        continue;
      case Op::kMaxUI64:
        u64(3) = std::max(u64(1), u64(2));
        pc += 4;
        continue;

      case Op::kNotI32:
        u32(2) = ~u32(1);
        pc += 3;
        continue;
      case Op::kAndI32:
        u32(3) = u32(1) & u32(2);
        pc += 4;
        continue;
      case Op::kOrI32:
        u32(3) = u32(1) | u32(2);
        pc += 4;
        continue;
      case Op::kXorI32:
        u32(3) = u32(1) ^ u32(2);
        pc += 4;
        continue;
      case Op::kNotI64:
        u64(2) = ~u64(1);
        pc += 3;
        continue;
      case Op::kAndI64:
        u64(3) = u64(1) & u64(2);
        pc += 4;
        continue;
      case Op::kOrI64:
        u64(3) = u64(1) | u64(2);
        pc += 4;
        continue;
      case Op::kXorI64:
        u64(3) = u64(1) ^ u64(2);
        pc += 4;
        continue;
      case Op::kShlI32:
        u32(3) = u32(1) << (u32(2) & 31);
        pc += 4;
        continue;
      case Op::kShrSI32:
        i32(3) = i32(1) >> (u32(2) & 31);
        pc += 4;
        continue;
      case Op::kShrUI32:
        u32(3) = u32(1) >> (u32(2) & 31);
        pc += 4;
        continue;
      case Op::kShlI64:
        u64(3) = u64(1) << (u32(2) & 63);
        pc += 4;
        continue;
      case Op::kShrSI64:
        i64(3) = i64(1) >> (u32(2) & 63);
        pc += 4;
        continue;
      case Op::kShrUI64:
        u64(3) = u64(1) >> (u32(2) & 63);
        pc += 4;
        continue;
      case Op::kCtlzI32:
        i32(2) = std::countl_zero(u32(1));
        pc += 3;
        continue;
      case Op::kCtlzI64:
        i64(2) = CountLeadingZeros(u64(1));
        pc += 3;
        continue;

      case Op::kTruncI32I8:
      case Op::kExtI8I32U:
        u32(2) = u32(1) & 0xFF;
        pc += 3;
        continue;
      case Op::kTruncI32I16:
      case Op::kExtI16I32U:
        u32(2) = u32(1) & 0xFFFF;
        pc += 3;
        continue;
      case Op::kTruncI64I32:
        u32(2) = static_cast<uint32_t>(u64(1));
        pc += 3;
        continue;
      case Op::kExtI8I32S:
        i32(2) = static_cast<int8_t>(u32(1));
        pc += 3;
        continue;
      case Op::kExtI16I32S:
        i32(2) = static_cast<int16_t>(u32(1));
        pc += 3;
        continue;
      case Op::kExtI32I64S:
        i64(2) = i32(1);
        pc += 3;
        continue;
      case Op::kExtI32I64U:
        u64(2) = u32(1);
        pc += 3;
        continue;

      case Op::kCmpEqI32:
        i32(3) = u32(1) == u32(2);
        pc += 4;
        continue;
      case Op::kCmpNeI32:
        i32(3) = u32(1) != u32(2);
        pc += 4;
        continue;
      case Op::kCmpLtSI32:
        i32(3) = i32(1) < i32(2);
        pc += 4;
        continue;
      case Op::kCmpLtUI32:
        i32(3) = u32(1) < u32(2);
        pc += 4;
        continue;
      case Op::kCmpNzI32:
        i32(2) = u32(1) != 0;
        pc += 3;
        continue;
      case Op::kCmpEqI64:
        i32(3) = u64(1) == u64(2);
        pc += 4;
        continue;
      case Op::kCmpNeI64:
        i32(3) = u64(1) != u64(2);
        pc += 4;
        continue;
      case Op::kCmpLtSI64:
        i32(3) = i64(1) < i64(2);
        pc += 4;
        continue;
      case Op::kCmpLtUI64:
        i32(3) = u64(1) < u64(2);
        pc += 4;
        continue;
      case Op::kCmpNzI64:
        i32(2) = u64(1) != 0;
        pc += 3;
        continue;
      case Op::kCmpEqRef:
        i32(3) = ref(1) == ref(2);
        pc += 4;
        continue;
      case Op::kCmpNeRef:
        i32(3) = ref(1) != ref(2);
        pc += 4;
        continue;
      case Op::kCmpNzRef:
        i32(2) = ref(1) != nullptr;
        pc += 3;
        continue;

      case Op::kBufferLoadI8U:
        u32(3) = load(uint8_t{});
        pc += 4;
        break;
      case Op::kBufferLoadI8S:
        i32(3) = load(int8_t{});
        pc += 4;
        break;
      case Op::kBufferLoadI16U:
        u32(3) = load(uint16_t{});
        pc += 4;
        break;
      case Op::kBufferLoadI16S:
        i32(3) = load(int16_t{});
        pc += 4;
        break;
      case Op::kBufferLoadI32:
        u32(3) = load(uint32_t{});
        pc += 4;
        break;
      case Op::kBufferLoadI64:
        u64(3) = load(uint64_t{});
        pc += 4;
        break;
      case Op::kBufferStoreI8:
        store(static_cast<uint8_t>(u32(3)));
        pc += 4;
        break;
      case Op::kBufferStoreI16:
        store(static_cast<uint16_t>(u32(3)));
        pc += 4;
        break;
      case Op::kBufferStoreI32:
        store(u32(3));
        pc += 4;
        break;
      case Op::kBufferStoreI64:
        store(u64(3));
        pc += 4;
        break;
      case Op::kBufferAlloc:
        put_ref(BufferAlloc(store_, u64(1)), 2);
        pc += 3;
        break;
      case Op::kBufferClone:
        put_ref(BufferClone(store_, ref(1), u64(2), u64(3)), 4);
        pc += 5;
        break;
      case Op::kBufferLength: {
        const auto buffer = AsVmBuffer(ref(1));
        if (buffer) {
          u64(2) = (*buffer)->length;
        } else {
          status = buffer.error();
        }
        pc += 3;
        break;
      }
      case Op::kBufferCopy:
        status = BufferCopy(ref(1), u64(2), ref(3), u64(4), u64(5));
        pc += 6;
        break;
      case Op::kBufferCompare:
        put(BufferCompare(ref(1), u64(2), ref(3), u64(4), u64(5)), i32(6));
        pc += 7;
        break;
      case Op::kBufferFillI8:
        fill(1, u32(4));
        pc += 5;
        break;
      case Op::kBufferFillI16:
        fill(2, u32(4));
        pc += 5;
        break;
      case Op::kBufferFillI32:
        fill(4, u32(4));
        pc += 5;
        break;
      case Op::kBufferFillI64:
        fill(8, u64(4));
        pc += 5;
        break;

      case Op::kAddF32:
        f32(3) = f32(1) + f32(2);
        pc += 4;
        continue;
      case Op::kSubF32:
        f32(3) = f32(1) - f32(2);
        pc += 4;
        continue;
      case Op::kMulF32:
        f32(3) = f32(1) * f32(2);
        pc += 4;
        continue;
      case Op::kDivF32:
        f32(3) = f32(1) / f32(2);
        pc += 4;
        continue;
      case Op::kRemF32:
        f32(3) = f32::Remainder(f32(1), f32(2));
        pc += 4;
        continue;
      case Op::kFmaF32:
        f32(4) = __builtin_elementwise_fma(f32(1), f32(2), f32(3));
        pc += 5;
        continue;
      case Op::kAbsF32:
        f32(2) = f32::Abs(f32(1));
        pc += 3;
        continue;
      case Op::kNegF32:
        f32(2) = -f32(1);
        pc += 3;
        continue;
      case Op::kMinF32:
        f32(3) = f32(2) < f32(1) ? f32(2) : f32(1);
        pc += 4;
        continue;
      case Op::kMaxF32:
        f32(3) = f32(1) < f32(2) ? f32(2) : f32(1);
        pc += 4;
        continue;
      case Op::kCastSi32F32:
        f32(2) = static_cast<float>(i32(1));
        pc += 3;
        continue;
      case Op::kCastUi32F32:
        f32(2) = static_cast<float>(u32(1));
        pc += 3;
        continue;
      case Op::kCastF32Si32:
        i32(2) = RoundToI32(f32(1));
        pc += 3;
        continue;
      case Op::kCastF32Ui32:
        u32(2) = RoundToU32(f32(1));
        pc += 3;
        continue;
      case Op::kCastF32Si64:
        i64(2) = RoundToI64(f32(1));
        pc += 3;
        continue;
      case Op::kCastF32Ui64:
        u64(2) = RoundToU64(f32(1));
        pc += 3;
        continue;
      case Op::kCastSi64F32:
        f32(2) = FloatFromI64(i64(1));
        pc += 3;
        continue;
      case Op::kCastUi64F32:
        f32(2) = FloatFromU64(u64(1));
        pc += 3;
        continue;
      case Op::kCmpEqOF32:
        i32(3) = f32(1) == f32(2);
        pc += 4;
        continue;
      case Op::kCmpEqUF32:
        i32(3) = f32(1) == f32(2) || Unordered(f32(1), f32(2));
        pc += 4;
        continue;
      case Op::kCmpNeOF32:
      case Op::kCmpNeUF32:
        // Both are C's != in IREE's interpreter, so NaN compares unequal to everything.
        i32(3) = f32(1) != f32(2);
        pc += 4;
        continue;
      case Op::kCmpLtOF32:
        i32(3) = f32(1) < f32(2);
        pc += 4;
        continue;
      case Op::kCmpLtUF32:
        i32(3) = !(f32(1) >= f32(2));
        pc += 4;
        continue;
      case Op::kCmpLteOF32:
        i32(3) = f32(1) <= f32(2);
        pc += 4;
        continue;
      case Op::kCmpLteUF32:
        i32(3) = !(f32(1) > f32(2));
        pc += 4;
        continue;
      case Op::kCmpNanF32:
        i32(2) = f32(1) != f32(1);
        pc += 3;
        continue;
      case Op::kRoundF32:
      case Op::kRoundF32Even:
      case Op::kCeilF32:
      case Op::kFloorF32:
      case Op::kAtanF32:
      case Op::kCosF32:
      case Op::kSinF32:
      case Op::kExpF32:
      case Op::kExp2F32:
      case Op::kExpm1F32:
      case Op::kLogF32:
      case Op::kLog10F32:
      case Op::kLog1pF32:
      case Op::kLog2F32:
      case Op::kRsqrtF32:
      case Op::kSqrtF32:
      case Op::kTanhF32:
      case Op::kErfF32:
        f32(2) = f32::Unary(static_cast<Op>(pc[0]), f32(1));
        pc += 3;
        continue;
      case Op::kAtan2F32:
        f32(3) = f32::Atan2(f32(1), f32(2));
        pc += 4;
        continue;
      case Op::kPowF32:
        f32(3) = f32::Pow(f32(1), f32(2));
        pc += 4;
        continue;

      // Never in translated code: refused, folded into others, or without cells.
      case Op::kConstI32Zero:
      case Op::kConstI32:
      case Op::kConstI64Zero:
      case Op::kConstI64:
      case Op::kConstF32Zero:
      case Op::kConstF32:
      case Op::kSwitchI32:
      case Op::kSwitchI64:
      case Op::kSwitchRef:
      case Op::kSwitchF32:
      case Op::kCall:
      case Op::kCallVariadic:
      case Op::kCallYieldable:
      case Op::kCallVariadicYieldable:
      case Op::kImportResolved:
      case Op::kYield:
      case Op::kBreak:
      case Op::kCondBreak:
      case Op::kTrace:
      case Op::kPrint:
      case Op::kBlock:
      case Op::kCastAnyRef:
      case Op::kBufferHash:
      case Op::kGlobalLoadF32:
      case Op::kGlobalStoreF32:
      case Op::kGlobalLoadIndirectF32:
      case Op::kGlobalStoreIndirectF32:
      case Op::kSelectF32:
      case Op::kBitcastI32F32:
      case Op::kBitcastF32I32:
      case Op::kBufferLoadF32:
      case Op::kBufferStoreF32:
      case Op::kBufferFillF32:
        __builtin_unreachable();
    }
    if (status != Status::kOk) [[unlikely]] {
      return InstructionFailed(status);
    }
  }
}

}  // namespace runtime
