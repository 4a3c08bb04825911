// SPDX-License-Identifier: Apache-2.0

#include "sim/profile/profile_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "sim/isa/disassembler.h"
#include "sim/profile/layer_name.h"

namespace sim {
namespace {

using Json = nlohmann::ordered_json;

Json Accesses(const AccessCount& count) { return {{"read", count.reads}, {"write", count.writes}}; }

Json Opcodes(const std::vector<OpcodeCount>& opcodes) {
  Json json = Json::object();
  for (const OpcodeCount& opcode : opcodes) json[opcode.name] = opcode.count;
  return json;
}

Json Regions(const std::vector<RegionCount>& regions) {
  Json json = Json::object();
  for (const RegionCount& region : regions) {
    json[region.name] = {{"base", region.base},
                         {"size_bytes", region.size_bytes},
                         {"read", region.count.reads},
                         {"write", region.count.writes}};
  }
  return json;
}

Json Bins(const Profile& profile) {
  Json json = Json::array();
  for (const Bin& bin : profile.bins) {
    Json row = {{"start_ns", bin.start_ns},
                {"instructions", bin.instructions},
                {"kernel_instructions", bin.kernel_instructions},
                {"memory", Accesses(bin.memory)},
                {"exceptions", bin.exceptions}};
    Json memories = Json::object();
    for (size_t i = 0; i < bin.memories.size(); ++i) {
      const AccessCount& count = bin.memories[i];
      if (count.reads != 0 || count.writes != 0) {
        memories[profile.memories[i].name] = Accesses(count);
      }
    }
    row["memories"] = std::move(memories);
    Json peripherals = Json::object();
    for (size_t i = 0; i < bin.peripherals.size(); ++i) {
      const AccessCount& count = bin.peripherals[i];
      if (count.reads != 0 || count.writes != 0) {
        peripherals[profile.peripherals[i].name] = Accesses(count);
      }
    }
    row["peripherals"] = std::move(peripherals);
    json.push_back(std::move(row));
  }
  return json;
}

Json Kernels(const std::vector<Kernel>& kernels) {
  Json json = Json::array();
  for (const Kernel& kernel : kernels) {
    Json row = {{"name", kernel.name},
                {"address", kernel.address},
                {"placed", kernel.placed},
                {"calls", kernel.calls},
                {"instructions", kernel.instructions},
                {"memory", Accesses(kernel.memory)}};
    if (const auto layer = ParseLayerName(kernel.name)) {
      row["layer"] = {{"function", layer->function},
                      {"dispatch", layer->dispatch},
                      {"operation", layer->operation},
                      {"shape", layer->shape}};
    }
    json.push_back(std::move(row));
  }
  return json;
}

Json Spans(const std::vector<Span>& spans) {
  Json json = Json::array();
  for (const Span& span : spans) {
    Json kernels = Json::array();
    for (const KernelDelta& delta : span.kernels) {
      kernels.push_back({{"kernel", delta.kernel},
                         {"calls", delta.calls},
                         {"instructions", delta.instructions},
                         {"memory", Accesses(delta.memory)}});
    }
    json.push_back({{"name", span.name},
                    {"start_ns", span.start_ns},
                    {"end_ns", span.end_ns},
                    {"instructions", span.instructions},
                    {"kernel_instructions", span.kernel_instructions},
                    {"memory", Accesses(span.memory)},
                    {"argument", span.argument},
                    {"kernels", std::move(kernels)}});
  }
  return json;
}

constexpr size_t kHotBlocks = 50;

Json Functions(const CodeProfile& code) {
  std::vector<size_t> order(code.functions.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, [&](size_t a, size_t b) {
    const uint64_t left = code.functions[a].instructions;
    const uint64_t right = code.functions[b].instructions;
    return left != right ? left > right : a < b;
  });
  Json json = Json::array();
  for (size_t i : order) {
    const FunctionCount& row = code.functions[i];
    Json fields = {{"name", row.function.name},
                   {"address", row.function.address},
                   {"size_bytes", row.function.size_bytes},
                   {"executable", row.function.unit},
                   {"is_kernel", row.function.is_kernel},
                   {"instructions", row.instructions}};
    if (code.has_calls) {
      fields["inclusive"] = row.inclusive;
      fields["calls"] = row.calls;
    }
    json.push_back(std::move(fields));
  }
  return json;
}

Json HotBlocks(const CodeProfile& code) {
  Json json = Json::array();
  for (size_t i = 0; i < std::min(kHotBlocks, code.blocks.size()); ++i) {
    const HotBlock& block = code.blocks[i];
    Json lines = Json::array();
    for (size_t n = 0; n < block.length; ++n) {
      const InsnHistogram::Row& row = code.insns[block.first + n].row;
      lines.push_back(Disassemble(row.word, row.address));
    }
    json.push_back({{"address", code.insns[block.first].row.address},
                    {"function", code.functions[block.function].function.name},
                    {"count", block.count},
                    {"instructions", block.instructions()},
                    {"code", std::move(lines)}});
  }
  return json;
}

// Call sites of one pair of functions summed up.
Json Edges(const CodeProfile& code) {
  Json json = Json::array();
  const std::vector<CallEdge> edges = CallEdges(code.contexts);
  for (size_t i = 0; i < edges.size();) {
    CallEdge sum = edges[i];
    for (++i; i < edges.size() && edges[i].caller == sum.caller && edges[i].callee == sum.callee;
         ++i) {
      sum.calls += edges[i].calls;
      sum.inclusive += edges[i].inclusive;
    }
    json.push_back({{"caller", code.functions[sum.caller].function.name},
                    {"callee", code.functions[sum.callee].function.name},
                    {"calls", sum.calls},
                    {"inclusive", sum.inclusive}});
  }
  return json;
}

}  // namespace

std::string ProfileJson(const Profile& profile, const CodeProfile* code) {
  Json traps = Json::array();
  for (const TrapCount& trap : profile.traps) {
    traps.push_back({{"mcause", trap.mcause}, {"count", trap.count}});
  }
  Json json = {{"instructions", profile.instructions},
               {"kernel_instructions", profile.kernel_instructions},
               {"virtual_time_ns", profile.virtual_time_ns},
               {"bin_width_ns", profile.bin_width_ns},
               {"opcodes", Opcodes(profile.opcodes)},
               {"renode_opcodes", Opcodes(profile.renode_opcodes)},
               {"memories", Regions(profile.memories)},
               {"peripherals", Regions(profile.peripherals)},
               {"traps", std::move(traps)},
               {"kernels", Kernels(profile.kernels)},
               {"spans", Spans(profile.spans)},
               {"spans_dropped", profile.spans_dropped},
               {"bins", Bins(profile)}};
  if (code != nullptr) {
    json["functions"] = Functions(*code);
    json["hot_blocks"] = HotBlocks(*code);
    if (code->has_calls) json["call_edges"] = Edges(*code);
    json["lost_instructions"] = code->lost_instructions;
    json["lost_calls"] = code->lost_calls;
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sim
