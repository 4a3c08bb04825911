// SPDX-License-Identifier: Apache-2.0

// Figures of categories: opcodes, classes, models and their metrics.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "host/report/figure_data.h"
#include "host/report/figures.h"
#include "host/report/text.h"

namespace host::report {
namespace {

constexpr int kPlotWidth = 700;

// How strongly an error shows: small shares of confusion must still be seen, so the scale is
// logarithmic (log2(99 v + 1) / log2(100), as Kenning colours them).
double ErrorStrength(double share) { return std::log2(99 * share + 1) / std::log2(100.0); }

std::string ClassName(std::span<const std::string> names, size_t index) {
  return index < names.size() ? names[index] : std::to_string(index);
}

Json Text(const char* field, const char* title) {
  return {{"field", field}, {"type", "nominal"}, {"title", title}};
}

double Quantile(const std::vector<double>& sorted, double fraction) {
  const double position = fraction * static_cast<double>(sorted.size() - 1);
  const size_t below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - std::floor(position));
}

}  // namespace

Json OpcodeBars(std::span<const NamedCounts> models) {
  const bool named = models.size() > 1;
  // Opcodes of all models, by their count in the first that has them.
  std::vector<std::string> order;
  std::map<std::string, size_t> ranks;
  for (const NamedCounts& model : models) {
    for (const NamedCount& opcode : model.counts) {
      if (ranks.try_emplace(opcode.name, order.size() + 1).second) order.push_back(opcode.name);
    }
  }
  Json values = Json::array();
  for (const NamedCounts& model : models) {
    for (const NamedCount& opcode : model.counts) {
      Json value = {{"o", opcode.name},
                    {"n", opcode.count},
                    {"r", ranks[opcode.name]},
                    {"k", IsVectorOpcode(opcode.name) ? "V extension" : "scalar"}};
      if (named) value["m"] = model.name;
      values.push_back(std::move(value));
    }
  }
  bool has_scalar = false;
  bool has_vector = false;
  for (const std::string& opcode : order) (IsVectorOpcode(opcode) ? has_vector : has_scalar) = true;
  Json legend = nullptr;
  if (has_scalar && has_vector) legend = {{"orient", "top"}};
  Json colour = named ? ModelColour(models.size())
                      : Json{{"field", "k"},
                             {"type", "nominal"},
                             {"title", nullptr},
                             {"scale", {{"domain", Json::array({"scalar", "V extension"})}}},
                             {"legend", std::move(legend)}};
  Json encoding = {
      {"x",
       {{"field", "o"},
        {"type", "nominal"},
        {"title", "Opcode"},
        {"sort", {{"field", "r"}, {"op", "min"}}},
        {"axis", {{"labelAngle", -90}, {"labelLimit", 120}, {"labelOverlap", "greedy"}}}}},
      {"y",
       {{"field", "n"},
        {"type", "quantitative"},
        {"title", "Counter"},
        {"axis", {{"format", "~s"}}}}},
      {"color", std::move(colour)},
      {"tooltip",
       Json::array(
           {Text("o", "opcode"),
            Text(named ? "m" : "k", named ? "model" : "kind"),
            {{"field", "n"}, {"type", "quantitative"}, {"title", "count"}, {"format", ","}}})}};
  if (named) encoding["xOffset"] = {{"field", "m"}, {"type", "nominal"}, {"sort", nullptr}};
  // A few opcodes do not need the whole width of a page.
  const size_t widest = 140 + order.size() * models.size() * 56;
  return {{"width", std::min<size_t>(kPlotWidth, widest)},
          {"height", 240},
          {"usermeta", {{"widest", widest}}},
          {"params", Json::array({{{"name", "most"}, {"value", order.size()}}})},
          {"data", {{"values", std::move(values)}}},
          {"transform", Json::array({{{"filter", "datum.r <= most"}}})},
          {"mark", {{"type", "bar"}}},
          {"encoding", std::move(encoding)}};
}

