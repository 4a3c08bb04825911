// SPDX-License-Identifier: Apache-2.0

#include "host/report/summary_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/report/text.h"

namespace host::report {
namespace {

using Json = nlohmann::ordered_json;

std::string CsvText(std::string_view text) {
  std::string field = text.find_first_of("=+-@\t\r") == 0 ? "'" : "";
  field += text;
  if (field.find_first_of(",\"\n\r") == std::string::npos) return field;
  std::string quoted = "\"";
  for (const char c : field) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string_view VerdictWord(Verdict verdict) {
  constexpr std::string_view kWords[] = {"same", "better", "worse", "too_much", "changed"};
  return kWords[static_cast<size_t>(verdict)];
}

const MetricChange* ChangeOf(const SummaryModel& model, const HeadlineMetric* metric) {
  const auto found = std::ranges::find(model.changes, metric, &MetricChange::metric);
  return found == model.changes.end() ? nullptr : &*found;
}

}  // namespace

std::string SummaryJson(std::span<const SummaryModel> models) {
  Json summary = Json::array();
  for (const SummaryModel& model : models) {
    Json metrics = Json::array();
    for (const HeadlineValue& one : HeadlineValues(*model.measurements)) {
      metrics.push_back(
          {{"type", one.metric->type}, {"name", one.metric->name}, {"value", one.value}});
    }
    summary.push_back({{"modelName", model.name},
                       {"scenarioPath", model.measurements->cfg_path},
                       {"metrics", std::move(metrics)}});
  }
  return summary.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string SummaryCsv(std::span<const SummaryModel> models) {
  const bool compared =
      std::ranges::any_of(models, [](const SummaryModel& model) { return !model.changes.empty(); });
  std::string csv = "model,type,metric,value,unit";
  csv += compared ? ",baseline,change,verdict\r\n" : "\r\n";
  for (const SummaryModel& model : models) {
    for (const HeadlineValue& one : HeadlineValues(*model.measurements)) {
      csv += fmt::format("{},{},{},{},{}", CsvText(model.name), one.metric->type, one.metric->name,
                         one.value, UnitName(one.metric->unit));
      if (compared) {
        if (const MetricChange* change = ChangeOf(model, one.metric)) {
          csv += fmt::format(",{},{},{}", change->before, RelativeChange(change->before, one.value),
                             VerdictWord(change->verdict));
        } else {
          csv += ",,,new";
        }
      }
      csv += "\r\n";
    }
  }
  return csv;
}

std::string SummaryJUnit(std::span<const SummaryModel> models, std::string_view title) {
  std::string suites;
  size_t all_cases = 0;
  size_t all_failures = 0;
  for (const SummaryModel& model : models) {
    std::string cases;
    size_t count = 0;
    size_t failures = 0;
    const auto add = [&](const HeadlineMetric& metric, const std::string& body, bool failed) {
      cases += fmt::format("    <testcase classname=\"{}\" name=\"{}.{}\">{}</testcase>\n",
                           EscapeHtml(model.name), metric.type, metric.name, body);
      ++count;
      failures += failed;
    };
    for (const HeadlineValue& one : HeadlineValues(*model.measurements)) {
      const MetricChange* change = ChangeOf(model, one.metric);
      const bool failed = change != nullptr && change->verdict == Verdict::kTooMuch;
      const std::string text =
          change != nullptr
              ? Sentence(*change)
              : fmt::format("{}: {}", one.metric->name, MetricText(one.metric->unit, one.value));
      add(*one.metric,
          failed ? fmt::format("<failure message=\"{}\"/>", EscapeHtml(text))
                 : fmt::format("<system-out>{}</system-out>", EscapeHtml(text)),
          failed);
    }
    for (const MetricChange& change : model.changes) {
      if (change.now || change.verdict != Verdict::kTooMuch) continue;
      add(*change.metric, fmt::format("<failure message=\"{}\"/>", EscapeHtml(Sentence(change))),
          true);
    }
    suites +=
        fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">\n{}  </testsuite>\n",
                    EscapeHtml(model.name), count, failures, cases);
    all_cases += count;
    all_failures += failures;
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"{}\" tests=\"{}\" failures=\"{}\">\n{}</testsuites>\n",
      EscapeHtml(title), all_cases, all_failures, suites);
}

}  // namespace host::report
