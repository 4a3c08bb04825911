// SPDX-License-Identifier: Apache-2.0

#include "host/session/merged_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <utility>

#include "base/try.h"

namespace host {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kNanosecondsPerSecond = 1e9;
// 2^53 ns are 104 days: all of them are exact.
constexpr double kMaxSeconds = 9e6;

enum class Rule {
  kDescribes,   // the same in all parts; the first one's
  kFirst,       // differs and does not matter
  kAppend,      // lists, also inside objects, are joined
  kAppendTime,  // joined, and moved to one time line
  kAdd,         // numbers, also inside lists and objects, are added
  kAllocation,
  kProfile,
};

struct KeyRow {
  std::string_view key;
  Rule rule;
};
// The keys of the contract's section 6 and ours. Others follow their value: equal ones stay,
// numbers are added, lists joined.
constexpr auto kKeys = std::to_array<KeyRow>({
    {"command", Rule::kFirst},
    {"optimizers", Rule::kDescribes},
    {"build_cfg", Rule::kDescribes},
    {"cfg_path", Rule::kDescribes},
    {"model_framework", Rule::kDescribes},
    {"model_version", Rule::kDescribes},
    {"class_names", Rule::kDescribes},
    {"compiled_model_size", Rule::kDescribes},
    {"dataset_synthetic", Rule::kDescribes},
    {"tags", Rule::kAppend},
    {"input_preprocess_step", Rule::kAppend},
    {"input_preprocess_step_timestamp", Rule::kAppend},
    {"protocol_inference_step", Rule::kAppend},
    {"protocol_inference_step_timestamp", Rule::kAppendTime},
    {"target_inference_step", Rule::kAppend},
    {"target_inference_step_timestamp", Rule::kAppendTime},
    {"output_postprocess_step", Rule::kAppend},
    {"output_postprocess_step_timestamp", Rule::kAppend},
    {"profiler_timestamps", Rule::kAppendTime},
    {"executed_instructions", Rule::kAppend},
    {"memory_accesses", Rule::kAppend},
    {"peripheral_accesses", Rule::kAppend},
    {"exceptions", Rule::kAppend},
    {"eval_confusion_matrix", Rule::kAdd},
    {"total", Rule::kAdd},
    {"predictions", Rule::kAdd},
    {"top_5_count", Rule::kAdd},
    {"opcode_counters", Rule::kAdd},
    {"allocation_stats", Rule::kAllocation},
    {"simulator_profile", Rule::kProfile},
});

// Numbers of `simulator_profile` that describe instead of count.
constexpr auto kProfileConstants = std::to_array<std::string_view>(
    {"version", "start", "size", "address", "load_instructions", "file_offset", "layer", "index"});

double ToNanoseconds(double seconds) { return std::round(seconds * kNanosecondsPerSecond); }
double ToSeconds(double nanoseconds) { return nanoseconds / kNanosecondsPerSecond; }

struct Part {
  std::string name;
  Json contents;
  SampleRange range;
  double start_ns = 0;
  double end_ns = 0;
  double interval_ns = 0;
  bool virtual_clock = false;
  double shift_ns = 0;  // to the common time line
  Json allocation_before = Json::object();
};

std::unexpected<Error> Fault(const Part& part, std::string_view pointer, std::string sentence) {
  return InputError(std::move(sentence), fmt::format("{}#{}", part.name, pointer));
}

bool IsCount(const Json& shard, const char* key) {
  const auto found = shard.find(key);
  return found != shard.end() && found->is_number_unsigned() &&
         found->get<uint64_t>() < (uint64_t{1} << 40);
}

bool IsTime(const Json& shard, const char* key) {
  const auto found = shard.find(key);
  return found != shard.end() && found->is_number() && found->get<double>() >= 0 &&
         found->get<double>() < kMaxSeconds;
}

Result<Part> ReadPart(NamedResults results) {
  Part part;
  part.name = std::move(results.name);
  part.contents = std::move(results.contents);
  if (!part.contents.is_object()) return Fault(part, "", "a results file is an object");
  const auto shard = part.contents.find(kShardKey);
  if (shard == part.contents.end() || !shard->is_object()) {
    return Fault(part, "",
                 "is no part of an evaluation: it has no key 'shard', which "
                 "`kenning test --shard i/n` writes");
  }
  if (part.contents.contains("partial")) {
    return Fault(part, "/partial", "is what a failed run left; run this part again");
  }
  for (const char* key : {"first", "last", "total"}) {
    if (!IsCount(*shard, key)) {
      return Fault(part, fmt::format("/shard/{}", key), "needs a whole number");
    }
  }
  for (const char* key : {"start_s", "end_s", "interval_s"}) {
    if (!IsTime(*shard, key)) return Fault(part, fmt::format("/shard/{}", key), "needs a time");
  }
  const auto clock = shard->find("virtual_clock");
  if (clock == shard->end() || !clock->is_boolean()) {
    return Fault(part, "/shard/virtual_clock", "needs true or false");
  }
  part.range = {(*shard)["first"].get<size_t>(), (*shard)["last"].get<size_t>(),
                (*shard)["total"].get<size_t>()};
  if (part.range.first > part.range.last || part.range.last > part.range.total) {
    return Fault(part, "/shard", "first, last and total contradict each other");
  }
  part.start_ns = ToNanoseconds((*shard)["start_s"].get<double>());
  part.end_ns = ToNanoseconds((*shard)["end_s"].get<double>());
  part.interval_ns = ToNanoseconds((*shard)["interval_s"].get<double>());
  part.virtual_clock = clock->get<bool>();
  if (const auto before = shard->find("allocation_before");
      before != shard->end() && before->is_object()) {
    part.allocation_before = *before;
  }
  return part;
}

// In order, without gap; empty parts are left out.
Result<std::vector<Part>> Arrange(std::vector<Part> parts, bool may_end_early) {
  std::ranges::sort(parts, {},
                    [](const Part& part) { return std::pair(part.range.first, part.range.last); });
  const size_t total = parts.front().range.total;
  size_t next = 0;
  std::vector<Part> used;
  for (Part& part : parts) {
    if (part.range.total != total) {
      return Fault(part, "/shard/total",
                   fmt::format("is {} where another part has {}", part.range.total, total));
    }
    if (part.range.size() == 0) continue;
    if (part.range.first < next) {
      return Fault(
          part, "/shard",
          fmt::format("samples {} to {} are in another part, too", part.range.first, next - 1));
    }
    if (part.range.first > next) break;
    next = part.range.last;
    used.push_back(std::move(part));
  }
  if (used.empty()) {
    // All parts are empty, or the first samples are missing: any part can stand for "nothing".
    if (total == 0 || may_end_early) {
      used.push_back(std::move(parts.front()));
      return used;
    }
  }
  if (next < total && !may_end_early) {
    size_t end = total;
    for (const Part& part : parts) {
      if (part.range.size() > 0 && part.range.first > next) end = std::min(end, part.range.first);
    }
    return InputError(
        fmt::format("samples {} to {} of {} are in none of the parts", next, end - 1, total));
  }
  return used;
}

// Each block begins at an interval; so does each part, right after the one before it.
void PlaceInTime(std::vector<Part>* parts) {
  double end_ns = parts->front().end_ns;
  for (Part& part : *parts) {
    if (&part == &parts->front() || !part.virtual_clock) continue;
    const double width = part.interval_ns;
    const double begin_ns = width > 0 ? std::ceil(end_ns / width) * width : end_ns;
    part.shift_ns = begin_ns - part.start_ns;
    end_ns = part.end_ns + part.shift_ns;
  }
}

class Merger {
 public:
  Merger(Part first, std::vector<std::string>* notes) : merged_(std::move(first)), notes_(*notes) {}