Json ConfusionMatrix(const std::vector<std::vector<double>>& matrix,
                     std::span<const std::string> class_names, const QualityMetrics& quality) {
  const size_t classes = matrix.size();
  const bool labelled = classes <= kLabelledClasses;
  std::vector<double> predicted(classes);
  for (const auto& row : matrix) {
    for (size_t p = 0; p < classes; ++p) predicted[p] += row[p];
  }

  // Positions are numbers, so that two classes of one name (or a class called "Precision") stay
  // apart; labels are looked up by position. The last row and column hold the metrics.
  Json values = Json::array();
  const auto add = [&](size_t p, size_t a, const char* kind, double share, double strength,
                       std::optional<double> count) {
    Json value = {{"p", p},
                  {"a", a},
                  {"k", kind},
                  {"s", Shortened(share)},
                  {"w", Shortened(std::clamp(strength, 0.0, 1.0))}};
    if (count) {
      value["n"] = *count;
      value["pn"] = ClassName(class_names, p);
      value["an"] = ClassName(class_names, a);
    }
    values.push_back(std::move(value));
  };
  for (size_t a = 0; a < classes; ++a) {
    for (size_t p = 0; p < classes; ++p) {
      const double count = matrix[a][p];
      // Of a large matrix only what is not empty, and not without limit.
      if (!labelled && (count == 0 || values.size() >= kShownCells)) continue;
      const double share = predicted[p] > 0 ? count / predicted[p] : 0;
      add(p, a,
          count == 0 ? "none"
          : a == p   ? "correct"
                     : "wrong",
          share, a == p ? share : ErrorStrength(share), count);
    }
  }
  if (labelled) {
    for (size_t i = 0; i < classes; ++i) {
      add(classes, i, "Sensitivity", quality.sensitivity[i], quality.sensitivity[i], {});
      add(i, classes, "Precision", quality.precision[i], quality.precision[i], {});
    }
    add(classes, classes, "Accuracy", quality.accuracy, quality.accuracy, {});
  }

  Json actual_names = Json::array();
  Json predicted_names = Json::array();
  for (size_t i = 0; i < classes; ++i) {
    actual_names.push_back(ClassName(class_names, i));
    predicted_names.push_back(ClassName(class_names, i));
  }
  actual_names.push_back("Precision");
  predicted_names.push_back("Sensitivity");

  const Json axis = {{"domain", false}, {"ticks", false}, {"grid", false}, {"labelLimit", 140}};
  Json x_axis = axis;
  x_axis.update({{"orient", "top"},
                 {"labelExpr", "actual[datum.value]"},
                 {"labelAngle", classes > 8 ? -90 : 0}});
  Json y_axis = axis;
  y_axis.update({{"labelExpr", "predicted[datum.value]"}});
  const Json kinds =
      Json::array({"correct", "wrong", "none", "Precision", "Sensitivity", "Accuracy"});
  // Teal and orange stay apart for every kind of colour vision; red and green do not.
  const Json colours =
      Json::array({"#1a9988", "#e8710a", "#808891", "#6b7fd7", "#6b7fd7", "#6b7fd7"});
  Json cells = {
      {"mark", {{"type", "rect"}, {"cornerRadius", 2}}},
      {"encoding",
       {{"color",
         {{"field", "k"},
          {"type", "nominal"},
          {"scale", {{"domain", kinds}, {"range", colours}}},
          {"legend", nullptr}}},
        {"opacity",
         {{"field", "w"},
          {"type", "quantitative"},
          {"scale", {{"domain", Json::array({0, 1})}, {"range", Json::array({0.07, 0.9})}}},
          {"legend", nullptr}}},
        {"tooltip", Json::array({Text("pn", "predicted"),
                                 Text("an", "actual"),
                                 {{"field", "n"}, {"type", "quantitative"}, {"title", "samples"}},
                                 Text("k", "cell"),
                                 {{"field", "s"},
                                  {"type", "quantitative"},
                                  {"title", "share"},
                                  {"format", ".1%"}}})}}}};
  Json layers = Json::array({std::move(cells)});
  if (labelled) {
    layers.push_back(
        {{"mark", {{"type", "text"}, {"fontSize", classes > 20 ? 8 : 12}}},
         {"encoding",
          {{"color", {{"condition", {{"test", "datum.w > 0.62"}, {"value", "#ffffff"}}}}},
           {"text",
            {{"field", "s"},
             {"type", "quantitative"},
             {"format", classes > 20 ? ".0%" : ".1%"}}}}}});
  }
  const int side = static_cast<int>(std::clamp<size_t>((classes + 1) * 74, 220, 640));
  return {{"width", side},
          {"height", std::min(side, 560)},
          {"usermeta", {{"square", true}}},
          {"params", Json::array({{{"name", "actual"}, {"value", std::move(actual_names)}},
                                  {{"name", "predicted"}, {"value", std::move(predicted_names)}}})},
          {"data", {{"values", std::move(values)}}},
          {"encoding",
           {{"x",
             {{"field", "a"},
              {"type", "ordinal"},
              {"title", "Actual class"},
              {"scale", {{"paddingInner", classes > 20 ? 0.0 : 0.04}}},
              {"axis", std::move(x_axis)}}},
            {"y",
             {{"field", "p"},
              {"type", "ordinal"},
              {"title", "Predicted class"},
              {"scale", {{"paddingInner", classes > 20 ? 0.0 : 0.04}}},
              {"axis", std::move(y_axis)}}}}},
          {"layer", std::move(layers)}};
}

