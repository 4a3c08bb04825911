// SPDX-License-Identifier: Apache-2.0

#include "runtime/hal/type_hints.h"

#include <array>
#include <cstring>

#include "runtime/hal/handlers.h"
#include "runtime/vm/opcode.h"

namespace runtime {
namespace {

constexpr uint32_t kMaxCreated = 32;
constexpr uint32_t kMaxDepth = 4;
constexpr uint32_t kMaxSteps = 20'000;

uint32_t Wide(const uint16_t* cells) { return cells[0] | static_cast<uint32_t>(cells[1]) << 16; }
const uint16_t* BranchTarget(const uint16_t* branch) {
  return branch + static_cast<int32_t>(Wide(branch));
}
uint32_t BranchLength(const uint16_t* branch) { return 4 + 2 * (branch[2] + branch[3]); }

// What the whole reading shares: how far it may still go, and where views made on the way are
// noted.
struct ArgumentsOnly {
  uint32_t steps = kMaxSteps;

  static ValueInfo* NewView() { return nullptr; }
};

struct ArgumentsAndResults {
  uint32_t steps = kMaxSteps;
  std::array<ValueInfo, kMaxCreated> created;
  uint32_t created_count = 0;

  ValueInfo* NewView() {
    if (created_count == kMaxCreated) return nullptr;
    ValueInfo& view = created[created_count++];
    view = {};
    view.kind = ValueKind::kTensor;
    return &view;
  }
};

// Knowledge about the registers of one frame, while one path through its function is followed.
// Cells are described in translator.h; the registers lie as in the interpreter's frame.
template <typename Findings>
class PathReader {
 public:
  PathReader(const VerifiedModule& module, const FunctionRecord& function, Heap& heap,
             Findings& findings, uint32_t depth = 0)
      : module_(module),
        function_(function),
        heap_(heap),
        findings_(findings),
        depth_(depth),
        refs_(heap.AllocateArray<uint8_t>(FrameBytes())) {
    if (refs_ == nullptr) return;
    values_ = refs_ + RefBytes();
    std::memset(refs_, 0, RefBytes());
    std::memset(values_, 0xFF, ValueBytes());
  }
  ~PathReader() { heap_.FreeArray(refs_, FrameBytes()); }
  PathReader(const PathReader&) = delete;
  PathReader& operator=(const PathReader&) = delete;

  // Follows the path of an exported function: what is found about its arguments goes into `info`.
  // The instruction at which the path returns, or nullptr.
  const uint16_t* Read(FunctionInfo& info) {
    if (refs_ == nullptr) return nullptr;
    uint32_t ref = 0;
    for (uint32_t i = 0; i < info.argument_count; ++i) {
      if (info.arguments[i].kind != ValueKind::kTensor) continue;
      RefAt(static_cast<uint16_t>(ref++ * sizeof(ValueInfo*))) = &info.arguments[i];
    }
    return Follow();
  }

  // What is found about a reference that the path returns at `end`.
  ValueInfo* Returned(const uint16_t* end, uint32_t index) {
    return end != nullptr && index < end[2] ? RefAt(end[3 + end[1] + index]) : nullptr;
  }

 private:
  // No constant, or nothing known; dimensions say the same by it.
  static constexpr uint32_t kUnknown = ValueInfo::kDynamic;

  // What is found about the view in a reference register; nullptr: nobody asks.
  ValueInfo*& RefAt(uint16_t cell) {
    return *reinterpret_cast<ValueInfo**>(refs_ + (cell & ~1u));  // without the MOVE bit
  }

  uint32_t& ValueAt(uint16_t cell) { return *reinterpret_cast<uint32_t*>(values_ + cell); }

  const uint16_t* Follow() {
    const uint16_t* pc = function_.cells;
    for (; findings_.steps != 0; --findings_.steps) {
      switch (static_cast<Op>(pc[0])) {
        case Op::kReturn:
          return pc;
        case Op::kFail:
          return nullptr;
        case Op::kBr:
          pc = Branch(pc + 1);
          break;
        case Op::kCondBr: {
          const uint16_t* yes = pc + 2;
          const uint16_t* no = yes + BranchLength(yes);
          const bool leave =
              !Fails(BranchTarget(no)) && (Fails(BranchTarget(yes)) || IsRepeated(pc));
          pc = Branch(leave ? no : yes);
          break;
        }
        case Op::kBrTable:
          pc = Branch(pc + pc[3]);
          break;
        case Op::kConstRun:
          pc = ReadConstants(pc);
          break;
        case Op::kCallInternal:
          pc = ReadCall(pc);
          break;
        case Op::kCallImport:
          ReadImport(pc);
          [[fallthrough]];
        case Op::kUnresolvedImport:
          pc += pc[2];
          break;
        case Op::kDiscardRefs:
          pc += 2 + pc[1];
          break;
        default:
          pc = ReadOther(pc);
      }
    }
    return nullptr;
  }

  [[nodiscard]] size_t RefBytes() const { return function_.ref_slots * sizeof(ValueInfo*); }
  [[nodiscard]] size_t ValueBytes() const { return function_.value_slots * sizeof(uint32_t); }
  [[nodiscard]] size_t FrameBytes() const { return RefBytes() + ValueBytes(); }

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
          pc += 2 + 3 * pc[1];
          break;
        case Op::kDiscardRefs:
          pc += 2 + pc[1];
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