  Result<> Add(Part part) {
    for (auto& [key, value] : part.contents.items()) {
      if (key == kShardKey) continue;
      const std::string pointer = "/" + key;
      const auto target = merged_.contents.find(key);
      if (target == merged_.contents.end()) {
        return Fault(part, pointer, "is a key that the first part does not have");
      }
      TRY(Apply(part, key, pointer, &*target, value));
    }
    merged_.range.last = part.range.last;
    merged_.end_ns = part.end_ns + part.shift_ns;
    return {};
  }

  Part Take() { return std::move(merged_); }

 private:
  Result<> Apply(const Part& part, const std::string& key, const std::string& pointer, Json* target,
                 Json& value) {
    const auto* row = std::ranges::find(kKeys, key, &KeyRow::key);
    if (row == kKeys.end()) return Guess(part, pointer, target, value);
    switch (row->rule) {
      case Rule::kFirst:
        return {};
      case Rule::kDescribes:
        if (*target != value) {
          notes_.push_back(fmt::format("{}: {} differs from the first part's", part.name, key));
        }
        return {};
      case Rule::kAppend:
        return Append(part, pointer, target, value);
      case Rule::kAppendTime:
        TRY(Move(part, pointer, &value));
        return Append(part, pointer, target, value);
      case Rule::kAdd:
        return AddNumbers(part, pointer, target, value, {});
      case Rule::kAllocation:
        return AddAllocation(part, pointer, target, value);
      case Rule::kProfile:
        return AddNumbers(part, pointer, target, value, kProfileConstants);
    }
    return {};
  }