Json PredictionBars(std::span<const double> predictions, std::span<const std::string> class_names) {
  Json values = Json::array();
  for (size_t i = 0; i < predictions.size(); ++i) {
    values.push_back(
        {{"i", i}, {"c", ClassName(class_names, i)}, {"n", Shortened(predictions[i])}});
  }
  return {{"width", kPlotWidth},
          {"height", 260},
          {"data", {{"values", std::move(values)}}},
          {"mark", {{"type", "bar"}}},
          {"encoding",
           {{"x",
             {{"field", "c"},
              {"type", "nominal"},
              {"title", "Class"},
              {"sort", {{"field", "i"}, {"op", "min"}}}}},
            {"y", {{"field", "n"}, {"type", "quantitative"}, {"title", "Predictions"}}},
            {"tooltip",
             Json::array({Text("c", "class"), {{"field", "n"}, {"title", "predictions"}}})}}}};
}

Json Quartiles(std::span<const Series> series, const std::string& value_title) {
  double largest = 0;
  for (const Series& one : series) {
    for (const double value : one.values) largest = std::max(largest, value);
  }
  const TimeUnit unit = SuitableTimeUnit(largest);
  const std::string title = value_title + " [" + unit.name + "]";
  Json values = Json::array();
  for (const Series& one : series) {
    if (one.values.empty()) continue;
    std::vector<double> sorted = one.values;
    std::ranges::sort(sorted);
    double sum = 0;
    for (double& value : sorted) sum += (value *= unit.factor);
    values.push_back({{"m", one.name},
                      {"min", Shortened(sorted.front())},
                      {"q1", Shortened(Quantile(sorted, 0.25))},
                      {"median", Shortened(Quantile(sorted, 0.5))},
                      {"q3", Shortened(Quantile(sorted, 0.75))},
                      {"max", Shortened(sorted.back())},
                      {"mean", Shortened(sum / static_cast<double>(sorted.size()))}});
  }
  const auto quantity = [&](const char* field) -> Json {
    return {
        {"field", field}, {"type", "quantitative"}, {"title", title}, {"scale", {{"zero", false}}}};
  };
  const auto tip = [](const char* field) -> Json {
    return {{"field", field}, {"type", "quantitative"}, {"format", ",.6~g"}};
  };
  const size_t rows = values.size();
  return {
      {"width", kPlotWidth},
      {"height", 40 + 44 * rows},
      {"data", {{"values", std::move(values)}}},
      {"encoding",
       {{"y",
         {{"field", "m"},
          {"type", "nominal"},
          {"title", nullptr},
          {"sort", nullptr},
          {"axis", {{"labelLimit", 240}}}}},
        {"color", {{"field", "m"}, {"type", "nominal"}, {"sort", nullptr}, {"legend", nullptr}}},
        {"tooltip", Json::array({Text("m", "model"), tip("min"), tip("q1"), tip("median"),
                                 tip("q3"), tip("max"), tip("mean")})}}},
      {"layer",
       Json::array(
           {{{"mark", {{"type", "rule"}}},
             {"encoding", {{"x", quantity("min")}, {"x2", {{"field", "max"}}}}}},
            {{"mark", {{"type", "bar"}, {"size", 18}, {"opacity", 0.45}}},
             {"encoding", {{"x", quantity("q1")}, {"x2", {{"field", "q3"}}}}}},
            {{"mark", {{"type", "tick"}, {"size", 26}, {"thickness", 2.5}}},
             {"encoding", {{"x", quantity("median")}}}},
            {{"mark", {{"type", "point"}, {"shape", "diamond"}, {"filled", true}, {"size", 70}}},
             {"encoding", {{"x", quantity("mean")}}}}})}};
}

