#include "runtime/hal/type_hints.h"

#include <array>
#include <cstring>

#include "runtime/hal/handlers.h"
#include "runtime/vm/opcode.h"

namespace runtime {
namespace {

// What a reference register holds, as far as it matters.
enum : uint8_t { kUnknown = 0, kFirstArgument = 1, kFirstCreated = 0x80 };
constexpr uint32_t kMaxCreated = 32;

uint32_t Wide(const uint16_t* cells) { return cells[0] | static_cast<uint32_t>(cells[1]) << 16; }
const uint16_t* BranchTarget(const uint16_t* branch) {
  return branch + static_cast<int32_t>(Wide(branch));
}
uint32_t BranchLength(const uint16_t* branch) { return 4 + 2 * (branch[2] + branch[3]); }

// Cells of an instruction that falls through (translator.h describes them all).
uint32_t CellLength(const uint16_t* pc) {
  switch (static_cast<Op>(pc[0])) {
    case Op::kConstRun:
      return 2 + 3 * pc[1];
    case Op::kCallImport:
    case Op::kUnresolvedImport:
      return pc[2];
    case Op::kCallInternal:
      return 6 + 2 * (pc[2] + pc[3]) + pc[4] + pc[5];
    case Op::kDiscardRefs:
      return 2 + pc[1];
    default:
      break;
  }
  return kOpcodeRows[pc[0]].cells;
}

class PathReader {
 public:
  PathReader(const VerifiedModule& module, const FunctionRecord& function, FunctionInfo& info,
             uint32_t* values, uint8_t* known, uint8_t* refs)
      : module_(module),
        function_(function),
        info_(info),
        values_(values),
        known_(known),
        refs_(refs) {
    uint8_t tensor = kFirstArgument;
    uint32_t slot = 0;
    for (uint32_t i = 0; i < info.argument_count; ++i) {
      if (info.arguments[i].kind == ValueKind::kTensor) {
        refs_[slot++] = static_cast<uint8_t>(tensor + i);
      }
    }
  }

  void Follow() {
    const uint16_t* pc = function_.cells;
    for (uint32_t steps = function_.cell_count; steps != 0; --steps) {
      switch (static_cast<Op>(pc[0])) {
        case Op::kReturn:
          ReadReturn(pc);
          return;
        case Op::kFail:
          return;
        case Op::kBr:
          pc = Branch(pc + 1);
          continue;
        case Op::kCondBr: {
          const uint16_t* yes = pc + 2;
          const uint16_t* no = yes + BranchLength(yes);
          pc = Branch(Fails(BranchTarget(yes)) ? no : yes);
          continue;
        }
        case Op::kBrTable:
          pc = Branch(pc + pc[3]);
          continue;
        default:
          break;
      }
      Step(pc);
      pc += CellLength(pc);
    }
  }

 private:
  static bool Fails(const uint16_t* pc) {
    while (static_cast<Op>(pc[0]) == Op::kConstRun) pc += CellLength(pc);
    return static_cast<Op>(pc[0]) == Op::kFail;
  }

  static uint32_t ValueIndex(uint16_t cell) { return cell / sizeof(uint32_t); }
  static uint32_t RefIndex(uint16_t cell) { return cell / sizeof(void*); }

  const uint16_t* Branch(const uint16_t* branch) {
    const uint16_t* pair = branch + 4;
    for (uint32_t i = branch[2]; i != 0; --i, pair += 2) {
      values_[ValueIndex(pair[1])] = values_[ValueIndex(pair[0])];
      known_[ValueIndex(pair[1])] = known_[ValueIndex(pair[0])];
    }
    for (uint32_t i = branch[3]; i != 0; --i, pair += 2) {
      refs_[RefIndex(pair[1])] = refs_[RefIndex(pair[0])];
    }
    return BranchTarget(branch);
  }

