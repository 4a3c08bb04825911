// SPDX-License-Identifier: Apache-2.0

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
constexpr uint32_t kMaxDepth = 4;
constexpr uint32_t kMaxSteps = 20'000;

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

// What the whole reading shares: the signature being filled in and the views made on the way.
struct Findings {
  FunctionInfo& info;
  std::array<ValueInfo, kMaxCreated> created = {};
  uint32_t created_count = 0;
  uint32_t steps = 0;  // still allowed
  uint32_t depth = 0;  // of internal calls
};

// Knowledge about the registers of one frame, while one path through its function is followed.
class PathReader {
 public:
  PathReader(const VerifiedModule& module, const FunctionRecord& function, Heap& heap,
             Findings& findings)
      : module_(module), function_(function), heap_(heap), findings_(findings) {
    values_ = heap.AllocateArray<uint32_t>(function.value_slots);
    flags_ = heap.AllocateArray<uint8_t>(FlagCount());
    if (flags_ != nullptr) std::memset(flags_, 0, FlagCount());
  }
  ~PathReader() {
    heap_.FreeArray(values_, function_.value_slots);
    heap_.FreeArray(flags_, FlagCount());
  }
  PathReader(const PathReader&) = delete;
  PathReader& operator=(const PathReader&) = delete;

  [[nodiscard]] bool ready() const { return values_ != nullptr && flags_ != nullptr; }
  uint8_t& RefAt(uint16_t cell) { return flags_[function_.value_slots + cell / sizeof(void*)]; }

