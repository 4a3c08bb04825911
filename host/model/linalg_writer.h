// SPDX-License-Identifier: Apache-2.0

// A graph as MLIR text in the `linalg` dialect: one function `main`, weights as hexadecimal
// constants. Every spelling used here is accepted by every IREE release from 20230209.425 to
// 3.13.0 (spec/corpus/models shows the set); named operations where one exists, because the
// compiler tiles and vectorises those best.
// Cost: the text has eight characters for each weight plus some KB.
#ifndef HOST_MODEL_LINALG_WRITER_H_
#define HOST_MODEL_LINALG_WRITER_H_

#include <string>

#include "host/model/graph.h"

namespace host {

[[nodiscard]] std::string WriteLinalg(const Graph& graph);

}  // namespace host

#endif  // HOST_MODEL_LINALG_WRITER_H_