  static Result<> Move(const Part& part, const std::string& pointer, Json* times) {
    if (!times->is_array()) return Fault(part, pointer, "needs a list");
    for (Json& time : *times) {
      if (!time.is_number() || std::abs(time.get<double>()) > kMaxSeconds) {
        return Fault(part, pointer, "needs a list of times");
      }
      if (part.shift_ns == 0) continue;
      time = ToSeconds(ToNanoseconds(time.get<double>()) + part.shift_ns);
    }
    return {};
  }

  static Result<> Append(const Part& part, const std::string& pointer, Json* target, Json& value) {
    if (target->is_array() && value.is_array()) {
      for (Json& element : value) target->push_back(std::move(element));
      return {};
    }
    if (!target->is_object() || !value.is_object() || target->size() != value.size()) {
      return Fault(part, pointer, "is of another form than in the first part");
    }
    for (auto& [key, member] : value.items()) {
      const auto found = target->find(key);
      if (found == target->end()) {
        return Fault(part, pointer + "/" + key, "is a key that the first part does not have");
      }
      TRY(Append(part, pointer + "/" + key, &*found, member));
    }
    return {};
  }

  // Keys of either side; list elements by their name if they have one, else by position. Keys in
  // `constants` stay as they are.
  static Result<> AddNumbers(const Part& part, const std::string& pointer, Json* target,
                             const Json& value, std::span<const std::string_view> constants) {
    if (target->is_number() && value.is_number()) {
      if (target->is_number_unsigned() && value.is_number_unsigned()) {
        *target = target->get<uint64_t>() + value.get<uint64_t>();
      } else {
        *target = target->get<double>() + value.get<double>();
      }
      return {};
    }
    if (target->is_object() && value.is_object()) {
      for (const auto& [key, member] : value.items()) {
        if (std::ranges::find(constants, key) != constants.end()) continue;
        const auto found = target->find(key);
        if (found == target->end()) {
          (*target)[key] = member;
        } else {
          TRY(AddNumbers(part, pointer + "/" + key, &*found, member, constants));
        }
      }
      return {};
    }
    if (target->is_array() && value.is_array()) {
      return AddLists(part, pointer, target, value, constants);
    }
    if (*target == value) return {};
    return Fault(part, pointer, "is of another form than in the first part");
  }

  static Result<> AddLists(const Part& part, const std::string& pointer, Json* target,
                           const Json& value, std::span<const std::string_view> constants) {
    const bool sorted = IsSorted(*target) && IsSorted(value);
    for (size_t i = 0; i < value.size(); ++i) {
      Json* same = nullptr;
      if (value[i].is_object() && value[i].contains("name")) {
        for (Json& row : *target) {
          if (row.is_object() && row.contains("name") && row["name"] == value[i]["name"]) {
            same = &row;
            break;
          }
        }
      } else if (i < target->size()) {
        same = &(*target)[i];
      }
      if (same == nullptr) {
        target->push_back(value[i]);
      } else {
        TRY(AddNumbers(part, fmt::format("{}/{}", pointer, i), same, value[i], constants));
      }
    }
    if (sorted) {
      std::sort(target->begin(), target->end(),
                [](const Json& a, const Json& b) { return SortKey(a) < SortKey(b); });
    }
    return {};
  }