  const uint16_t* Branch(const uint16_t* branch) {
    const uint16_t* pair = branch + 4;
    for (uint32_t i = branch[2]; i != 0; --i, pair += 2) ValueAt(pair[1]) = ValueAt(pair[0]);
    for (uint32_t i = branch[3]; i != 0; --i, pair += 2) RefAt(pair[1]) = RefAt(pair[0]);
    return BranchTarget(branch);
  }

  // These note an instruction's effects on what is known and give the next instruction.

  const uint16_t* ReadConstants(const uint16_t* pc) {
    const uint16_t* entry = pc + 2;
    for (uint32_t i = pc[1]; i != 0; --i, entry += 3) ValueAt(entry[0]) = Wide(entry + 1);
    return entry;
  }

  const uint16_t* ReadCall(const uint16_t* pc) {
    const uint16_t* pair = pc + 6 + 2 * pc[2];
    const uint16_t* result = pair + 2 * pc[3];
    PathReader callee(module_, module_.functions()[pc[1]], heap_, findings_, depth_ + 1);
    const uint16_t* end = nullptr;
    if (callee.refs_ != nullptr && depth_ < kMaxDepth) {
      for (; pair != result; pair += 2) callee.RefAt(pair[1]) = RefAt(pair[0]);
      end = callee.Follow();
    }
    for (uint32_t i = 0; i < pc[4]; ++i) ValueAt(*result++) = kUnknown;
    for (uint32_t i = 0; i < pc[5]; ++i) RefAt(*result++) = callee.Returned(end, i);
    return result;
  }

  // Registers only, of which the last is the result if there is one.
  const uint16_t* ReadOther(const uint16_t* pc) {
    const auto op = static_cast<Op>(pc[0]);
    const OpcodeRow& row = kOpcodeRows[pc[0]];
    const uint16_t* next = pc + row.cells;
    const uint16_t cell = next[-1];
    const char* letter = OperandLetters(row.shape);
    while (letter[1] != '\0') ++letter;
    if (IsResult(*letter)) {
      ValueAt(cell) = kUnknown;
    } else if (*letter == 'r' && op != Op::kGlobalStoreRef) {
      RefAt(cell) = op == Op::kAssignRef ? RefAt(pc[1]) : nullptr;
    }
    return next;
  }

  void ReadImport(const uint16_t* pc) {
    const ImportTable& table = module_.import_table();
    const ImportRow& import = table.rows[pc[1]];
    const ImportFunction function = table.functions[import.function];
    const uint16_t* arguments = pc + kImportCallHeader;
    const uint32_t rank = arguments[Call::kSpanCells];
    ValueInfo* created = nullptr;
    if (function == hal::BufferViewAssert) {
      if (ValueInfo* view = RefAt(arguments[0])) ReadShape(*view, arguments + 2, rank);
    } else if (function == hal::BufferViewCreate) {
      created = findings_.NewView();
      if (created != nullptr) ReadShape(*created, arguments + 3, rank);
    }
    const char* letter = module_.ConventionOf(import);
    while (*letter++ != '_') {
    }
    for (int i = 0; letter[i] != '\0' && letter[i] != 'v'; ++i) {
      const uint16_t cell = arguments[Call::kResultCells + i];
      if (letter[i] == 'r') {
        RefAt(cell) = created;
      } else {
        ValueAt(cell) = kUnknown;
      }
    }
  }

  // From the registers of element type, encoding and dimensions.
  void ReadShape(ValueInfo& info, const uint16_t* cells, uint32_t rank) {
    if (info.shape_known || rank > kMaxRank) return;
    if (ValueAt(cells[0]) != kUnknown) info.type.code = ValueAt(cells[0]);
    info.shape_known = true;
    info.rank = rank;
    for (uint32_t i = 0; i < rank; ++i) info.dims[i] = ValueAt(cells[2 + i]);
  }

  const VerifiedModule& module_;
  const FunctionRecord& function_;
  Heap& heap_;
  Findings& findings_;
  const uint32_t depth_;  // of internal calls
  uint8_t* refs_;         // and behind them
  uint8_t* values_;
  std::array<const uint16_t*, 8> met_;
  uint32_t met_count_ = 0;
};

}  // namespace

// Not part of its caller's frame, which is large enough.
[[gnu::noinline]] void ReadArgumentHints(const VerifiedModule& module,
                                         const FunctionRecord& function, Heap& heap,
                                         FunctionInfo& info) {
  ArgumentsOnly findings;
  PathReader(module, function, heap, findings).Read(info);
}

void ReadTypeHints(const VerifiedModule& module, const FunctionRecord& function, Heap& heap,
                   FunctionInfo& info) {
  ArgumentsAndResults findings;
  PathReader reader(module, function, heap, findings);
  const uint16_t* end = reader.Read(info);
  uint32_t ref = 0;
  for (uint32_t i = 0; i < info.result_count; ++i) {
    if (info.results[i].kind != ValueKind::kTensor) continue;
    if (const ValueInfo* found = reader.Returned(end, ref++)) info.results[i] = *found;
  }
}

}  // namespace runtime
