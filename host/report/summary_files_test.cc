// SPDX-License-Identifier: Apache-2.0

#include "host/report/summary_files.h"

#include <nlohmann/json.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SummaryFiles : public ::testing::Test {
 protected:
  SummaryFiles() {
    before_.protocol_inference.duration_s = {0.25};
    before_.compiled_model_size_bytes = 1000;
    now_.protocol_inference.duration_s = {0.25};
    now_.compiled_model_size_bytes = 1100;
    now_.cfg_path = "scenario.json";
    const std::vector<std::string> texts = {"5"};
    compared_ = {"m<1>", &now_, CompareMetrics(before_, now_, *Thresholds::Parse(texts))};
  }
  Measurements before_;
  Measurements now_;
  SummaryModel compared_;
};

TEST_F(SummaryFiles, Json) {
  const auto json = nlohmann::json::parse(SummaryJson({&compared_, 1}));
  EXPECT_EQ(json[0]["modelName"], "m<1>");
  EXPECT_EQ(json[0]["scenarioPath"], "scenario.json");
  EXPECT_EQ(
      json[0]["metrics"][0],
      nlohmann::json({{"type", "performance"}, {"name", "inference_time_mean"}, {"value", 0.25}}));
}

TEST_F(SummaryFiles, CsvWithoutBaseline) {
  const SummaryModel model{"a,\"b\"", &now_, {}};
  EXPECT_EQ(SummaryCsv({&model, 1}),
            "model,type,metric,value,unit\r\n"
            "\"a,\"\"b\"\"\",performance,inference_time_mean,0.25,s\r\n"
            "\"a,\"\"b\"\"\",performance,inference_time_std,0,s\r\n"
            "\"a,\"\"b\"\"\",performance,inference_time_median,0.25,s\r\n"
            "\"a,\"\"b\"\"\",renode_stats,compiled_model_size,1100,bytes\r\n");
}

TEST_F(SummaryFiles, CsvWithBaselineAndNoFormulas) {
  compared_.name = "=cmd()";
  const std::string csv = SummaryCsv({&compared_, 1});
  EXPECT_THAT(csv,
              HasSubstr("'=cmd(),renode_stats,compiled_model_size,1100,bytes,1000,0.1,too_much"));
  EXPECT_THAT(csv, Not(HasSubstr("\n=")));
}

TEST_F(SummaryFiles, JUnitFailsWhatIsWorseThanAllowed) {
  const std::string xml = SummaryJUnit({&compared_, 1}, "a & b");
  EXPECT_THAT(xml, HasSubstr("<testsuites name=\"a &amp; b\" tests=\"4\" failures=\"1\">"));
  EXPECT_THAT(xml, HasSubstr("classname=\"m&lt;1&gt;\" name=\"renode_stats.compiled_model_size\">"
                             "<failure message=\"compiled_model_size: 1,100 B instead of 1,000 B, "
                             "10.0 % worse (5.0 % allowed)\"/>"));
  EXPECT_THAT(xml, HasSubstr("<system-out>inference_time_mean: 250.0 ms instead of 250.0 ms"));
}

TEST_F(SummaryFiles, JUnitFailsWhatIsNoLongerMeasured) {
  now_.protocol_inference.duration_s.clear();
  const std::vector<std::string> texts = {"inference_time_mean=1"};
  compared_.changes = CompareMetrics(before_, now_, *Thresholds::Parse(texts));
  const std::string xml = SummaryJUnit({&compared_, 1}, "t");
  EXPECT_THAT(xml, HasSubstr("tests=\"2\" failures=\"1\""));
  EXPECT_THAT(xml, HasSubstr("inference_time_mean: not measured any more"));
}

}  // namespace
}  // namespace host::report
