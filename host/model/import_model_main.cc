// SPDX-License-Identifier: Apache-2.0

// Developer program: `import_model MODEL` writes the model's MLIR to stdout, for checks of the
// importer against other implementations.
#include <cstdio>

#include "fmt/format.h"
#include "host/model/import_model.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: import_model MODEL\n");
    return 2;
  }
  const auto model = host::ImportModel(argv[1]);
  if (!model) {
    fmt::print(stderr, "{}\n", model.error().Format());
    return model.error().exit_code();
  }
  fmt::print("{}", model->mlir);
  fmt::print(stderr, "{}\n", host::FormatIoSpecification(model->io));
  return 0;
}
