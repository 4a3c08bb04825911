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

// What is known of a register is one word: the constant in a value register, the number of the view
// in a reference register. Dimensions say by the same word that they are not known.
constexpr uint32_t kUnknown = ValueInfo::kDynamic;

// What the whole reading shares: how far it may still go, and views by number, of which the first
// are the function's arguments.
struct ArgumentsOnly {
  explicit ArgumentsOnly(FunctionInfo& described) : info(described) {}

  FunctionInfo& info;
  uint32_t steps = kMaxSteps;

  ValueInfo& View(uint32_t number) { return info.arguments[number]; }
  static uint32_t NewView() { return kUnknown; }
};

struct ArgumentsAndResults {
  explicit ArgumentsAndResults(FunctionInfo& described) : info(described) {}

  FunctionInfo& info;
  uint32_t steps = kMaxSteps;
  std::array<ValueInfo, kMaxCreated> created;
  uint32_t created_count = 0;

  ValueInfo& View(uint32_t number) {
    return number < kMaxValues ? info.arguments[number] : created[number - kMaxValues];
  }
  uint32_t NewView() {
    if (created_count == kMaxCreated) return kUnknown;
    created[created_count] = {};
    created[created_count].kind = ValueKind::kTensor;
    return kMaxValues + created_count++;
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
    std::memset(refs_, 0xFF, FrameBytes());
  }
  ~PathReader() { heap_.FreeArray(refs_, FrameBytes()); }
  PathReader(const PathReader&) = delete;
  PathReader& operator=(const PathReader&) = delete;

  // Follows the path of an exported function. The instruction at which it returns, or nullptr.
  const uint16_t* Read() {
    if (refs_ == nullptr) return nullptr;
    const FunctionInfo& info = findings_.info;
    uint32_t ref = 0;
    for (uint32_t i = 0; i < info.argument_count; ++i) {
      if (info.arguments[i].kind != ValueKind::kTensor) continue;
      At(refs_, static_cast<uint16_t>(ref++ * sizeof(void*))) = i;
    }
    return Follow();
  }

  // The view that the path returns at `end` as its reference `index`.
  uint32_t Returned(const uint16_t* end, uint32_t index) const {
    return end != nullptr && index < end[2] ? At(refs_, end[3 + end[1] + index]) : kUnknown;
  }

 private:
  [[nodiscard]] size_t RefBytes() const { return function_.ref_slots * sizeof(void*); }
  [[nodiscard]] size_t FrameBytes() const {
    return RefBytes() + function_.value_slots * sizeof(uint32_t);
  }

  // A register; without the MOVE bit that references have.
  static uint32_t& At(uint8_t* bank, uint16_t cell) {
    return *reinterpret_cast<uint32_t*>(bank + (cell & ~1u));
  }

