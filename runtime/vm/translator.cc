// SPDX-License-Identifier: Apache-2.0

#include "runtime/vm/translator.h"

#include <cstring>

namespace runtime {
namespace {

using base::Status;

constexpr uint32_t kImportBit = 0x80000000;
constexpr uint32_t kRefBit = 0x8000;
constexpr uint32_t kMoveRefBit = 0x4000;
constexpr uint32_t kSpanSegment = 0xFFFF;  // marks an ordinary argument in a segment list
constexpr uint32_t kMaxCell = 0xFFFF;
constexpr uint32_t kFirstSystematicMove = 16;
constexpr uint32_t kPaddingLimit = 8;   // 13.0 pads function bodies to this
constexpr uint32_t kShortestBlock = 3;  // bytes: a return without its marker
// Cells of an instruction without lists, and of a branch that waits.
constexpr uint32_t kFixedRoom = 24;

bool IsRef(char letter) { return letter >= 'a' && letter != 'i' && letter != 'f'; }

}  // namespace

Translator::Translator(const ModuleFile& module, const VerifiedModule& verified,
                       base::MutableBytes room, Failure& failure)
    : module_(module),
      verified_(verified),
      failure_(failure),
      version_(module.bytecode_major()),
      room_(reinterpret_cast<uint16_t*>(room.data())),
      room_end_(room_ + room.size() / sizeof(Place) * (sizeof(Place) / sizeof(uint16_t))),
      out_(room_) {}

Status Translator::Translate(FunctionRecord& record) {
  record_ = &record;
  begin_ = record.code.data();
  end_ = begin_ + record.code.size();
  instruction_ = at_ = begin_;
  cells_ = out_;
  const auto blocks = static_cast<uint32_t>(record.code.size()) / kShortestBlock + 1;
  down_ = room_end_;
  if (!MakeRoom(blocks * (sizeof(Place) / sizeof(uint16_t)))) return failure_.status();
  blocks_end_ = blocks_ = reinterpret_cast<Place*>(room_end_) - blocks;
  down_ = reinterpret_cast<uint16_t*>(blocks_);
  Walk();
  if (!failed()) PatchBranches();
  record.cells = cells_;
  return failure_.status();
}

// Translates for what it sees on the way; the cells are dropped.
bool Translator::ReadsBeforeWriting(FunctionRecord& record, uint32_t slots) {
  watched_ = slots;
  pending_ = 0;
  read_first_ = 0;
  const Status status = Translate(record);
  watched_ = 0;
  out_ = cells_;
  return status == Status::kOk && read_first_ != 0;
}

void Translator::Walk() {
  EndBlock();
  ends_block_ = false;
  while (at_ != end_) {
    if (ends_block_ && version_ == kOldestBytecode && left() < kPaddingLimit) {
      const uint8_t* byte = at_;
      while (byte != end_ && *byte == 0) ++byte;
      if (byte == end_) return;
    }
    instruction_ = at_;
    if (!MakeRoom(kFixedRoom)) return;
    ends_block_ = false;
    Instruction();
    Settle(false);
    if (ends_block_) EndBlock();
  }
  if (!ends_block_) Fail(Message::kPastItsEnd);
}

// What follows is the start of another block, and branches may lead to it.
void Translator::EndBlock() {
  open_run_ = nullptr;
  if (blocks_end_ == reinterpret_cast<Place*>(room_end_)) return Fail(Message::kPastItsEnd);
  *blocks_end_++ = {position(), static_cast<uint32_t>(out_ - cells_)};
}

void Translator::PatchBranches() {
  auto* const waiting_end = reinterpret_cast<Place*>(blocks_);
  for (auto* waiting = reinterpret_cast<Place*>(down_); waiting != waiting_end; ++waiting) {
    const uint32_t target = waiting->position;
    const Place* block = blocks_;
    for (const Place* end = blocks_end_; end - block > 1;) {
      const Place* middle = block + (end - block) / 2;
      (middle->position <= target ? block : end) = middle;
    }
    if (block->position != target ||
        (version_ != kOldestBytecode && begin_[target] != static_cast<uint8_t>(Op::kBlock))) {
      instruction_ = begin_ + target;
      return Fail(Message::kBranchInto);
    }
    const uint32_t distance = block->cell - waiting->cell;
    uint16_t* const cells = cells_ + waiting->cell;
    cells[0] = static_cast<uint16_t>(distance);
    cells[1] = static_cast<uint16_t>(distance >> 16);
  }
}

void Translator::Instruction() {
  uint32_t code = Read8();
  if (code == kPrefixF64) return Fail(Message::kF64);
  uint32_t base = 0;
  uint32_t limit = kF32Base;
  if (code == kPrefixF32) {
    code = Read8();
    base = kF32Base;
    limit = kOpCount - kF32Base;
  }
  const auto op = static_cast<Op>(base + code);
  const OpcodeRow row = code < limit ? kOpcodeRows[base + code] : OpcodeRow();
  if (row.first_version > version_) {
    Fail(base != 0 ? Message::kUnknownF32Opcode : Message::kUnknownOpcode);
    failure_.Number(code, 16).Text(" in bytecode ").Number(version_);
    return;
  }
  const char* letter = OperandLetters(row.shape);
  switch (*letter) {
    case 'o':
    case 'O':
    case '4':
    case '8':
      return Constant(letter);
    case 'S': {  // trace and print
      uint16_t* const before = out_;
      FailMessage();
      Registers();
      out_ = before;
      return;
    }
    case '!':
      Fail(Message::kRefusedOpcode);
      failure_.Text(letter + 1);
      return;
    case '\0':  // block
      return;
    default:
      break;
  }
  if (op == Op::kImportResolved) return ImportResolved();
  open_run_ = nullptr;
  if (*letter == 'F') return CallOperands(op);
  Emit(static_cast<uint8_t>(row.cells != 0 ? op : RunsAs(op)));
  if (op == Op::kReturn) return Return();
  if (op == Op::kBrTable) return BranchTable();
  for (; *letter != '\0'; ++letter) Operand(*letter);
  Settle(IsResult(letter[-1]));
}

void Translator::Operand(char letter) {
  switch (letter) {
    case 'i':
    case 'u':
    case 'o':
    case 'I':
    case 'O':
      return Emit(ReadValue(letter));
    case 'r':
      // Before 16.0 a MOVE outside of branches, calls and returns means nothing (section 2.1).
      return Emit(RefCell(Read16()) & (version_ < kFirstSystematicMove ? ~kMoveBit : ~0u));
    case 'a':
      if (version_ > kOldestBytecode) (void)ReadValue('i');
      return;
    case 'g':
    case 'G': {
      const uint32_t offset = Read32();
      const uint32_t shift = letter == 'g' ? 2 : 3;
      if ((offset & ((1u << shift) - 1)) != 0) return Fail(Message::kOrdinalOutOfRange);
      return EmitIndex(offset >> shift, module_.global_bytes() >> shift);
    }
    case 'R':
      return EmitIndex(Read32(), module_.global_refs());
    case 'D':
      return EmitIndex(Read32(), module_.rodata_count());
    case 'T':
      if (Read32() >= module_.type_count()) Fail(Message::kOrdinalOutOfRange);
      return;
    case 'B':
      return Branch();
    case 'S':
      ends_block_ = true;
      return FailMessage();
    case 'V':
      return Registers();
    default:
      return;
  }
}

// Any registers of trace and print; discard.refs, the other user, has references.
void Translator::Registers() {
  const List list = ReadList(1);
  const bool references = *instruction_ == static_cast<uint8_t>(Op::kDiscardRefs);
  if (!MakeRoom(list.size)) return;
  Emit(list.size);
  for (uint32_t i = 0; i < list.size; ++i) {
    const uint32_t encoded = list.entries[i];
    Emit(references || (encoded & kRefBit) != 0 ? RefCell(encoded) : ValueCell(encoded));
  }
}

void Translator::Constant(const char* letter) {
  uint32_t low = 0;
  uint32_t high = 0;
  if (!IsResult(*letter)) {
    low = Read32();
    if (*letter == '8') high = Read32();
    ++letter;
  }
  const uint32_t cell = ReadValue(*letter);
  Settle(true);
  EmitConstant(cell, low);
  if (*letter == 'O') EmitConstant(cell + sizeof(uint32_t), high);
}

void Translator::EmitConstant(uint32_t cell, uint32_t value) {
  if (open_run_ == nullptr || *open_run_ == kMaxCell) {
    EmitWide(static_cast<uint8_t>(Op::kConstRun));  // and a count of 0
    open_run_ = out_ - 1;
  }
  ++*open_run_;
  Emit(cell);
  EmitWide(value);
}

void Translator::ImportResolved() {
  const uint32_t ordinal = Read32() ^ kImportBit;
  const uint32_t cell = ReadValue('i');
  Settle(true);
  if (ordinal >= verified_.imports().size()) return Fail(Message::kOrdinalOutOfRange);
  EmitConstant(cell, verified_.imports()[ordinal] != nullptr ? 1 : 0);
}

void Translator::BranchTarget(uint32_t target) {
  ends_block_ = true;
  if (target >= record_->code.size()) return Fail(Message::kBranchOut);
  down_ -= sizeof(Place) / sizeof(uint16_t);
  *reinterpret_cast<Place*>(down_) = {target, static_cast<uint32_t>(out_ - cells_)};
  EmitWide(0);
}

void Translator::Branch() {
  const uint32_t target = Read32();
  const List pairs = ReadList(2);
  if (!MakeRoom(pairs.size + kFixedRoom)) return;
  BranchTarget(target);
  uint16_t* const counts = out_;
  EmitWide(0);
  for (uint32_t bank = 0; bank < 2; ++bank) {
    for (uint32_t i = 0; i < pairs.size; i += 2) {
      const uint32_t source = pairs.entries[i];
      const bool is_ref = (source & kRefBit) != 0;
      if (is_ref != (bank == 1)) continue;
      const char letter = is_ref ? 'r' : 'i';
      Emit(CellFor(source, letter));
      Emit(CellFor(pairs.entries[i + 1], letter));
      Settle(true);
      ++counts[bank];
    }
  }
}

void Translator::BranchTable() {
  uint16_t* const start = out_ - 1;
  Emit(ReadValue('i'));
  // The default comes before the count that says how many offsets to reserve: look ahead for it.
  const uint8_t* const default_at = at_;
  Read32();
  (void)ReadList(2);
  const uint32_t cases = Read16();
  const uint8_t* const cases_at = at_;
  if (failed() || !MakeRoom(cases + kFixedRoom)) return;
  Emit(cases);
  uint16_t* const offsets = out_;
  out_ += cases + 1;
  at_ = default_at;
  for (uint32_t i = 0; i <= cases && !failed(); ++i) {
    const auto offset = static_cast<uint32_t>(out_ - start);
    if (offset > kMaxCell) return Fail(Message::kTooLarge);
    offsets[i] = static_cast<uint16_t>(offset);
    Branch();
    if (i == 0 && !failed()) at_ = cases_at;
  }
}

void Translator::FailMessage() {
  const uint32_t length = Read16();
  if (length > left()) return Fail(Message::kCutOff);
  EmitWide(position());
  Emit(length);
  at_ += length;
}

void Translator::CallOperands(Op op) {
  const bool variadic = op == Op::kCallVariadic || op == Op::kCallVariadicYieldable;
  const bool yieldable = op == Op::kCallYieldable || op == Op::kCallVariadicYieldable;
  const uint32_t function = Read32();
  const uint32_t ordinal = function & ~kImportBit;
  const bool is_import = (function & kImportBit) != 0;
  const List segments = variadic ? ReadList(1) : List();  // no entries: not variadic
  const List arguments = ReadList(1);
  const uint32_t target = yieldable ? Read32() : 0;
  const List results = ReadList(1);
  if (ordinal >= (is_import ? verified_.imports().size() : verified_.functions().size())) {
    return Fail(Message::kNoSuchCallee);
  }
  // An i64 of an internal call is two pairs, a reference of an import call has a rule.
  if (!MakeRoom(4 * (arguments.size + results.size) + 2 * kFixedRoom)) return;
  if (!is_import) {
    if (segments.entries != nullptr) return Fail(Message::kCallMisfit);
    InternalCall(ordinal, arguments, results);
  } else if (const ImportRow* row = verified_.imports()[ordinal]; row != nullptr) {
    ImportCall(*row, segments, arguments, results);
  } else {
    for (uint32_t i = 0; i < arguments.size; ++i) Watch(arguments.entries[i]);
    EmitWide(static_cast<uint8_t>(Op::kUnresolvedImport));  // ends every run that gets here
    Emit(3);
  }
  if (!yieldable || failed()) return;
  Emit(static_cast<uint8_t>(Op::kBr));
  BranchTarget(target);
  EmitWide(0);  // nothing to remap
}

void Translator::ImportCall(const ImportRow& row, List segments, List arguments, List results) {
  uint16_t* const start = out_;
  uint16_t* const scratch = down_;  // rules wait there until the arguments are written
  Emit(static_cast<uint8_t>(Op::kCallImport));
  Emit(static_cast<uint32_t>(&row - verified_.import_table().rows));
  std::memset(out_, 0, (kImportCallHeader - 2) * sizeof(uint16_t));
  out_ = start + kImportCallHeader;
  uint16_t* const spans = out_ + Call::kSpanCells;
  uint16_t* span = spans;
  const uint16_t* argument = arguments.entries;
  const uint16_t* segment = segments.entries;
  const char* letter = verified_.ConventionOf(row);
  if (*letter == 'v') ++letter;
  for (; *letter != '_'; ++letter) {
    uint32_t items = kSpanSegment;
    if (segment != nullptr) {
      if (segment == segments.end()) return Fail(Message::kCallMisfit);
      items = *segment++;
    }
    // An argument is a tuple of one letter, once.
    const char* first = letter;
    uint32_t width = 1;
    const bool is_span = *letter == 'C';
    if (is_span == (items == kSpanSegment)) return Fail(Message::kCallMisfit);
    if (is_span) {
      *span++ = static_cast<uint16_t>(items);
      ++first;
      while (*letter != 'D') ++letter;
      width = static_cast<uint32_t>(letter - first);
    } else {
      items = 1;
    }
    if (items * width > static_cast<uint32_t>(arguments.end() - argument)) {
      return Fail(Message::kCallMisfit);
    }
    for (; items != 0; --items) {
      for (uint32_t k = 0; k < width; ++k) ImportArgument(first[k], *argument++);
    }
  }
  if (argument != arguments.end() || segment != segments.end() ||
      (segment != nullptr && span == spans)) {
    return Fail(Message::kCallMisfit);
  }
  uint16_t* const result = spans - Call::kSpanCells + Call::kResultCells;
  if (*++letter == 'v') ++letter;
  uint32_t result_count = 0;
  for (; *letter != '\0' && result_count < results.size; ++letter, ++result_count) {
    result[result_count] = static_cast<uint16_t>(CellFor(results.entries[result_count], *letter));
    Settle(true);
  }
  if (*letter != '\0' || result_count != results.size) return Fail(Message::kCallMisfit);
  const auto rules = static_cast<uint32_t>(scratch - down_) / 2;
  uint32_t any_moved = 0;
  uint16_t* out = out_;
  for (const uint16_t* rule = down_; rule != scratch; rule += 2) {
    if ((rule[0] & kMoveBit) != 0) any_moved = kAnyMoved;
    *out++ = rule[0];
    *out++ = rule[1];
  }
  down_ = scratch;
  if (row.function == ImportRow::kNoFunction) {
    // Checked like any call; of what it would do, only giving up references is left.
    out_ = start;
    if (any_moved == 0) return;
    EmitWide(static_cast<uint8_t>(Op::kDiscardRefs));  // and a count of 0
    uint16_t* const count = out_ - 1;
    for (const uint16_t* rule = out - 2 * rules; rule != out; rule += 2) {
      if ((*rule & kMoveBit) == 0) continue;
      Emit(*rule);
      ++*count;
    }
    return;
  }
  out_ = out;
  const auto cells = static_cast<uint32_t>(out - start);
  if (cells > kMaxCell || rules >= kAnyMoved) return Fail(Message::kTooLarge);
  start[2] = static_cast<uint16_t>(cells);
  start[3] = static_cast<uint16_t>(rules | any_moved);
}

void Translator::ImportArgument(char letter, uint16_t encoded) {
  const uint32_t cell = CellFor(encoded, letter);
  Emit(cell & ~kMoveBit);
  if (!IsRef(letter) || (letter == 'r' && (cell & kMoveBit) == 0)) return;
  down_ -= 2;
  down_[0] = static_cast<uint16_t>(cell);
  down_[1] = static_cast<uint16_t>((letter - 'a') * sizeof(RefRule));
}

// Cells of a list, first the values, then the references, and in `counts` how many slots each
// takes. With `callee` each is followed by the place in its frame where it arrives. `written`: they
// are results.
void Translator::Banks(uint16_t* counts, List list, std::string_view letters,
                       const FunctionRecord* callee, bool written) {
  for (uint32_t bank = 0; bank < 2; ++bank) {
    const bool refs = bank == 1;
    ArgumentSlots slots(callee != nullptr && callee->fills_holes);
    uint32_t count = 0;
    for (uint32_t i = 0; i < list.size; ++i) {
      const uint32_t encoded = list.entries[i];
      // 13.0 records no convention for internal functions: each entry is one slot or reference.
      const char letter = !letters.empty() ? letters[i] : ((encoded & kRefBit) != 0 ? 'r' : 'i');
      if (IsRef(letter) != refs) continue;
      const bool wide = letter == 'I';
      uint32_t cell = CellFor(encoded, letter);
      if (written) Settle(true);
      uint32_t slot = slots.Take(wide);
      for (uint32_t part = 0; part <= (wide ? 1u : 0u); ++part) {
        Emit(cell);
        if (callee != nullptr) {
          if (slot >= (refs ? callee->ref_slots : callee->value_slots)) {
            return Fail(Message::kCallMisfit);
          }
          Emit(slot * (refs ? sizeof(void*) : sizeof(uint32_t)));
        }
        ++slot;
        ++count;
        cell += sizeof(uint32_t);
      }
    }
    counts[bank] = static_cast<uint16_t>(count);
  }
}

void Translator::InternalCall(uint32_t ordinal, List arguments, List results) {
  const FunctionRecord& callee = verified_.functions()[ordinal];
  const CallSignature& signature = callee.signature;
  if (callee.has_signature &&
      (arguments.size != signature.arguments.size() || results.size != signature.results.size())) {
    return Fail(Message::kCallMisfit);
  }
  Emit(static_cast<uint8_t>(Op::kCallInternal));
  Emit(ordinal);
  if (ordinal > kMaxCell) return Fail(Message::kTooLarge);
  uint16_t* const counts = out_;
  out_ += 4;
  Banks(counts, arguments, signature.arguments, &callee, false);
  Banks(counts + 2, results, signature.results, nullptr, true);
}

void Translator::Return() {
  ends_block_ = true;
  const List list = ReadList(1);
  if (record_->has_signature && list.size != record_->signature.results.size())
    return Fail(Message::kCallMisfit);
  if (!MakeRoom(2 * list.size + kFixedRoom)) return;
  uint16_t* const counts = out_;
  out_ += 2;
  Banks(counts, list, record_->signature.results, nullptr, false);
}

uint32_t Translator::Read8() {
  if (left() < 1) {
    Fail(Message::kCutOff);
    return 0;
  }
  return *at_++;
}

uint32_t Translator::Read16() {
  if (left() < 2) {
    Fail(Message::kCutOff);
    return 0;
  }
  at_ += 2;
  return base::LoadLe<uint16_t>(at_ - 2);
}

uint32_t Translator::Read32() {
  const uint32_t low = Read16();
  return low | Read16() << 16;
}

Translator::List Translator::ReadList(uint32_t unit) {
  // On even offsets of a function that starts on one.
  if ((position() & 1) != 0 && left() != 0) ++at_;
  const uint32_t size = Read16() * unit;
  if (size * sizeof(uint16_t) > left()) {
    Fail(Message::kCutOff);
    return {};
  }
  const List list = {reinterpret_cast<const uint16_t*>(at_), size};
  at_ += size * sizeof(uint16_t);
  return list;
}

uint32_t Translator::ValueCell(uint32_t encoded) {
  if (watched_ != 0) [[unlikely]]
    Watch(encoded);
  // A reference's bit makes it larger than any limit.
  if (encoded >= record_->value_slots) Fail(Message::kBadRegister);
  return encoded * sizeof(uint32_t);
}

uint32_t Translator::WideCell(uint32_t encoded) {
  if (encoded % 2 != 0 || encoded + 1 >= record_->value_slots) Fail(Message::kBadRegister);
  const uint32_t cell = ValueCell(encoded);
  pending_ |= pending_ << 1;
  return cell;
}

uint32_t Translator::RefCell(uint32_t encoded) {
  const uint32_t ordinal = encoded & ~(kRefBit | kMoveRefBit);
  if ((encoded & kRefBit) == 0 || ordinal >= record_->ref_slots) Fail(Message::kBadRegister);
  return ordinal * sizeof(void*) + ((encoded & kMoveRefBit) != 0 ? kMoveBit : 0);
}

uint32_t Translator::CellFor(uint32_t encoded, char letter) {
  if (IsRef(letter)) return RefCell(encoded);
  return letter < 'a' ? WideCell(encoded) : ValueCell(encoded);
}

uint32_t Translator::ReadValue(char letter) {
  const uint32_t encoded = Read16();
  return letter < 'a' ? WideCell(encoded) : ValueCell(encoded);
}

void Translator::Watch(uint32_t encoded) {
  Settle(false);
  pending_ = encoded < 32 ? 1u << encoded : 0;
}

void Translator::Settle(bool written) {
  if (watched_ == 0) return;
  if (!written) read_first_ |= pending_ & watched_;
  watched_ &= ~pending_;
  pending_ = 0;
}

bool Translator::MakeRoom(uint32_t cells) {
  if (static_cast<size_t>(down_ - out_) >= cells) return true;
  Fail(Message::kNoMemory);
  return false;
}

// Not in line: what they take is needed at some thirty places.
[[gnu::noinline]] void Translator::Emit(uint32_t cell) { *out_++ = static_cast<uint16_t>(cell); }

[[gnu::noinline]] void Translator::EmitWide(uint32_t value) {
  out_ += 2;
  out_[-2] = static_cast<uint16_t>(value);
  out_[-1] = static_cast<uint16_t>(value >> 16);
}

void Translator::EmitIndex(uint32_t index, uint32_t limit) {
  if (index >= limit) return Fail(Message::kOrdinalOutOfRange);
  if (index > kMaxCell) return Fail(Message::kTooLarge);
  Emit(index);
}

// The first one counts; the rest of the function is not looked at.
void Translator::Fail(Message message) {
  at_ = end_;
  if (failed()) return;
  failure_.Begin(message);
  failure_.set_byte_offset(module_.FileOffset(instruction_));
}

}  // namespace runtime
