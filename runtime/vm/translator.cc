#include "runtime/vm/translator.h"

#include <cstring>

namespace runtime {
namespace {

using base::Bytes;
using base::Status;

constexpr uint32_t kImportBit = 0x80000000;
constexpr uint16_t kRefBit = 0x8000;
constexpr uint16_t kMoveRefBit = 0x4000;
constexpr uint16_t kSpanSegment = 0xFFFF;  // marks an ordinary argument in a segment list
constexpr uint32_t kMaxCell = 0xFFFF;
constexpr uint32_t kNoUse = UINT32_MAX;
constexpr uint32_t kAnyMoved = 0x8000;  // beside the count of checked references
constexpr uint32_t kFirstSystematicMove = 16;
constexpr uint32_t kPaddingLimit = 8;  // 13.0 pads function bodies to this

bool TestBit(const uint8_t* bits, uint32_t index) {
  return (bits[index / 8] >> index % 8 & 1) != 0;
}
void SetBit(uint8_t* bits, uint32_t index) {
  bits[index / 8] = static_cast<uint8_t>(bits[index / 8] | 1 << index % 8);
}

bool EndsBlock(Op op) {
  switch (op) {
    case Op::kBr:
    case Op::kCondBr:
    case Op::kBrTable:
    case Op::kYield:
    case Op::kBreak:
    case Op::kReturn:
    case Op::kFail:
    case Op::kCallYieldable:
    case Op::kCallVariadicYieldable:
      return true;
    default:
      return false;
  }
}

// F32 opcodes and synonyms that do the same to 32-bit slots as another one.
Op Canonical(Op op) {
  switch (op) {
    case Op::kGlobalLoadF32:
      return Op::kGlobalLoadI32;
    case Op::kGlobalStoreF32:
      return Op::kGlobalStoreI32;
    case Op::kGlobalLoadIndirectF32:
      return Op::kGlobalLoadIndirectI32;
    case Op::kGlobalStoreIndirectF32:
      return Op::kGlobalStoreIndirectI32;
    case Op::kSelectF32:
      return Op::kSelectI32;
    case Op::kBitcastI32F32:
    case Op::kBitcastF32I32:
      return Op::kMoveI32;
    case Op::kBufferLoadF32:
      return Op::kBufferLoadI32;
    case Op::kBufferStoreF32:
      return Op::kBufferStoreI32;
    case Op::kBufferFillF32:
      return Op::kBufferFillI32;
    case Op::kYield:
    case Op::kBreak:
      return Op::kBr;
    case Op::kCastAnyRef:
      return Op::kAssignRef;
    default:
      return op;
  }
}

bool IsWide(char letter) { return letter == 'I'; }
bool IsRef(char letter) { return letter == 'r'; }

}  // namespace

Translator::Translator(const ModuleFile& module, std::span<const FunctionRecord> functions,
                       std::span<const ImportSlot> imports, Heap& heap, Failure& failure)
    : module_(module), functions_(functions), imports_(imports), heap_(heap), failure_(failure) {}

Status Translator::Translate(uint32_t ordinal, FunctionRecord& record) {
  const auto body = module_.FunctionAt(ordinal);
  if (!body) return failure_.Set(body.error(), "function descriptor is damaged");
  body_ = *body;
  record_ = &record;
  code_ = module_.bytecode().subspan(body_.offset, body_.length);

  const size_t bitmap_size = body_.length / 8 + 1;
  uint8_t* bitmaps = heap_.AllocateArray<uint8_t>(2 * bitmap_size);
  if (bitmaps == nullptr) return failure_.Set(Status::kOutOfMemory, "no memory to verify bytecode");
  std::memset(bitmaps, 0, 2 * bitmap_size);
  boundaries_ = bitmaps;
  targets_ = bitmaps + bitmap_size;

  Status status = Walk(Pass::kScan);
  if (status == Status::kOk) status = MakeLabels();
  if (status == Status::kOk) {
    capacity_ = count_;
    cells_ = heap_.AllocateArray<uint16_t>(capacity_);
    if (cells_ == nullptr) {
      status = failure_.Set(Status::kOutOfMemory, "no memory for translated bytecode");
    } else {
      record.cells = cells_;
      record.cell_count = capacity_;
      status = Walk(Pass::kWrite);
    }
  }
  if (status == Status::kOk) {
    PatchBranches();
    const size_t old_size = capacity_ * sizeof(uint16_t);
    const size_t new_size = count_ * sizeof(uint16_t);
    // Runs of constants took less than the scan had to assume.
    if (new_size > Heap::kSmallLimit) {
      heap_.Shrink(cells_, old_size, new_size);
      record.cell_count = count_;
    }
  }
  heap_.FreeArray(labels_, label_count_);
  labels_ = nullptr;
  heap_.FreeArray(bitmaps, 2 * bitmap_size);
  return status;
}

Status Translator::Walk(Pass pass) {
  pass_ = pass;
  position_ = 0;
  count_ = 0;
  next_label_ = 0;
  open_run_ = 0;
  bool ended = false;
  while (position_ < code_.size() && !failed()) {
    if (ended && !module_.has_block_markers() && code_.size() - position_ < kPaddingLimit) {
      bool padding = true;
      for (size_t i = position_; i < code_.size(); ++i) padding = padding && code_[i] == 0;
      if (padding) break;
    }
    instruction_ = position_;
    if (pass == Pass::kScan) {
      SetBit(boundaries_, position_);
    } else if (next_label_ < label_count_ && labels_[next_label_].position == position_) {
      labels_[next_label_++].cell = count_;
      open_run_ = 0;
    }
    const uint8_t first = code_[position_];
    Instruction();
    ended = first != kPrefixF32 && EndsBlock(static_cast<Op>(first));
  }
  if (!failed() && !ended) Fail(Status::kVmInvalidBytecode, "function runs past its end");
  return failure_.status();
}

Status Translator::MakeLabels() {
  label_count_ = 0;
  for (uint32_t i = 0; i < code_.size(); ++i) {
    if (!TestBit(targets_, i)) continue;
    instruction_ = i;
    if (!TestBit(boundaries_, i) ||
        (module_.has_block_markers() && code_[i] != static_cast<uint8_t>(Op::kBlock))) {
      Fail(Status::kVmInvalidBytecode, "branch leads into the middle of a block");
      return failure_.status();
    }
    ++label_count_;
  }
  labels_ = heap_.AllocateArray<Label>(label_count_);
  if (labels_ == nullptr) {
    label_count_ = 0;
    return failure_.Set(Status::kOutOfMemory, "no memory to verify bytecode");
  }
  Label* next = labels_;
  for (uint32_t i = 0; i < code_.size(); ++i) {
    if (TestBit(targets_, i)) *next++ = {i, 0, kNoUse};
  }
  return Status::kOk;
}

void Translator::PatchBranches() {
  for (uint32_t i = 0; i < label_count_; ++i) {
    for (uint32_t use = labels_[i].uses; use != kNoUse;) {
      const uint32_t next = cells_[use] | static_cast<uint32_t>(cells_[use + 1]) << 16;
      const uint32_t distance = labels_[i].cell - use;
      cells_[use] = static_cast<uint16_t>(distance);
      cells_[use + 1] = static_cast<uint16_t>(distance >> 16);
      use = next;
    }
  }
}

uint32_t Translator::FindLabel(uint32_t position) const {
  uint32_t low = 0;
  uint32_t high = label_count_;
  while (high - low > 1) {
    const uint32_t middle = (low + high) / 2;
    (labels_[middle].position <= position ? low : high) = middle;
  }
  return low;
}

void Translator::Instruction() {
  uint32_t code = Read(1);
  if (code == kPrefixF64) {
    Fail(Status::kVmUnknownOpcode, "64-bit float instructions (f64) are not supported");
    return;
  }
  Op op = static_cast<Op>(code);
  const bool is_f32 = code == kPrefixF32;
  if (is_f32) {
    code = Read(1);
    op = static_cast<Op>(kF32Base + code);
  }
  const bool in_range = is_f32 ? code <= 0xFF - kF32Base : code < kF32Base;
  const OpcodeRow& row = kOpcodeRows[static_cast<uint8_t>(op)];
  if (!in_range || row.first_version == OpcodeRow::kUnknown ||
      row.first_version > module_.bytecode_major()) {
    Fail(Status::kVmUnknownOpcode, is_f32 ? "unknown f32 opcode " : "unknown opcode ");
    failure_.AppendHex(code).Append(" for bytecode ").AppendNumber(module_.bytecode_major());
    return;
  }
  const std::string_view letters = OperandLetters(row.shape);
  if (letters == "!") {
    Fail(Status::kVmUnknownOpcode, "opcode is not supported", RefusedMnemonic(op));
    return;
  }
  Operands(op, letters);
}

void Translator::Operands(Op op, std::string_view letters) {
  switch (op) {
    case Op::kConstI32Zero:
    case Op::kConstI32:
    case Op::kConstI64Zero:
    case Op::kConstI64:
    case Op::kConstF32Zero:
    case Op::kConstF32:
      ConstantOperands(op);
      return;
    case Op::kImportResolved: {
      const uint32_t function = Read(4);
      const uint16_t cell = ValueCell(static_cast<uint16_t>(Read(2)), false);
      const uint32_t ordinal = function & ~kImportBit;
      if ((function & kImportBit) == 0 || ordinal >= imports_.size()) {
        Fail(Status::kVmInvalidBytecode, "import ordinal out of range");
        return;
      }
      EmitConstant(cell, imports_[ordinal].row != nullptr ? 1 : 0);
      return;
    }
    case Op::kCall:
    case Op::kCallVariadic:
    case Op::kCallYieldable:
    case Op::kCallVariadicYieldable:
      open_run_ = 0;
      CallOperands(op);
      return;
    default:
      break;
  }
  muted_ = op == Op::kTrace || op == Op::kPrint || op == Op::kBlock;
  if (!muted_) open_run_ = 0;
  if (op == Op::kReturn) {
    ReturnOperands();
    return;
  }
  if (op == Op::kBrTable) {
    BranchTable();
    return;
  }
  Emit(static_cast<uint8_t>(Canonical(op)));
  for (const char letter : letters) Operand(letter);
  muted_ = false;
}

void Translator::Operand(char letter) {
  switch (letter) {
    case 'i':
    case 'I':
      Emit(CellFor(static_cast<uint16_t>(Read(2)), letter));
      break;
    case 'r': {
      // Before 16.0 a MOVE outside of branches, calls and returns means nothing (section 2.1).
      const uint16_t cell = RefCell(static_cast<uint16_t>(Read(2)));
      Emit(module_.bytecode_major() < kFirstSystematicMove ? cell & ~kMoveBit : cell);
      break;
    }
    case 'a':
      if (module_.bytecode_major() > kOldestBytecode) {
        (void)ValueCell(static_cast<uint16_t>(Read(2)), false);
      }
      break;
    case 'g':
    case 'G': {
      const uint32_t size = letter == 'g' ? 4 : 8;
      const uint32_t offset = Read(4);
      if (offset % size != 0 || !base::InBounds(module_.global_bytes(), offset, size)) {
        Fail(Status::kVmInvalidBytecode, "global out of range");
      }
      Emit(offset / size);
      break;
    }
    case 'R': {
      const uint32_t ordinal = Read(4);
      if (ordinal >= module_.global_refs()) Fail(Status::kVmInvalidBytecode, "global out of range");
      Emit(ordinal);
      break;
    }
    case 'D': {
      const uint32_t ordinal = Read(4);
      if (ordinal >= module_.rodata_count()) {
        Fail(Status::kVmInvalidBytecode, "rodata ordinal out of range");
      }
      Emit(ordinal);
      break;
    }
    case 'T':
      if (Read(4) >= module_.type_count()) {
        Fail(Status::kVmInvalidBytecode, "type ordinal out of range");
      }
      break;
    case 'B':
      BranchOperand();
      break;
    case 'S':
      FailMessage();
      break;
    case 'V': {
      const Bytes list = ReadList(1);
      Emit(ListSize(list));
      for (uint32_t i = 0; i < ListSize(list); ++i) {
        const uint16_t encoded = ListEntry(list, i);
        // trace and print take any register; discard.refs, the other user, only references.
        const bool ref = !muted_ || (encoded & kRefBit) != 0;
        Emit(ref ? RefCell(encoded) : ValueCell(encoded, false));
      }
      break;
    }
    default:
      break;
  }
}

void Translator::ConstantOperands(Op op) {
  const bool wide = op == Op::kConstI64 || op == Op::kConstI64Zero;
  uint32_t low = 0;
  uint32_t high = 0;
  if (op == Op::kConstI32 || op == Op::kConstF32 || op == Op::kConstI64) low = Read(4);
  if (op == Op::kConstI64) high = Read(4);
  const uint16_t cell = ValueCell(static_cast<uint16_t>(Read(2)), wide);
  EmitConstant(cell, low);
  if (wide) EmitConstant(static_cast<uint16_t>(cell + sizeof(uint32_t)), high);
}

void Translator::EmitConstant(uint16_t cell, uint32_t value) {
  const bool continues = pass_ == Pass::kWrite && open_run_ != 0 && cells_[open_run_] < kMaxCell;
  if (!continues) {
    Emit(static_cast<uint8_t>(Op::kConstRun));
    open_run_ = count_;
    Emit(0);
  }
  Emit(cell);
  EmitWide(value);
  if (pass_ == Pass::kWrite && !failed()) ++cells_[open_run_];
}

void Translator::BranchTarget(uint32_t target) {
  if (target >= code_.size()) {
    Fail(Status::kVmInvalidBytecode, "branch leaves the function");
    target = 0;
  }
  if (pass_ == Pass::kScan) {
    SetBit(targets_, target);
    EmitWide(0);
    return;
  }
  // The two cells link the uses of a label until PatchBranches.
  Label& label = labels_[FindLabel(target)];
  const uint32_t use = count_;
  EmitWide(label.uses);
  label.uses = use;
}

void Translator::BranchOperand() {
  BranchTarget(Read(4));
  const Bytes pairs = ReadList(2);
  const uint32_t count = ListSize(pairs);
  uint32_t refs = 0;
  for (uint32_t i = 0; i < count; i += 2) refs += (ListEntry(pairs, i) & kRefBit) != 0 ? 1 : 0;
  Emit(count / 2 - refs);
  Emit(refs);
  for (const bool ref_bank : {false, true}) {
    for (uint32_t i = 0; i < count; i += 2) {
      const uint16_t source = ListEntry(pairs, i);
      const uint16_t destination = ListEntry(pairs, i + 1);
      if (((source & kRefBit) != 0) != ref_bank) continue;
      Emit(CellFor(source, ref_bank ? 'r' : 'i'));
      Emit(CellFor(destination, ref_bank ? 'r' : 'i') & ~kMoveBit);
    }
  }
}

void Translator::BranchTable() {
  const uint32_t start = count_;
  Emit(static_cast<uint8_t>(Op::kBrTable));
  Emit(ValueCell(static_cast<uint16_t>(Read(2)), false));
  // The default comes before the count that says how many offsets to reserve: look ahead for it.
  const uint32_t default_position = position_;
  Read(4);
  (void)ReadList(2);
  const uint32_t cases = Read(2);
  const uint32_t cases_position = position_;
  Emit(cases);
  const uint32_t offsets = count_;
  for (uint32_t i = 0; i <= cases; ++i) Emit(0);
  position_ = default_position;
  for (uint32_t i = 0; i <= cases && !failed(); ++i) {
    if (count_ - start > kMaxCell) {
      Fail(Status::kVmTooBig, "br_table is too long");
      return;
    }
    if (pass_ == Pass::kWrite) cells_[offsets + i] = static_cast<uint16_t>(count_ - start);
    BranchOperand();
    if (i == 0) position_ = cases_position;
  }
}

void Translator::FailMessage() {
  const uint32_t length = Read(2);
  if (length > code_.size() - position_) {
    Fail(Status::kVmInvalidBytecode, "string leaves the function");
    return;
  }
  EmitWide(body_.offset + position_);
  Emit(length);
  position_ += length;
}

void Translator::CallOperands(Op op) {
  const bool variadic = op == Op::kCallVariadic || op == Op::kCallVariadicYieldable;
  const bool yieldable = op == Op::kCallYieldable || op == Op::kCallVariadicYieldable;
  const uint32_t function = Read(4);
  const uint32_t ordinal = function & ~kImportBit;
  const bool is_import = (function & kImportBit) != 0;
  const Bytes segments = variadic ? ReadList(1) : Bytes();
  const Bytes arguments = ReadList(1);
  const uint32_t target = yieldable ? Read(4) : 0;
  const Bytes results = ReadList(1);
  if (failed()) return;
  if (is_import ? ordinal >= imports_.size() : ordinal >= functions_.size()) {
    Fail(Status::kVmInvalidBytecode, "call of a function that does not exist");
    return;
  }
  if (is_import) {
    const bool has_spans =
        imports_[ordinal].signature.arguments.find('C') != std::string_view::npos;
    if (has_spans != variadic) {
      Fail(Status::kVmInvalidBytecode, "call does not fit the import's calling convention");
      return;
    }
    ImportCall(ordinal, segments, arguments, results);
  } else if (variadic) {
    Fail(Status::kVmInvalidBytecode, "variadic call of an internal function");
  } else {
    InternalCall(ordinal, arguments, results);
  }
  if (!yieldable || failed()) return;
  Emit(static_cast<uint8_t>(Op::kBr));
  BranchTarget(target);
  EmitWide(0);  // nothing to remap
}

void Translator::ImportCall(uint32_t ordinal, Bytes segments, Bytes arguments, Bytes results) {
  const ImportSlot& import = imports_[ordinal];
  const std::string_view letters = import.signature.arguments;
  const uint32_t start = count_;
  Emit(static_cast<uint8_t>(import.row != nullptr ? Op::kCallImport : Op::kUnresolvedImport));
  Emit(ordinal);
  const uint32_t length_cell = count_;
  Emit(0);
  const uint32_t checked_cell = count_;
  Emit(0);

  bool fits = ListSize(results) == import.signature.results.size() &&
              ListSize(results) <= kMaxImportResults;
  for (uint32_t i = 0; i < kMaxImportResults; ++i) {
    const bool used = fits && i < ListSize(results);
    const uint16_t cell =
        used ? CellFor(ListEntry(results, i), import.signature.results[i]) : uint16_t{0};
    Emit(cell & ~(used && IsRef(import.signature.results[i]) ? kMoveBit : 0));
  }

  // First the span lengths, then the operands, both by one walk over the convention.
  const bool variadic = letters.find('C') != std::string_view::npos;
  uint32_t spans = 0;
  uint32_t segment = 0;
  for (size_t i = 0; i < letters.size() && variadic; ++i, ++segment) {
    if (segment >= ListSize(segments)) {
      fits = false;
      break;
    }
    const uint16_t length = ListEntry(segments, segment);
    const bool is_span = letters[i] == 'C';
    if (is_span) {
      Emit(length);
      ++spans;
      i = letters.find('D', i);
    }
    fits = fits && is_span == (length != kSpanSegment);
  }
  fits = fits && segment == ListSize(segments) && spans <= kMaxImportSpans;
  for (uint32_t i = spans; i < kMaxImportSpans; ++i) Emit(0);

  const char* typed = import.row != nullptr ? import.row->convention + 1 : letters.data();
  uint32_t argument = 0;
  uint32_t checked = 0;
  // The operands in order; a second walk writes the references that are to be checked or released.
  for (const bool writes_rules : {false, true}) {
    argument = 0;
    segment = 0;
    for (size_t i = 0; i < letters.size() && fits && !failed(); ++i, ++segment) {
      const bool is_span = letters[i] == 'C';
      const size_t first = is_span ? i + 1 : i;
      const size_t end = is_span ? letters.find('D', i) : i + 1;
      const uint32_t items = is_span ? ListEntry(segments, segment) : 1;
      for (uint32_t item = 0; item < items && fits && !failed(); ++item) {
        for (size_t k = first; k < end && fits; ++k, ++argument) {
          fits = argument < ListSize(arguments);
          if (!fits) break;
          const uint16_t cell = CellFor(ListEntry(arguments, argument), letters[k]);
          const bool has_rule = IsRef(letters[k]) && (typed[k] != 'r' || (cell & kMoveBit) != 0);
          if (!writes_rules) {
            Emit(cell);
          } else if (has_rule) {
            Emit(cell);
            Emit(static_cast<uint32_t>(typed[k] - 'a'));
            checked = (checked | ((cell & kMoveBit) != 0 ? kAnyMoved : 0)) + 1;
          }
        }
      }
      if (is_span) i = end;
    }
  }
  fits = fits && argument == ListSize(arguments);
  if (fits && (count_ - start > kMaxCell || (checked & ~kAnyMoved) >= kAnyMoved)) {
    Fail(Status::kVmTooBig, "call has too many arguments");
  }
  if (!fits) Fail(Status::kVmInvalidBytecode, "call does not fit the import's calling convention");
  if (failed() || pass_ == Pass::kScan) return;
  cells_[length_cell] = static_cast<uint16_t>(count_ - start);
  cells_[checked_cell] = static_cast<uint16_t>(checked);
}

void Translator::InternalCall(uint32_t ordinal, Bytes arguments, Bytes results) {
  const FunctionRecord& callee = functions_[ordinal];
  const std::string_view letters = callee.signature.arguments;
  const std::string_view result_letters = callee.signature.results;
  if (callee.has_signature &&
      (ListSize(arguments) != letters.size() || ListSize(results) != result_letters.size())) {
    Fail(Status::kVmInvalidBytecode, "call does not fit the function's calling convention");
    return;
  }
  // 13.0 records no convention for internal functions: each entry is one 32-bit slot or reference.
  const auto letter_of = [&](std::string_view known, Bytes list, uint32_t index) {
    if (callee.has_signature) return known[index];
    return (ListEntry(list, index) & kRefBit) != 0 ? 'r' : 'i';
  };
  uint32_t counts[4] = {};  // argument values, argument references, the same of results
  const auto count_list = [&](std::string_view known, Bytes list, uint32_t* values_and_refs) {
    for (uint32_t i = 0; i < ListSize(list); ++i) {
      const char letter = letter_of(known, list, i);
      values_and_refs[IsRef(letter) ? 1 : 0] += IsWide(letter) ? 2 : 1;
    }
  };
  count_list(letters, arguments, counts);
  count_list(result_letters, results, counts + 2);
  Emit(static_cast<uint8_t>(Op::kCallInternal));
  Emit(ordinal);
  for (const uint32_t count : counts) Emit(count);

  for (const bool ref_bank : {false, true}) {
    uint32_t slot = 0;
    for (uint32_t i = 0; i < ListSize(arguments); ++i) {
      const char letter = letter_of(letters, arguments, i);
      if (IsRef(letter) != ref_bank) continue;
      const uint16_t source = CellFor(ListEntry(arguments, i), letter);
      if (IsWide(letter)) slot = (slot + 1) & ~1u;
      const uint32_t unit = ref_bank ? sizeof(void*) : sizeof(uint32_t);
      const uint32_t limit = ref_bank ? callee.ref_slots : callee.value_slots;
      if (slot + (IsWide(letter) ? 2 : 1) > limit) {
        Fail(Status::kVmInvalidBytecode,
             "call passes more arguments than the function has registers");
        return;
      }
      Emit(source);
      Emit(slot++ * unit);
      if (!IsWide(letter)) continue;
      Emit(source + sizeof(uint32_t));
      Emit(slot++ * unit);
    }
  }
  for (const bool ref_bank : {false, true}) {
    for (uint32_t i = 0; i < ListSize(results); ++i) {
      const char letter = letter_of(result_letters, results, i);
      if (IsRef(letter) != ref_bank) continue;
      const uint16_t cell = CellFor(ListEntry(results, i), letter);
      Emit(ref_bank ? cell & ~kMoveBit : cell);
      if (IsWide(letter)) Emit(cell + sizeof(uint32_t));
    }
  }
}

void Translator::ReturnOperands() {
  const Bytes list = ReadList(1);
  const std::string_view known = record_->signature.results;
  if (record_->has_signature && ListSize(list) != known.size()) {
    Fail(Status::kVmInvalidBytecode, "return does not fit the function's calling convention");
    return;
  }
  const auto letter_of = [&](uint32_t index) {
    if (record_->has_signature) return known[index];
    return (ListEntry(list, index) & kRefBit) != 0 ? 'r' : 'i';
  };
  uint32_t values = 0;
  uint32_t refs = 0;
  for (uint32_t i = 0; i < ListSize(list); ++i) {
    const char letter = letter_of(i);
    (IsRef(letter) ? refs : values) += IsWide(letter) ? 2 : 1;
  }
  Emit(static_cast<uint8_t>(Op::kReturn));
  Emit(values);
  Emit(refs);
  for (const bool ref_bank : {false, true}) {
    for (uint32_t i = 0; i < ListSize(list); ++i) {
      const char letter = letter_of(i);
      if (IsRef(letter) != ref_bank) continue;
      const uint16_t cell = CellFor(ListEntry(list, i), letter);
      Emit(cell);
      if (IsWide(letter)) Emit(cell + sizeof(uint32_t));
    }
  }
}

uint32_t Translator::Read(uint32_t size) {
  if (size > code_.size() - position_) {
    Fail(Status::kVmInvalidBytecode, "instruction is cut off by the end of the function");
    position_ = static_cast<uint32_t>(code_.size());
    return 0;
  }
  uint32_t value = 0;
  for (uint32_t i = 0; i < size; ++i) {
    value |= static_cast<uint32_t>(code_[position_ + i]) << 8 * i;
  }
  position_ += size;
  return value;
}

Bytes Translator::ReadList(uint32_t unit) {
  position_ += position_ % 2 != 0 && position_ < code_.size() ? 1 : 0;
  const uint32_t bytes = Read(2) * unit * 2;
  if (bytes > code_.size() - position_) {
    Fail(Status::kVmInvalidBytecode, "register list leaves the function");
    return {};
  }
  const Bytes list = code_.subspan(position_, bytes);
  position_ += bytes;
  return list;
}

uint16_t Translator::ValueCell(uint16_t encoded, bool wide) {
  const uint32_t last = encoded + (wide ? 1u : 0u);
  if ((encoded & kRefBit) != 0 || last >= record_->value_slots || (wide && encoded % 2 != 0)) {
    Fail(Status::kVmInvalidBytecode, wide ? "bad i64 register" : "bad value register");
    return 0;
  }
  return static_cast<uint16_t>(encoded * sizeof(uint32_t));
}

uint16_t Translator::RefCell(uint16_t encoded) {
  const uint32_t ordinal = encoded & ~uint32_t{kRefBit | kMoveRefBit};
  if ((encoded & kRefBit) == 0 || ordinal >= record_->ref_slots) {
    Fail(Status::kVmInvalidBytecode, "bad reference register");
    return 0;
  }
  const uint32_t move = (encoded & kMoveRefBit) != 0 ? kMoveBit : 0;
  return static_cast<uint16_t>(ordinal * sizeof(void*) | move);
}

uint16_t Translator::CellFor(uint16_t encoded, char letter) {
  return IsRef(letter) ? RefCell(encoded) : ValueCell(encoded, IsWide(letter));
}

void Translator::Emit(uint32_t cell) {
  if (muted_) return;
  if (cell > kMaxCell) Fail(Status::kVmTooBig, "operand is larger than the interpreter can hold");
  if (pass_ == Pass::kWrite && count_ < capacity_) cells_[count_] = static_cast<uint16_t>(cell);
  ++count_;
}

void Translator::EmitWide(uint32_t value) {
  Emit(value & 0xFFFF);
  Emit(value >> 16);
}

void Translator::Fail(Status status, std::string_view text, std::string_view name) {
  if (failed()) return;
  failure_.Begin(status, text, name, module_.bytecode_file_offset() + body_.offset + instruction_);
}

}  // namespace runtime
