// SPDX-License-Identifier: Apache-2.0

// A labelled data set as the session runs it: samples already in the bytes the device receives, the
// names of the classes, and the order in which the test samples are sent. Owns all of its memory.
#ifndef HOST_DATASET_DATASET_H_
#define HOST_DATASET_DATASET_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace host {

struct Sample {
  std::vector<uint8_t> bytes;  // one inference's input tensor, C order, little endian
  uint32_t label = 0;          // index into Dataset::class_names
};

struct Dataset {
  std::vector<std::string> class_names;
  std::vector<Sample> samples;      // in the loader's order, which is the same on every machine
  std::vector<size_t> test_order;   // indices into samples, in the order the device gets them
  std::vector<size_t> train_order;  // the remaining samples; a model may be trained on these only
  std::vector<std::string> notes;   // for the log: what was left out and why
};

// Called now and then by a step that takes long: how much is done, of how much (0: not known).
using DatasetProgress =
    std::function<void(std::string_view step, uint64_t done_bytes, uint64_t total_bytes)>;

}  // namespace host

#endif  // HOST_DATASET_DATASET_H_
