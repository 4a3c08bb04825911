// SPDX-License-Identifier: Apache-2.0

#include "host/input/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "host/input/read_file.h"

namespace host {
namespace {

using ::testing::HasSubstr;

std::vector<uint8_t> File(const std::string& header, const std::string& data,
                          const std::string& version = std::string("\1\0", 2)) {
  std::string file = std::string("\x93NUMPY", 6) + version;
  file += static_cast<char>(header.size() & 0xff);
  file += static_cast<char>(header.size() >> 8);
  if (version[0] > 1) file += std::string(2, '\0');
  file += header + data;
  return {file.begin(), file.end()};
}

const std::string kEight(8, '\1');

TEST(Npy, RoundTrip) {
  for (const std::vector<uint32_t>& dims :
       {std::vector<uint32_t>{}, {1}, {2, 3}, {0}, {4294967295, 0}, {1, 2, 1, 2, 1, 2, 1, 2}}) {
    Tensor tensor{FindElementType("i16")->type, dims, {}};
    size_t size = 2;
    for (const uint32_t dim : dims) size *= dim;
    for (size_t i = 0; i < size; ++i) tensor.bytes.push_back(static_cast<uint8_t>(i));
    const std::string file = FormatNpy(tensor);
    EXPECT_EQ((file.size() - size) % 64, 0u);
    const auto read = ParseNpy({reinterpret_cast<const uint8_t*>(file.data()), file.size()}, "t");
    ASSERT_TRUE(read) << read.error().Format();
    EXPECT_EQ(read->dims, dims);
    EXPECT_EQ(read->bytes, tensor.bytes);
    EXPECT_EQ(read->type, tensor.type);
  }
}

TEST(Npy, HeaderSpellings) {
  for (const char* header : {
           "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }          \n",
           "{\"shape\":(2,),\"fortran_order\":False,\"descr\":\"<f4\"}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)}",
           "{'descr': '<f4', 'fortran_order': True, 'shape': (2,)}",
       }) {
    EXPECT_TRUE(ParseNpy(File(header, kEight), "t")) << header;
  }
  const std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': ()}";
  EXPECT_TRUE(ParseNpy(File(header, kEight, std::string("\2\0", 2)), "t"));
  EXPECT_TRUE(ParseNpy(File(header, kEight, std::string("\3\0", 2)), "t"));
}

struct Fault {
  std::string header;
  std::string data;
  const char* sentence;
};

TEST(Npy, HostileFiles) {
  const std::string head = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
  for (const Fault& row : {
           Fault{"", "", "header is damaged"},
           Fault{"{", "", "header is damaged"},
           Fault{"{'descr': '<f4'}", kEight, "header is damaged"},
           Fault{head + "(2", kEight, "header is damaged"},
           Fault{head + "(-2,)}", kEight, "header is damaged"},
           Fault{head + "(99999999999,)}", kEight, "header is damaged"},
           Fault{head + "(1,1,1,1,1,1,1,1,2)}", kEight, "more than 8 dimensions"},
           Fault{head + "(2,)} junk", kEight, "header is damaged"},
           Fault{head + "(2,), 'shape': (2,)}", kEight, "header is damaged"},
           Fault{head + "(2,), 'extra': (2,)}", kEight, "header is damaged"},
           Fault{head + "(3,)}", kEight, "holds 8 bytes of data where its shape (3) and type need"},
           Fault{head + "(1,)}", kEight, "need fewer"},
           Fault{head + "(0,)}", kEight, "need fewer"},
           Fault{head + "(4294967295,4294967295,0)}", kEight, "need fewer"},
           Fault{head + "(4294967295,4294967295,4294967295)}", kEight, "need more"},
           Fault{"{'descr': '>f4', 'fortran_order': False, 'shape': (2,)}", kEight, "'>f4'"},
           Fault{"{'descr': 'float32', 'fortran_order': False, 'shape': (2,)}", kEight,
                 "'float32' cannot be sent"},
           Fault{"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", kEight, "'|O'"},
           Fault{"{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2)}", kEight,
                 "Fortran order"},
       }) {
    const auto tensor = ParseNpy(File(row.header, row.data), "t.npy");
    ASSERT_FALSE(tensor) << row.header;
    EXPECT_THAT(tensor.error().Format(), HasSubstr(row.sentence)) << row.header;
    EXPECT_EQ(tensor.error().exit_code(), 2);
    EXPECT_EQ(tensor.error().place, "t.npy");
  }
}

TEST(Npy, CutAtEachByte) {
  const std::vector<uint8_t> file =
      File("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", kEight);
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(ParseNpy(base::Bytes(file).first(size), "t")) << size;
  }
  EXPECT_TRUE(ParseNpy(file, "t"));
}

TEST(ReadFile, LimitsAndKinds) {
  const auto path =
      std::filesystem::temp_directory_path() / ("read_file_test." + std::to_string(::getpid()));
  std::ofstream(path) << "12345678";
  EXPECT_EQ(ReadFile(path, 8, "the file")->size(), 8u);
  const std::tuple<std::filesystem::path, size_t, const char*> rows[] = {
      {path, 7, "the file is larger than 7 bytes"},
      {"/dev/zero", 1000, "is larger than 1000 bytes"},
      {"/tmp", 8, "is a folder"},
      {"no/such/file", 8, "cannot be opened: No such file"},
  };
  for (const auto& [file, limit, sentence] : rows) {
    const auto bytes = ReadFile(file, limit, "the file");
    ASSERT_FALSE(bytes) << file;
    EXPECT_THAT(bytes.error().sentence, HasSubstr(sentence)) << file;
    EXPECT_EQ(bytes.error().exit_code(), 2);
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace host