  // Most instructions first, then by name: the order in which kernels are listed.
  static std::pair<double, std::string> SortKey(const Json& row) {
    return {-row["instructions"].get<double>(), row["name"].get<std::string>()};
  }
  static bool IsSorted(const Json& list) {
    const bool has_keys = std::ranges::all_of(list, [](const Json& row) {
      return row.is_object() && row.contains("name") && row["name"].is_string() &&
             row.contains("instructions") && row["instructions"].is_number();
    });
    return has_keys && std::ranges::is_sorted(list, {}, SortKey);
  }

  // Peaks are the largest; the rest grows from what it was when the part began.
  static Result<> AddAllocation(const Part& part, const std::string& pointer, Json* target,
                                const Json& value) {
    if (!target->is_object() || !value.is_object()) return Fault(part, pointer, "needs an object");
    for (const auto& [name, number] : value.items()) {
      const auto found = target->find(name);
      if (!number.is_number_unsigned() || found == target->end() || !found->is_number_unsigned()) {
        return Fault(part, pointer + "/" + name, "needs a whole number in both parts");
      }
      const uint64_t after = number.get<uint64_t>();
      if (name.contains("peak")) {
        *found = std::max(found->get<uint64_t>(), after);
        continue;
      }
      const auto before = part.allocation_before.find(name);
      const uint64_t earlier =
          before != part.allocation_before.end() && before->is_number_unsigned()
              ? before->get<uint64_t>()
              : 0;
      *found = found->get<uint64_t>() + after - std::min(after, earlier);
    }
    return {};
  }

  static Result<> Guess(const Part& part, const std::string& pointer, Json* target, Json& value) {
    if (*target == value) return {};
    if (target->is_number()) return AddNumbers(part, pointer, target, value, {});
    return Append(part, pointer, target, value);
  }

  Part merged_;
  std::vector<std::string>& notes_;
};

}  // namespace

Json ShardKey(const TestRecord& record) {
  Json before = Json::object();
  for (const AllocationStatistic& row : record.allocation_before) before[row.name] = row.value;
  const double interval_ns = record.before ? static_cast<double>(record.before->bin_width_ns) : 0.0;
  return {{"first", record.range.first},
          {"last", record.range.last},
          {"total", record.range.total},
          {"start_s", record.start_s},
          {"end_s", record.end_s},
          {"interval_s", ToSeconds(interval_ns)},
          {"virtual_clock", record.virtual_clock},
          {"allocation_before", std::move(before)}};
}

Result<MergeOutcome> MergeResults(std::vector<NamedResults> results, bool may_end_early) {
  if (results.empty()) return InputError("there is nothing to merge");
  std::vector<Part> parts;
  Error faults{ErrorKind::kInput, "the parts cannot be merged", {}, {}};
  for (NamedResults& each : results) {
    auto part = ReadPart(std::move(each));
    if (part)
      parts.push_back(*std::move(part));
    else
      faults.causes.push_back(std::move(part).error());
  }
  if (!faults.causes.empty()) return std::unexpected(std::move(faults));
  parts = TRY(Arrange(std::move(parts), may_end_early));
  PlaceInTime(&parts);

  MergeOutcome outcome;
  Merger merger(std::move(parts.front()), &outcome.notes);
  for (size_t i = 1; i < parts.size(); ++i) TRY(merger.Add(std::move(parts[i])));
  Part merged = merger.Take();
  const bool complete = merged.range.first == 0 && merged.range.last == merged.range.total;
  outcome.contents = std::move(merged.contents);
  outcome.end_s = ToSeconds(merged.end_ns);
  if (complete) outcome.contents.erase(std::string(kShardKey));
  return outcome;
}

}  // namespace host
