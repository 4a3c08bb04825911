// SPDX-License-Identifier: Apache-2.0

#include "runtime/vm/interpreter.h"

#include <cstring>

#include "runtime/vm/buffer_ops.h"
#include "runtime/vm/list_ops.h"
#include "runtime/vm/opcode.h"
#include "runtime/vm/scalar_ops.h"

namespace runtime {
namespace {

using base::Status;

// Cells of reference registers are multiples of 4, plus kMoveBit.
constexpr uint16_t kNoRefResult = 2;

uint32_t Wide(const uint16_t* cells) { return cells[0] | static_cast<uint32_t>(cells[1]) << 16; }

}  // namespace

// Header of a frame in the heap; value slots and references follow.
struct Interpreter::Frame {
  Frame* caller;
  const FunctionRecord* function;
  const uint16_t* pc;  // where to continue; of a caller: its call instruction
  uint8_t* refs;
  uint8_t* values;

  static constexpr size_t kHeaderSize = (5 * sizeof(void*) + 15) & ~size_t{15};
  static size_t ValueBytes(const FunctionRecord& function) {
    constexpr size_t kRefs = alignof(Object*);
    return (function.value_slots * sizeof(uint32_t) + kRefs - 1) & ~(kRefs - 1);
  }
  static size_t SizeFor(const FunctionRecord& function) {
    return kHeaderSize + ValueBytes(function) + function.ref_slots * sizeof(Object*);
  }
};

Status Interpreter::Start() {
  // The global count came from the file; an impossible one simply does not fit the heap.
  globals_ = store_.heap().AllocateArray<uint8_t>(module_.global_bytes());
  if (globals_ != nullptr) {
    std::memset(globals_, 0, module_.global_bytes());
    global_refs_ = store_.heap().AllocateArray<Object*>(module_.global_refs());
  }
  if (global_refs_ == nullptr) return failure_.Set(Message::kNoMemory);
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
  frame->values = static_cast<uint8_t*>(memory) + Frame::kHeaderSize;
  frame->refs = frame->values + Frame::ValueBytes(function);
  std::memset(frame->values, 0, Frame::SizeFor(function) - Frame::kHeaderSize);
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

Status Interpreter::Invoke(const FunctionRecord& record, std::span<const uint32_t> values,
                           std::span<Object* const> refs, RawResults& results) {
  if (values.size() > record.value_slots || refs.size() > record.ref_slots) {
    return failure_.Set(Message::kArgumentCount);
  }
  Frame* frame = PushFrame(record);
  if (frame == nullptr) return failure_.Set(Message::kNoMemory);
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
  const uint32_t code = *reinterpret_cast<const uint32_t*>(values + pc[1]);
  const uint8_t* message = frame_->function->code.data() + Wide(pc + 2);
  return failure_.Begin(Message::kModelFailed)
      .Text({reinterpret_cast<const char*>(message), pc[4]})
      .Text(" (IREE status ")
      .Number(code)
      .Text(")")
      .status();
}

Status Interpreter::ImportFailed(Status status, const ImportRow& row) {
  // A first cause with more words may stand there already; the import's name belongs to it too.
  if (failure_.status() == Status::kOk) failure_.Begin(Message::kCallFailed, status);
  failure_.Text(" in ").Text(module_.ImportName(row));
  return status;
}

Status Interpreter::InstructionFailed(Status status) {
  if (failure_.status() != Status::kOk) return status;
  const auto function = static_cast<uint32_t>(frame_->function - module_.functions().data());
  const bool endless = status == Status::kVmBudgetExhausted;
  return failure_.Begin(endless ? Message::kEndless : Message::kInstructionFailed, status)
      .Text(" in function ")
      .Number(function)
      .status();
}

// `rules` … `end`: pairs of a reference register and the rule it has to keep.
void Interpreter::ReleaseMoved(const uint16_t* rules, const uint16_t* end, uint8_t* refs) {
  for (; rules != end; rules += 2) {
    if ((rules[0] & kMoveBit) != 0) store_.Move(RefAt(refs, rules[0]), nullptr);
  }
}

// Loads and stores of globals. Those whose byte offset or ordinal is in a register are checked
// here.
Status Interpreter::RunGlobalOp(const Operands& x) {
  // In the opcode bit 0 says that it stores, bit 1 that the index is in a register; above them
  // stands the type.
  const auto code = static_cast<uint32_t>(x.op());
  const bool stores = (code & 1) != 0;
  const bool indirect = (code & 2) != 0;
  if (stores || indirect) store_.EndRecording();
  uint32_t index = indirect ? x.U32(1) : x.cells[1];
  if (code >= static_cast<uint32_t>(Op::kGlobalLoadRef)) {
    if (index >= module_.global_refs()) return Status::kOutOfBounds;
    Object*& global = global_refs_[index];
    if (stores) {
      store_.Move(global, x.Take(2));
    } else {
      store_.Assign(x.Ref(2), global);
    }
    return Status::kOk;
  }
  const uint32_t size = code >= static_cast<uint32_t>(Op::kGlobalLoadI64) ? 8 : 4;
  if (!indirect) index *= size;
  if (index % size != 0 || !base::InBounds(module_.global_bytes(), index, size)) {
    return Status::kOutOfBounds;
  }
  uint8_t* global = globals_ + index;
  uint8_t* slot = x.values + x.cells[2];
  std::memcpy(stores ? global : slot, stores ? slot : global, size);
  return Status::kOk;
}

// Instructions of which a model runs few: one more call, in exchange for a small loop.
[[gnu::noinline]]
Status Interpreter::RunGroupOp(const uint16_t* pc, uint8_t* values, uint8_t* refs) {
  const Operands x = {pc, values, refs};
  const Op op = x.op();
  if (op >= Op::kSelectI32 && OperationOf(op) != 0) return RunScalarOp(x);
  store_.EndRecording();
  if (op >= Op::kBufferLoadI8U && op <= Op::kBufferFillI64) {
    return RunBufferOp(store_, x, module_.fill_counts_bytes());
  }
  return RunListOp(store_, x);
}

// Copies registers by pairs of cells, first the values, then the references; `counts` says how
// many.
void Interpreter::Remap(const uint16_t* counts, const uint16_t* pair, const Frame& from,
                        const Frame& to) {
  for (uint32_t i = counts[0]; i != 0; --i, pair += 2) {
    ValueAt(to.values, pair[1]) = ValueAt(from.values, pair[0]);
  }
  for (uint32_t i = counts[1]; i != 0; --i, pair += 2) {
    store_.Move(RefAt(to.refs, pair[1]), TakeRef(from.refs, pair[0]));
  }
}

Status Interpreter::EnterCall(const uint16_t* pc) {
  Frame* caller = frame_;
  if (depth_ >= kMaxCallDepth) {
    return failure_.Set(Message::kTooDeep);
  }
  Frame* frame = PushFrame(module_.functions()[pc[1]]);
  if (frame == nullptr) return failure_.Set(Message::kNoMemory);
  frame->pc = frame->function->cells;
  caller->pc = pc;
  Remap(pc + 2, pc + 6, *caller, *frame);
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
      return failure_.Set(Message::kTooManyResults);
    }
    for (uint32_t i = 0; i < value_count; ++i) {
      results.values[i] = ValueAt(frame->values, value_cells[i]);
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
    return failure_.Set(Message::kCallMisfit);
  }
  for (uint32_t i = 0; i < value_count; ++i) {
    ValueAt(caller->values, *destination++) = ValueAt(frame->values, value_cells[i]);
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
  const ImportTable& imports = module_.import_table();
  const auto* const rules = reinterpret_cast<const uint8_t*>(imports.rules);
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

  // Copies the remapped registers of the branch whose cells start at `branch` and goes there.
  const auto jump = [&](const uint16_t* branch) {
    Remap(branch + 2, branch + 4, *frame_, *frame_);
    pc = branch + static_cast<int32_t>(Wide(branch));
    if (--budget == 0) status = Status::kVmBudgetExhausted;
  };

  // `continue` where nothing can fail, `break` where `status` may say so.
  for (;;) {
    const Operands x = {pc, values, refs};
    switch (x.op()) {
      case Op::kConstRun: {
        const uint16_t* entry = pc + 2;
        for (uint32_t i = pc[1]; i != 0; --i, entry += 3) {
          ValueAt(values, entry[0]) = Wide(entry + 1);
        }
        pc = entry;
        continue;
      }
      case Op::kCallImport: {
        const ImportRow& row = imports.rows[pc[1]];
        const uint16_t* const next = pc + pc[2];
        const uint16_t* const references = next - 2 * (pc[3] & ~kAnyMoved);
        for (const uint16_t* at = references; at != next; at += 2) {
          const RefRule& rule = *reinterpret_cast<const RefRule*>(rules + at[1]);
          if (rule.type == nullptr) continue;
          const Object* object = RefAt(refs, at[0]);
          if (object == nullptr ? rule.nullable : object->type == rule.type) [[likely]]
            continue;
          return ImportFailed(object == nullptr ? Status::kVmNullReference : Status::kVmWrongType,
                              row);
        }
        call.arguments = pc + kImportCallHeader;
        call.ref_cell = kNoRefResult;
        call.row = &row;
        status = imports.functions[row.function](call);
        if (status != Status::kOk) [[unlikely]]
          return ImportFailed(status, row);
        if ((pc[3] & kAnyMoved) != 0) ReleaseMoved(references, next, refs);
        if (call.ref_cell != kNoRefResult) store_.Move(RefAt(refs, call.ref_cell), call.ref_result);
        pc = next;
        if (--budget != 0) continue;
        status = Status::kVmBudgetExhausted;
        break;
      }
      case Op::kUnresolvedImport:
        return failure_.Set(Message::kMissingImport);
      case Op::kCallInternal:
      case Op::kReturn:
        status = x.op() == Op::kReturn ? LeaveCall(pc, results) : EnterCall(pc);
        if (status != Status::kOk || frame_ == nullptr) return status;
        pc = frame_->pc;
        values = frame_->values;
        refs = frame_->refs;
        call.values = values;
        call.refs = refs;
        if (--budget == 0) status = Status::kVmBudgetExhausted;
        break;
      case Op::kFail:
        return FailOp(pc, values);

      case Op::kBr:
        jump(pc + 1);
        break;
      case Op::kCondBr: {
        const uint16_t* branch = pc + 2;
        if (x.I32(1) == 0) branch += 4 + 2 * (branch[2] + branch[3]);
        jump(branch);
        break;
      }
      case Op::kBrTable: {
        const uint32_t index = x.U32(1);
        jump(pc + pc[3 + (index < pc[2] ? index + 1 : 0)]);
        break;
      }

      case Op::kGlobalLoadI32:
      case Op::kGlobalStoreI32:
      case Op::kGlobalLoadI64:
      case Op::kGlobalStoreI64:
      case Op::kGlobalLoadRef:
      case Op::kGlobalStoreRef:
      case Op::kGlobalLoadIndirectI32:
      case Op::kGlobalStoreIndirectI32:
      case Op::kGlobalLoadIndirectI64:
      case Op::kGlobalStoreIndirectI64:
      case Op::kGlobalLoadIndirectRef:
      case Op::kGlobalStoreIndirectRef:
        status = RunGlobalOp(x);
        pc += 3;
        break;

      case Op::kConstRefZero:
        store_.Move(x.Ref(1), nullptr);
        pc += 2;
        continue;
      case Op::kConstRefRodata:
        store_.Assign(x.Ref(2), module_.rodata(pc[1]));
        pc += 3;
        continue;
      case Op::kSelectRef:
        store_.Move(x.Ref(4), x.Take(x.I32(1) != 0 ? 2 : 3));
        pc += 5;
        continue;
      case Op::kAssignRef:
        store_.Move(x.Ref(2), x.Take(1));
        pc += 3;
        continue;
      case Op::kDiscardRefs:
        for (uint32_t i = 0; i < pc[1]; ++i) store_.Move(RefAt(refs, pc[2 + i]), nullptr);
        pc += 2 + pc[1];
        continue;
      case Op::kCmpEqRef:
        x.I32(3) = x.Ref(1) == x.Ref(2);
        pc += 4;
        continue;
      case Op::kCmpNeRef:
        x.I32(3) = x.Ref(1) != x.Ref(2);
        pc += 4;
        continue;
      case Op::kCmpNzRef:
        x.I32(2) = x.Ref(1) != nullptr;
        pc += 3;
        continue;

      default:
        status = RunGroupOp(pc, values, refs);
        pc += kOpcodeRows[pc[0]].cells;
        if (--budget == 0) status = Status::kVmBudgetExhausted;
        break;
    }
    if (status != Status::kOk) [[unlikely]]
      return InstructionFailed(status);
  }
}

}  // namespace runtime
