// SPDX-License-Identifier: Apache-2.0

#include "host/report/baseline.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "host/report/text.h"

namespace host::report {
namespace {

constexpr std::string_view kOption = "--baseline-threshold";

std::optional<double> ParsePercent(std::string_view text) {
  if (text.ends_with('%')) text.remove_suffix(1);
  double percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!(percent >= 0) || std::isinf(percent)) return std::nullopt;
  return percent;
}

// Metrics that can be worse.
std::vector<std::string_view> Comparable() {
  std::vector<std::string_view> names;
  for (const HeadlineMetric& metric : HeadlineMetrics()) {
    if (metric.better != Better::kNeither) names.push_back(metric.name);
  }
  return names;
}

Verdict Judge(const HeadlineMetric& metric, double before, double now,
              std::optional<double> threshold) {
  if (before == now) return Verdict::kSame;
  if (metric.better == Better::kNeither) return Verdict::kOther;
  const double worsening = Worsening(metric.better, before, now);
  if (worsening < 0) return Verdict::kBetter;
  return threshold && worsening > *threshold ? Verdict::kTooMuch : Verdict::kWorse;
}

std::map<std::string, double> KernelsPerInference(const Measurements& m) {
  std::map<std::string, double> kernels;
  if (!m.simulator || m.simulator->inferences == 0) return kernels;
  for (const KernelCount& kernel : m.simulator->kernels) {
    kernels[kernel.name] +=
        static_cast<double>(kernel.instructions) / static_cast<double>(m.simulator->inferences);
  }
  return kernels;
}

}  // namespace

Result<Thresholds> Thresholds::Parse(std::span<const std::string> texts) {
  Thresholds thresholds;
  const std::vector<std::string_view> names = Comparable();
  std::vector<Error> faults;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    const bool is_one = equals != std::string::npos;
    const std::string name = is_one ? text.substr(0, equals) : "";
    const std::optional<double> percent =
        ParsePercent(std::string_view(text).substr(is_one ? equals + 1 : 0));
    if (!percent) {
      faults.push_back({ErrorKind::kInput,
                        fmt::format("\"{}\" does not end in a number of percent, 0 or more", text),
                        std::string(kOption),
                        {}});
    } else if (!is_one) {
      thresholds.all_ = *percent / 100;
    } else if (std::ranges::find(names, name) == names.end()) {
      faults.push_back({ErrorKind::kInput,
                        fmt::format("there is no metric \"{}\" that can be worse; there are {}",
                                    name, fmt::join(names, ", ")),
                        std::string(kOption),
                        {}});
    } else {
      thresholds.each_[name] = *percent / 100;
    }
  }
  if (faults.empty()) return thresholds;
  Error first = std::move(faults.front());
  faults.erase(faults.begin());
  first.causes = std::move(faults);
  return std::unexpected(std::move(first));
}

std::optional<double> Thresholds::Of(const HeadlineMetric& metric) const {
  if (metric.better == Better::kNeither) return std::nullopt;
  const auto own = each_.find(metric.name);
  return own != each_.end() ? own->second : all_;
}

std::vector<MetricChange> CompareMetrics(const Measurements& baseline, const Measurements& now,
                                         const Thresholds& thresholds) {
  const std::vector<HeadlineValue> values = HeadlineValues(now);
  std::vector<MetricChange> changes;
  for (const HeadlineValue& before : HeadlineValues(baseline)) {
    MetricChange change{before.metric, before.value, std::nullopt, Verdict::kSame,
                        thresholds.Of(*before.metric)};
    const auto found = std::ranges::find(values, before.metric, &HeadlineValue::metric);
    if (found == values.end()) {
      change.verdict = change.threshold ? Verdict::kTooMuch : Verdict::kOther;
    } else {
      change.now = found->value;
      change.verdict = Judge(*before.metric, before.value, found->value, change.threshold);
    }
    changes.push_back(change);
  }
  return changes;
}

std::vector<KernelChange> CompareKernels(const Measurements& baseline, const Measurements& now) {
  std::map<std::string, KernelChange> kernels;
  for (const auto& [name, count] : KernelsPerInference(baseline)) kernels[name].before = count;
  for (const auto& [name, count] : KernelsPerInference(now)) kernels[name].now = count;
  std::vector<KernelChange> changes;
  for (auto& [name, change] : kernels) {
    if (change.before == change.now) continue;
    changes.push_back({name, change.before, change.now});
  }
  std::ranges::sort(changes, [](const KernelChange& a, const KernelChange& b) {
    const double by_a = std::abs(a.now - a.before);
    const double by_b = std::abs(b.now - b.before);
    return by_a != by_b ? by_a > by_b : a.name < b.name;
  });
  return changes;
}

std::string Sentence(const MetricChange& change) {
  const HeadlineMetric& metric = *change.metric;
  const std::string before = MetricText(metric.unit, change.before);
  if (!change.now) {
    return fmt::format("{}: not measured any more, {} in the baseline", metric.name, before);
  }
  std::string text = fmt::format("{}: {} instead of {}", metric.name,
                                 MetricText(metric.unit, *change.now), before);
  const double worsening = Worsening(metric.better, change.before, *change.now);
  if (worsening != 0) {
    text +=
        fmt::format(", {} {}", Percent(std::abs(worsening)), worsening > 0 ? "worse" : "better");
  }
  if (change.threshold) text += fmt::format(" ({} allowed)", Percent(*change.threshold));
  return text;
}

}  // namespace host::report