  // The instruction at which the path returns, or nullptr.
  const uint16_t* Follow() {
    const uint16_t* pc = function_.cells;
    while (findings_.steps != 0) {
      --findings_.steps;
      switch (static_cast<Op>(pc[0])) {
        case Op::kReturn:
          return pc;
        case Op::kFail:
          return nullptr;
        case Op::kBr:
          pc = Branch(pc + 1);
          continue;
        case Op::kCondBr: {
          const uint16_t* yes = pc + 2;
          const uint16_t* no = yes + BranchLength(yes);
          const bool leave =
              !Fails(BranchTarget(no)) && (Fails(BranchTarget(yes)) || IsRepeated(pc));
          pc = Branch(leave ? no : yes);
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
    return nullptr;
  }

 private:
  [[nodiscard]] size_t FlagCount() const { return function_.value_slots + function_.ref_slots; }

  // Whether nothing but cleaning up happens from `pc` to a `fail`.
  static bool Fails(const uint16_t* pc) {
    for (int hops = 0; hops < 16; ++hops) {
      switch (static_cast<Op>(pc[0])) {
        case Op::kFail:
          return true;
        case Op::kBr:
          pc = BranchTarget(pc + 1);
          break;
        case Op::kConstRun:
        case Op::kDiscardRefs:
          pc += CellLength(pc);
          break;
        default:
          return false;
      }
    }
    return false;
  }

  // A conditional branch met before closes a loop: the other way leads out.
  bool IsRepeated(const uint16_t* branch) {
    for (uint32_t i = 0; i < met_count_; ++i) {
      if (met_[i] == branch) return true;
    }
    if (met_count_ < met_.size()) met_[met_count_++] = branch;
    return false;
  }

  uint32_t& ValueAt(uint16_t cell) { return values_[cell / sizeof(uint32_t)]; }
  uint8_t& KnownAt(uint16_t cell) { return flags_[cell / sizeof(uint32_t)]; }

  const uint16_t* Branch(const uint16_t* branch) {
    const uint16_t* pair = branch + 4;
    for (uint32_t i = branch[2]; i != 0; --i, pair += 2) {
      ValueAt(pair[1]) = ValueAt(pair[0]);
      KnownAt(pair[1]) = KnownAt(pair[0]);
    }
    for (uint32_t i = branch[3]; i != 0; --i, pair += 2) RefAt(pair[1]) = RefAt(pair[0]);
    return BranchTarget(branch);
  }

  // Effects on what is known: constants, views, and that any other result is not known.
  void Step(const uint16_t* pc) {
    switch (static_cast<Op>(pc[0])) {
      case Op::kConstRun:
        for (uint32_t i = 0; i < pc[1]; ++i) {
          const uint16_t* entry = pc + 2 + 3 * i;
          ValueAt(entry[0]) = Wide(entry + 1);
          KnownAt(entry[0]) = 1;
        }
        return;
      case Op::kCallImport:
        ReadImport(pc);
        return;
      case Op::kCallInternal:
        ReadCall(pc);
        return;
      case Op::kAssignRef:
        RefAt(pc[2]) = RefAt(pc[1]);
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
    const uint16_t cell = pc[CellLength(pc) - 1];
    char letter = '\0';
    for (const char* c = OperandLetters(kOpcodeRows[pc[0]].shape); *c != '\0'; ++c) {
      if (*c != 'T') letter = *c;
    }
    if (letter == 'r') {
      RefAt(cell) = kUnknown;
    } else if (IsResult(letter)) {
      KnownAt(cell) = 0;
    }
  }

  void ReadCall(const uint16_t* pc) {
    const uint16_t* pair = pc + 6 + 2 * pc[2];
    const uint16_t* result = pair + 2 * pc[3];
    PathReader callee(module_, module_.functions()[pc[1]], heap_, findings_);
    const uint16_t* end = nullptr;
    if (callee.ready() && findings_.depth < kMaxDepth) {
      for (uint32_t i = 0; i < pc[3]; ++i, pair += 2) callee.RefAt(pair[1]) = RefAt(pair[0]);
      ++findings_.depth;
      end = callee.Follow();
      --findings_.depth;
    }
    for (uint32_t i = 0; i < pc[4]; ++i) KnownAt(*result++) = 0;
    for (uint32_t i = 0; i < pc[5]; ++i) {
      RefAt(*result++) =
          end != nullptr && i < end[2] ? callee.RefAt(end[3 + end[1] + i]) : kUnknown;
    }
  }

  void ReadImport(const uint16_t* pc) {
    const ImportTable& table = module_.import_table();
    const ImportRow& import = table.rows[pc[1]];
    const ImportFunction function = table.functions[import.function];
    const uint16_t* arguments = pc + kImportCallHeader;
    const uint32_t rank = arguments[Call::kSpanCells];
    uint8_t created = kUnknown;
    if (function == hal::BufferViewAssert) {
      const uint8_t origin = RefAt(arguments[0]);
      if (origin >= kFirstArgument && origin < kFirstCreated) {
        ReadShape(findings_.info.arguments[origin - kFirstArgument], arguments[2], arguments + 4,
                  rank);
      }
    } else if (function == hal::BufferViewCreate && findings_.created_count < kMaxCreated) {
      ValueInfo& view = findings_.created[findings_.created_count];
      view = {};
      view.kind = ValueKind::kTensor;
      ReadShape(view, arguments[3], arguments + 5, rank);
      created = static_cast<uint8_t>(kFirstCreated + findings_.created_count++);
    }
    const char* letter = module_.ConventionOf(import);
    while (*letter++ != '_') {
    }
    for (int i = 0; letter[i] != '\0' && letter[i] != 'v'; ++i) {
      const uint16_t cell = arguments[Call::kResultCells + i];
      if (letter[i] == 'r') {
        RefAt(cell) = created;
      } else {
        KnownAt(cell) = 0;
      }
    }
  }

  void ReadShape(ValueInfo& info, uint16_t type_cell, const uint16_t* dims, uint32_t rank) {
    if (info.shape_known || rank > kMaxRank) return;
    if (KnownAt(type_cell) != 0) info.type.code = ValueAt(type_cell);
    info.shape_known = true;
    info.rank = rank;
    for (uint32_t i = 0; i < rank; ++i) {
      info.dims[i] = KnownAt(dims[i]) != 0 ? ValueAt(dims[i]) : ValueInfo::kDynamic;
    }
  }

  const VerifiedModule& module_;
  const FunctionRecord& function_;
  Heap& heap_;
  Findings& findings_;
  uint32_t* values_;  // per value slot
  uint8_t* flags_;    // per value slot: the value is a constant; behind them, per reference: origin
  std::array<const uint16_t*, 8> met_;
  uint32_t met_count_ = 0;
};

}  // namespace

// Not part of its caller's frame, which is large enough.
[[gnu::noinline]] void ReadTypeHints(const VerifiedModule& module, const FunctionRecord& function,
                                     Heap& heap, FunctionInfo& info) {
  Findings findings = {.info = info, .steps = kMaxSteps};
  PathReader reader(module, function, heap, findings);
  if (!reader.ready()) return;
  uint32_t slot = 0;
  for (uint32_t i = 0; i < info.argument_count; ++i) {
    if (info.arguments[i].kind != ValueKind::kTensor) continue;
    reader.RefAt(static_cast<uint16_t>(slot++ * sizeof(void*))) =
        static_cast<uint8_t>(kFirstArgument + i);
  }
  const uint16_t* end = reader.Follow();
  if (end == nullptr) return;
  const uint16_t* ref = end + 3 + end[1];
  uint32_t left = end[2];
  for (uint32_t i = 0; i < info.result_count && left != 0; ++i) {
    if (info.results[i].kind != ValueKind::kTensor) continue;
    const uint8_t origin = reader.RefAt(*ref++);
    --left;
    if (origin >= kFirstCreated) {
      info.results[i] = findings.created[origin - kFirstCreated];
    } else if (origin >= kFirstArgument) {
      info.results[i] = info.arguments[origin - kFirstArgument];
    }
  }
}

}  // namespace runtime