Json AccuracyOverTime(std::span<const ModelPoint> models) {
  double largest = 0;
  for (const ModelPoint& model : models) largest = std::max(largest, model.mean_inference_s);
  const TimeUnit unit = SuitableTimeUnit(largest);
  Json values = Json::array();
  for (const ModelPoint& model : models) {
    values.push_back({{"m", model.name},
                      {"t", Shortened(model.mean_inference_s * unit.factor)},
                      {"a", Shortened(model.accuracy)},
                      {"b", model.size_bytes}});
  }
  return {
      {"width", kPlotWidth},
      {"height", 300},
      {"data", {{"values", std::move(values)}}},
      {"mark", {{"type", "circle"}, {"opacity", 0.75}}},
      {"encoding",
       {{"x",
         {{"field", "t"},
          {"type", "quantitative"},
          {"title", "Mean inference time [" + unit.name + "]"},
          {"scale", {{"padding", 40}, {"zero", false}}}}},
        {"y",
         {{"field", "a"},
          {"type", "quantitative"},
          {"title", "Accuracy"},
          {"scale", {{"padding", 40}, {"zero", false}}},
          {"axis", {{"format", ".1~%"}}}}},
        {"size",
         {{"field", "b"},
          {"type", "quantitative"},
          {"scale", {{"rangeMax", 1600}, {"rangeMin", 60}, {"zero", true}}},
          {"legend", nullptr}}},
        {"color", ModelColour(std::max<size_t>(2, models.size()))},
        {"tooltip",
         Json::array(
             {Text("m", "model"),
              {{"field", "t"},
               {"type", "quantitative"},
               {"title", "mean inference time [" + unit.name + "]"}},
              {{"field", "a"}, {"type", "quantitative"}, {"title", "accuracy"}, {"format", ".2%"}},
              {{"field", "b"},
               {"type", "quantitative"},
               {"title", "model size [B]"},
               {"format", ","}}})}}}};
}

Json MetricBars(std::span<const MetricValue> values) {
  Json rows = Json::array();
  std::vector<std::string> models;
  for (const MetricValue& value : values) {
    rows.push_back({{"m", value.model}, {"x", value.metric}, {"v", Shortened(value.value)}});
    if (std::ranges::find(models, value.model) == models.end()) models.push_back(value.model);
  }
  return {{"width", kPlotWidth},
          {"height", 260},
          {"data", {{"values", std::move(rows)}}},
          {"mark", {{"type", "bar"}}},
          {"encoding",
           {{"x",
             {{"field", "x"},
              {"type", "nominal"},
              {"title", nullptr},
              {"sort", nullptr},
              {"axis", {{"labelAngle", 0}}}}},
            {"xOffset", {{"field", "m"}, {"type", "nominal"}, {"sort", nullptr}}},
            {"y",
             {{"field", "v"},
              {"type", "quantitative"},
              {"title", nullptr},
              {"scale", {{"domain", Json::array({0, 1})}}},
              {"axis", {{"format", ".0%"}}}}},
            {"color", ModelColour(std::max<size_t>(2, models.size()))},
            {"tooltip", Json::array({Text("m", "model"),
                                     Text("x", "metric"),
                                     {{"field", "v"},
                                      {"type", "quantitative"},
                                      {"title", "value"},
                                      {"format", ".4f"}}})}}}};
}

}  // namespace host::report
