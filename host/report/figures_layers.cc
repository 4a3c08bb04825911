// SPDX-License-Identifier: Apache-2.0

// The figure of a program's layers.
#include <algorithm>
#include <map>
#include <utility>

#include "host/report/figure_data.h"
#include "host/report/figures.h"

namespace host::report {
namespace {

constexpr int kPlotWidth = 520;
constexpr size_t kBarStep = 17;

}  // namespace

Json LayerBars(std::span<const LayerBar> layers) {
  Json values = Json::array();
  for (const LayerBar& layer : layers.first(std::min(layers.size(), kShownBars))) {
    values.push_back({{"i", values.size()},
                      {"l", layer.label},
                      {"k", layer.kernel},
                      {"f", layer.family},
                      {"n", Shortened(layer.instructions)}});
  }
  // The most expensive family first, as the bar of shares above the figure orders them: one colour
  // means the same in both.
  std::map<std::string, double> sums;
  for (const LayerBar& layer : layers) sums[layer.family] += layer.instructions;
  std::vector<std::pair<double, std::string>> families;
  for (const auto& [family, sum] : sums) families.emplace_back(-sum, family);
  std::ranges::sort(families);
  Json domain = Json::array();
  for (const auto& [sum, family] : families) domain.push_back(family);
  const auto text = [](const char* field, const char* title) -> Json {
    return {{"field", field}, {"type", "nominal"}, {"title", title}};
  };
  // Rows are told apart by position; two layers may have one label.
  return {{"width", kPlotWidth},
          {"height", values.size() * kBarStep},
          {"data", {{"values", values}}},
          {"mark", {{"type", "bar"}}},
          {"encoding",
           {{"y",
             {{"field", "i"},
              {"type", "ordinal"},
              {"title", nullptr},
              {"axis", {{"labelExpr", "data('source_0')[datum.value].l"}, {"labelLimit", 220}}}}},
            {"x",
             {{"field", "n"},
              {"type", "quantitative"},
              {"title", "Instructions per inference"},
              {"axis", {{"format", "~s"}}}}},
            {"color",
             {{"field", "f"},
              {"type", "nominal"},
              {"title", nullptr},
              {"scale", {{"domain", std::move(domain)}}},
              {"legend", {{"orient", "top"}, {"columns", 4}}}}},
            {"tooltip", Json::array({text("k", "kernel"),
                                     text("f", "kind"),
                                     {{"field", "n"},
                                      {"type", "quantitative"},
                                      {"title", "instructions"},
                                      {"format", ",.0f"}}})}}}};
}

}  // namespace host::report