  // Effects on what is known: constants, views, and that any other result is not known.
  void Step(const uint16_t* pc) {
    switch (static_cast<Op>(pc[0])) {
      case Op::kConstRun:
        for (uint32_t i = 0; i < pc[1]; ++i) {
          const uint16_t* entry = pc + 2 + 3 * i;
          values_[ValueIndex(entry[0])] = Wide(entry + 1);
          known_[ValueIndex(entry[0])] = 1;
        }
        return;
      case Op::kCallImport:
        ReadImport(pc);
        return;
      case Op::kCallInternal: {
        const uint16_t* result = pc + 6 + 2 * (pc[2] + pc[3]);
        for (uint32_t i = 0; i < pc[4]; ++i) known_[ValueIndex(*result++)] = 0;
        for (uint32_t i = 0; i < pc[5]; ++i) refs_[RefIndex(*result++)] = kUnknown;
        return;
      }
      case Op::kAssignRef:
        refs_[RefIndex(pc[2])] = refs_[RefIndex(pc[1])];
        return;
      case Op::kMoveI32:
        known_[ValueIndex(pc[2])] = 0;
        return;
      case Op::kGlobalStoreI32:
      case Op::kGlobalStoreI64:
      case Op::kGlobalStoreRef:
      case Op::kDiscardRefs:
      case Op::kUnresolvedImport:
        return;
      default:
        break;
    }
    // The result is the last register.
    const uint32_t last = CellLength(pc) - 1;
    char letter = '\0';
    for (const char c : OperandLetters(kOpcodeRows[pc[0]].shape)) letter = c == 'T' ? letter : c;
    if (letter == 'r') {
      refs_[RefIndex(pc[last])] = kUnknown;
    } else if (letter == 'i' || letter == 'I') {
      known_[ValueIndex(pc[last])] = 0;
    }
  }

  void ReadImport(const uint16_t* pc) {
    const ImportSlot& import = module_.imports()[pc[1]];
    const uint16_t* arguments = pc + 8;
    const uint32_t rank = arguments[Call::kSpanCells];
    uint8_t created = kUnknown;
    if (import.row->function == hal::BufferViewAssert) {
      const uint8_t origin = refs_[RefIndex(arguments[0])];
      if (origin >= kFirstArgument && origin < kFirstCreated) {
        ReadShape(info_.arguments[origin - kFirstArgument], arguments[2], arguments + 4, rank);
      }
    } else if (import.row->function == hal::BufferViewCreate && created_count_ < kMaxCreated) {
      ValueInfo& view = created_[created_count_];
      view = {};
      view.kind = ValueKind::kTensor;
      ReadShape(view, arguments[3], arguments + 5, rank);
      created = static_cast<uint8_t>(kFirstCreated + created_count_++);
    }
    for (uint32_t i = 0; i < import.signature.results.size(); ++i) {
      const uint16_t cell = arguments[Call::kResultCells + static_cast<int>(i)];
      if (import.signature.results[i] == 'r') {
        refs_[RefIndex(cell)] = created;
      } else {
        known_[ValueIndex(cell)] = 0;
      }
    }
  }

  void ReadShape(ValueInfo& info, uint16_t type_cell, const uint16_t* dims, uint32_t rank) {
    if (info.shape_known || rank > kMaxRank) return;
    if (known_[ValueIndex(type_cell)] != 0) info.type.code = values_[ValueIndex(type_cell)];
    info.shape_known = true;
    info.rank = rank;
    for (uint32_t i = 0; i < rank; ++i) {
      const uint32_t index = ValueIndex(dims[i]);
      info.dims[i] = known_[index] != 0 ? values_[index] : ValueInfo::kDynamic;
    }
  }

  void ReadReturn(const uint16_t* pc) {
    const uint16_t* ref = pc + 3 + pc[1];
    uint32_t left = pc[2];
    for (uint32_t i = 0; i < info_.result_count && left != 0; ++i) {
      if (info_.results[i].kind != ValueKind::kTensor) continue;
      const uint8_t origin = refs_[RefIndex(*ref++)];
      --left;
      if (origin >= kFirstCreated) {
        info_.results[i] = created_[origin - kFirstCreated];
      } else if (origin >= kFirstArgument) {
        info_.results[i] = info_.arguments[origin - kFirstArgument];
      }
    }
  }

  const VerifiedModule& module_;
  const FunctionRecord& function_;
  FunctionInfo& info_;
  uint32_t* values_;  // per value slot
  uint8_t* known_;    // per value slot: the value is a constant
  uint8_t* refs_;     // per reference slot
  std::array<ValueInfo, kMaxCreated> created_;
  uint32_t created_count_ = 0;
};

}  // namespace

void ReadTypeHints(const VerifiedModule& module, const FunctionRecord& function, Heap& heap,
                   FunctionInfo& info) {
  auto* values = heap.AllocateArray<uint32_t>(function.value_slots);
  const size_t flag_count = function.value_slots + function.ref_slots;
  auto* flags = heap.AllocateArray<uint8_t>(flag_count);
  if (values != nullptr && flags != nullptr) {
    std::memset(flags, 0, flag_count);
    PathReader(module, function, info, values, flags, flags + function.value_slots).Follow();
  }
  heap.FreeArray(values, function.value_slots);
  heap.FreeArray(flags, flag_count);
}

}  // namespace runtime
