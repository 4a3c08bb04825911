// SPDX-License-Identifier: Apache-2.0

// Where no translator is built: everything is interpreted.
#include "sim/translate/translator.h"

namespace sim::translate {

std::unique_ptr<Translator> Translator::Create(Hart*, Bus*, CodeObserver*, const Options&) {
  return nullptr;
}

}  // namespace sim::translate
