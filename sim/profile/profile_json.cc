#include "sim/profile/profile_json.h"

#include <nlohmann/json.hpp>

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
    json.push_back({{"name", kernel.name},
                    {"address", kernel.address},
                    {"placed", kernel.placed},
                    {"calls", kernel.calls},
                    {"instructions", kernel.instructions}});
  }
  return json;
}

Json Spans(const std::vector<Span>& spans) {
  Json json = Json::array();
  for (const Span& span : spans) {
    Json kernels = Json::array();
    for (const KernelDelta& delta : span.kernels) {
      kernels.push_back(
          {{"kernel", delta.kernel}, {"calls", delta.calls}, {"instructions", delta.instructions}});
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

}  // namespace

std::string ProfileJson(const Profile& profile) {
  Json traps = Json::array();
  for (const TrapCount& trap : profile.traps) {
    traps.push_back({{"mcause", trap.mcause}, {"count", trap.count}});
  }
  const Json json = {{"instructions", profile.instructions},
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
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sim
