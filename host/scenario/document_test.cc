// SPDX-License-Identifier: Apache-2.0

#include "host/scenario/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace host {
namespace {

using ::testing::HasSubstr;
using Json = Document::Json;

TEST(Document, YamlAndJsonGiveTheSameTree) {
  const std::string json = R"({"a": {"b": [1, 2.5, "x", null, true]}, "c": "7"})";
  const std::string yaml =
      "# a comment\n"
      "a:\n"
      "  b: [1, 2.5, x, ~, yes]\n"
      "c: '7'\n";
  const auto first = Document::Parse(json, "s.json");
  const auto second = Document::Parse(yaml, "s.yml");
  ASSERT_TRUE(first) << first.error().Format();
  ASSERT_TRUE(second) << second.error().Format();
  EXPECT_EQ(first->value(), second->value());
}

TEST(Document, JsonIsYaml) {
  const std::string json = "{\"a\": [1,\n 2]}";
  const auto document = Document::Parse(json, "s.yaml");
  ASSERT_TRUE(document) << document.error().Format();
  EXPECT_EQ(document->value(), Json::parse(json));
}

TEST(Document, TextTellsTheGrammarWhereTheNameDoesNot) {
  EXPECT_TRUE(Document::Parse(" {\"a\": 1}", "scenario"));
  EXPECT_TRUE(Document::Parse("a: 1", "scenario"));
  EXPECT_FALSE(Document::Parse("a: 1", "scenario.json"));
}

TEST(Document, YamlKeepsLines) {
  const std::string text =
      "dataset:\n"
      "  type: X\n"
      "  parameters:\n"
      "    a/b: 1\n"
      "optimizers:\n"
      "- type: Y\n"
      "- type: Z\n";
  const auto document = Document::Parse(text, "s.yml");
  ASSERT_TRUE(document) << document.error().Format();
  EXPECT_EQ(document->LineOf("/dataset/type"), 2u);
  EXPECT_EQ(document->LineOf("/dataset/parameters/a~1b"), 4u);
  EXPECT_EQ(document->LineOf("/optimizers/1/type"), 7u);
  EXPECT_EQ(document->LineOf("/optimizers/1/absent"), 7u);
  EXPECT_EQ(document->LineOf(""), 1u);
}

TEST(Document, YamlAliases) {
  const auto document = Document::Parse("a: &x {p: 1}\nb: *x\nc: [*x, *x]\n", "s.yml");
  ASSERT_TRUE(document) << document.error().Format();
  EXPECT_EQ(document->value(), Json::parse(R"({"a":{"p":1},"b":{"p":1},"c":[{"p":1},{"p":1}]})"));
}

TEST(Document, YamlNumbersAndTexts) {
  const std::pair<const char*, const char*> rows[] = {
      {"12", "12"},         {"-3", "-3"},           {"+4", "4"},           {"1e-3", "0.001"},
      {"1.5", "1.5"},       {"null", "null"},       {"", "null"},          {"'12'", "\"12\""},
      {"on", "true"},       {"Off", "false"},       {"yess", "\"yess\""},  {"inf", "\"inf\""},
      {".nan", "\".nan\""}, {"1_000", "\"1_000\""}, {"!!str 12", "\"12\""}};
  for (const auto& [yaml, json] : rows) {
    const std::string text = std::string("a: ") + yaml;
    const auto document = Document::Parse(text, "s.yml");
    ASSERT_TRUE(document) << text << document.error().Format();
    EXPECT_EQ(document->value()["a"], Json::parse(json)) << text;
  }
}

TEST(Document, YamlFaultsNameTheLine) {
  // Nine levels of nine: 9^9 values from a few bytes.
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string inner = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + inner;
    for (int k = 0; k < 8; ++k) bomb += "," + inner;
    bomb += "]\n";
  }
  // Each alias is shallow, all of them together are not.
  std::string tower = "a0: &a0 [x]\n";
  for (int i = 1; i < 100; ++i) {
    tower += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) +
             "]\n";
  }
  const std::pair<std::string, const char*> rows[] = {
      {"a: 1\nb: 2\na: 3\n", "s.yml:3: the key 'a' occurs twice"},
      {"a: 1\nb: [1\n", "is not YAML"},
      {"a: 1\n\tb: 2\n", "s.yml:2: is not YAML"},
      {"a: &x [*x]\n", "s.yml:1: an alias stands inside"},
      {"a: *y\n", "is not YAML"},
      {"a: 1\n---\nb: 2\n", "more than one YAML document"},
      {"", "is empty"},
      {"a: !!python/object:os.system x\n", "has a tag"},
      {"? [a, b]\n: c\n", "a key must be a text"},
      {"a: \"\xff\"\n", "is not UTF-8"},
      {std::string(200'000, '['), "nested deeper"},
      {"a: " + std::string(40, '[') + std::string(40, ']'), "nested deeper"},
      {bomb, "more than 100000 values"},
      {tower, "nested deeper"},
  };
  for (const auto& [text, expected] : rows) {
    const auto document = Document::Parse(text, "s.yml");
    ASSERT_FALSE(document) << text.substr(0, 60);
    EXPECT_EQ(document.error().exit_code(), 2);
    EXPECT_THAT(document.error().Format(), HasSubstr(expected)) << text.substr(0, 60);
  }
}

}  // namespace
}  // namespace host