  const uint16_t* Follow() {
    const uint16_t* pc = function_.cells;
    while (findings_.steps != 0) {
      --findings_.steps;  // before the step: a call takes steps of its own
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
        case Op::kAssignRef:
          pc = Copy(pc + 1, 1, refs_, refs_);
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

  // Pairs of a source and a destination; gives what stands behind them.
  static const uint16_t* Copy(const uint16_t* pair, uint32_t count, uint8_t* from, uint8_t* to) {
    for (; count != 0; --count, pair += 2) At(to, pair[1]) = At(from, pair[0]);
    return pair;
  }

  const uint16_t* Branch(const uint16_t* branch) {
    const uint16_t* pairs = Copy(branch + 4, branch[2], values_, values_);
    Copy(pairs, branch[3], refs_, refs_);
    return BranchTarget(branch);
  }

  // These note an instruction's effects on what is known and give the next instruction.

  const uint16_t* ReadConstants(const uint16_t* pc) {
    const uint16_t* entry = pc + 2;
    for (uint32_t i = pc[1]; i != 0; --i, entry += 3) At(values_, entry[0]) = Wide(entry + 1);
    return entry;
  }

  const uint16_t* ReadCall(const uint16_t* pc) {
    const uint16_t* pairs = pc + 6 + 2 * pc[2];
    const uint16_t* result = pairs + 2 * pc[3];
    PathReader callee(module_, module_.functions()[pc[1]], heap_, findings_, depth_ + 1);
    const uint16_t* end = nullptr;
    if (callee.refs_ != nullptr && depth_ < kMaxDepth) {
      Copy(pairs, pc[3], refs_, callee.refs_);
      end = callee.Follow();
    }
    for (uint32_t i = 0; i < pc[4]; ++i) At(values_, *result++) = kUnknown;
    for (uint32_t i = 0; i < pc[5]; ++i) At(refs_, *result++) = callee.Returned(end, i);
    return result;
  }

  // Registers only, of which the last is the result if there is one.
  const uint16_t* ReadOther(const uint16_t* pc) {
    const OpcodeRow& row = kOpcodeRows[pc[0]];
    const uint16_t* next = pc + row.cells;
    const char* letter = OperandLetters(row.shape);
    while (letter[1] != '\0') ++letter;
    if (*letter == 'r') {
      if (static_cast<Op>(pc[0]) != Op::kGlobalStoreRef) At(refs_, next[-1]) = kUnknown;
    } else if (IsResult(*letter)) {
      At(values_, next[-1]) = kUnknown;
    }
    return next;
  }

  void ReadImport(const uint16_t* pc) {
    const ImportTable& table = module_.import_table();
    const ImportRow& import = table.rows[pc[1]];
    const ImportFunction function = table.functions[import.function];
    const uint16_t* arguments = pc + kImportCallHeader;
    const uint32_t rank = arguments[Call::kSpanCells];
    uint32_t created = kUnknown;
    if (function == hal::BufferViewAssert) {
      ReadShape(At(refs_, arguments[0]), arguments + 2, rank);
    } else if (function == hal::BufferViewCreate) {
      created = findings_.NewView();
      ReadShape(created, arguments + 3, rank);
    }
    const char* letter = module_.ConventionOf(import);
    while (*letter++ != '_') {
    }
    for (int i = 0; letter[i] != '\0' && letter[i] != 'v'; ++i) {
      const uint16_t cell = arguments[Call::kResultCells + i];
      if (letter[i] == 'r') {
        At(refs_, cell) = created;
      } else {
        At(values_, cell) = kUnknown;
      }
    }
  }

  // From the registers of element type, encoding and dimensions.
  void ReadShape(uint32_t view, const uint16_t* cells, uint32_t rank) {
    if (view == kUnknown || rank > kMaxRank) return;
    ValueInfo& info = findings_.View(view);
    if (info.shape_known) return;
    if (At(values_, cells[0]) != kUnknown) info.type.code = At(values_, cells[0]);
    info.shape_known = true;
    info.rank = rank;
    for (uint32_t i = 0; i < rank; ++i) info.dims[i] = At(values_, cells[2 + i]);
  }

  const VerifiedModule& module_;
  const FunctionRecord& function_;
  Heap& heap_;
  Findings& findings_;
  const uint32_t depth_;  // of internal calls
  uint8_t* refs_;         // nullptr if there was no memory; the values stand behind them
  uint8_t* values_;
  std::array<const uint16_t*, 8> met_;
  uint32_t met_count_ = 0;
};

}  // namespace

void ReadArgumentHints(const VerifiedModule& module, const FunctionRecord& function, Heap& heap,
                       FunctionInfo& info) {
  ArgumentsOnly findings(info);
  PathReader(module, function, heap, findings).Read();
}

void ReadTypeHints(const VerifiedModule& module, const FunctionRecord& function, Heap& heap,
                   FunctionInfo& info) {
  ArgumentsAndResults findings(info);
  PathReader reader(module, function, heap, findings);
  const uint16_t* end = reader.Read();
  uint32_t ref = 0;
  for (uint32_t i = 0; i < info.result_count; ++i) {
    if (info.results[i].kind != ValueKind::kTensor) continue;
    const uint32_t view = reader.Returned(end, ref++);
    if (view != kUnknown) info.results[i] = findings.View(view);
  }
}

}  // namespace runtime
