// SPDX-License-Identifier: Apache-2.0

// Judging a classifier's answers (contract, section 3.5).
#ifndef HOST_SESSION_EVALUATION_H_
#define HOST_SESSION_EVALUATION_H_

#include <cstdint>
#include <vector>

#include "base/byte_reader.h"
#include "host/error/error.h"
#include "wire/io_spec.h"

namespace host {

// The class whose score is highest; the first of equals. kRun if the bytes are not `class_count`
// elements of `type`, or if no score is a number.
[[nodiscard]] Result<uint32_t> PredictedClass(base::Bytes scores, wire::ElementType type,
                                              size_t class_count);

struct Evaluation {
  explicit Evaluation(size_t class_count)
      : confusion_matrix(class_count, std::vector<double>(class_count)) {}

  void Add(uint32_t actual, uint32_t predicted) {
    confusion_matrix[actual][predicted] += 1;
    ++total;
  }

  std::vector<std::vector<double>> confusion_matrix;  // [actual][predicted]
  uint64_t total = 0;
};

}  // namespace host

#endif  // HOST_SESSION_EVALUATION_H_
