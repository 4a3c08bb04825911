// SPDX-License-Identifier: Apache-2.0

#include "sim/profile/code_profile.h"

#include <algorithm>
#include <map>
#include <utility>

#include "sim/profile/profiler.h"

namespace sim {
namespace {

// Adds what blocks tell to a histogram.
class Adder final : public CodeObserver {
 public:
  explicit Adder(InsnHistogram* histogram) : histogram_(histogram) {}
  uint32_t DomainOf(GuestAddr) override { return 0; }
  void Cross(uint32_t, uint32_t, GuestAddr, uint64_t) override {}
  void Executed(uint32_t domain, std::span<const DecodedInsn> insns, uint64_t times) override {
    histogram_->Add(Profiler::UnitOf(domain), insns, times);
  }

 private:
  InsnHistogram* histogram_;
};

// From numbers of a FunctionTable to indices into CodeProfile::functions, made as they come up.
class FunctionIndex {
 public:
  FunctionIndex(const FunctionTable& table, std::vector<FunctionCount>* functions)
      : table_(table), functions_(functions), index_(table.functions().size(), UINT32_MAX) {
    Of(0);
  }
  uint32_t Of(uint32_t number) {
    if (index_[number] == UINT32_MAX) {
      index_[number] = static_cast<uint32_t>(functions_->size());
      functions_->push_back({.function = table_.functions()[number]});
    }
    return index_[number];
  }

 private:
  const FunctionTable& table_;
  std::vector<FunctionCount>* functions_;
  std::vector<uint32_t> index_;
};

bool TransfersControl(uint32_t word) {
  const Op op = DecodeOp(word);
  if (op == Op::kIllegal) return true;
  const InsnClass insn_class = Info(op).insn_class;
  return insn_class == InsnClass::kJump || insn_class == InsnClass::kJumpReg ||
         insn_class == InsnClass::kBranch;
}

// Where symbols do not tell, what was called directly is a function.
void AddCallTargets(const std::vector<InsnHistogram::Row>& rows, FunctionTable* table) {
  constexpr uint8_t kRa = 1;
  for (const InsnHistogram::Row& row : rows) {
    const DecodedInsn insn = Decode(row.word, row.address);
    if (insn.op != Op::kJal || insn.rd != kRa) continue;
    (void)table->AtCallTarget(row.unit, row.address + static_cast<uint32_t>(insn.imm));
  }
}

std::vector<HotBlock> BlocksOf(const std::vector<InsnCount>& insns) {
  std::vector<HotBlock> blocks;
  for (size_t i = 0; i < insns.size(); ++i) {
    const InsnCount& insn = insns[i];
    if (i != 0 && insns[i - 1].row.unit == insn.row.unit &&
        insns[i - 1].row.address + 4 == insn.row.address &&
        insns[i - 1].row.count == insn.row.count && insns[i - 1].function == insn.function &&
        !TransfersControl(insns[i - 1].row.word)) {
      ++blocks.back().length;
      continue;
    }
    blocks.push_back({.function = insn.function, .first = i, .length = 1, .count = insn.row.count});
  }
  std::ranges::sort(blocks, [](const HotBlock& a, const HotBlock& b) {
    return a.instructions() != b.instructions() ? a.instructions() > b.instructions()
                                                : a.first < b.first;
  });
  return blocks;
}

// Every context's subtotal goes to its function unless the function is at work above it already.
void AddInclusive(const std::vector<CallContext>& contexts, std::vector<FunctionCount>* functions) {
  const std::vector<uint64_t> subtotals = Subtotals(contexts);
  std::vector<uint32_t> active(functions->size());
  WalkContexts(
      contexts,
      [&](uint32_t at) {
        FunctionCount& function = (*functions)[contexts[at].function];
        function.calls += contexts[at].calls;
        if (active[contexts[at].function]++ == 0) function.inclusive += subtotals[at];
      },
      [&](uint32_t at) { --active[contexts[at].function]; });
}

}  // namespace

std::vector<uint64_t> Subtotals(const std::vector<CallContext>& contexts) {
  std::vector<uint64_t> subtotals(contexts.size());
  for (size_t i = contexts.size(); i-- > 0;) {
    subtotals[i] += contexts[i].instructions;
    if (i != 0) subtotals[contexts[i].parent] += subtotals[i];
  }
  return subtotals;
}

void WalkContexts(const std::vector<CallContext>& contexts,
                  const std::function<void(uint32_t)>& enter,
                  const std::function<void(uint32_t)>& leave) {
  if (contexts.empty()) return;
  // Children as linked lists, in order.
  std::vector<uint32_t> first_child(contexts.size());
  std::vector<uint32_t> sibling(contexts.size());
  for (size_t i = contexts.size(); i-- > 1;) {
    sibling[i] = std::exchange(first_child[contexts[i].parent], static_cast<uint32_t>(i));
  }
  uint32_t at = 0;
  enter(at);
  while (true) {
    if (first_child[at] != 0) {
      const uint32_t child = first_child[at];
      first_child[at] = sibling[child];
      enter(at = child);
      continue;
    }
    leave(at);
    if (at == 0) return;
    at = contexts[at].parent;
  }
}

std::vector<CallEdge> CallEdges(const std::vector<CallContext>& contexts) {
  const std::vector<uint64_t> subtotals = Subtotals(contexts);
  struct Sum {
    CallEdge edge;
    uint32_t active = 0;
  };
  std::map<std::pair<std::pair<uint32_t, uint32_t>, GuestAddr>, Sum> sums;
  const auto sum_of = [&](uint32_t at) -> Sum& {
    const CallContext& context = contexts[at];
    const uint32_t caller = contexts[context.parent].function;
    Sum& sum = sums[{{caller, context.function}, context.call_site}];
    sum.edge.caller = caller;
    sum.edge.callee = context.function;
    sum.edge.call_site = context.call_site;
    return sum;
  };
  WalkContexts(
      contexts,
      [&](uint32_t at) {
        if (at == 0) return;
        Sum& sum = sum_of(at);
        sum.edge.calls += contexts[at].calls;
        if (sum.active++ == 0) sum.edge.inclusive += subtotals[at];
      },
      [&](uint32_t at) {
        if (at != 0) --sum_of(at).active;
      });
  std::vector<CallEdge> edges;
  edges.reserve(sums.size());
  for (const auto& [key, sum] : sums) edges.push_back(sum.edge);
  return edges;
}

CodeProfile Profiler::MakeCodeProfile(const Interpreter& live, uint64_t retired) const {
  InsnHistogram histogram = histogram_;
  Adder adder(&histogram);
  live.ReportLiveBlocks(adder);
  const std::vector<InsnHistogram::Row> rows = histogram.Rows();
  FunctionTable table = functions_;
  AddCallTargets(rows, &table);

  CodeProfile profile;
  profile.lost_instructions = histogram.lost();
  FunctionIndex index(table, &profile.functions);
  profile.insns.reserve(rows.size());
  for (const InsnHistogram::Row& row : rows) {
    const uint32_t function = index.Of(table.At(row.unit, row.address));
    profile.functions[function].instructions += row.count;
    profile.insns.push_back({.function = function, .row = row});
  }
  profile.blocks = BlocksOf(profile.insns);
  if (!calls_) return profile;
  profile.has_calls = true;
  profile.lost_calls = calls_->lost_calls();
  profile.contexts = calls_->Contexts(retired);
  for (CallContext& context : profile.contexts) context.function = index.Of(context.function);
  AddInclusive(profile.contexts, &profile.functions);
  return profile;
}

}  // namespace sim
