// SPDX-License-Identifier: Apache-2.0

#include "sim/vector/vector.h"

#include <array>

#include "sim/vector/handlers.h"

namespace sim {
namespace {

constexpr auto kVectorHandlers = std::to_array<Handler>({
#define INSN(id, mnemonic, pattern, extension, insn_class) vector::id,
#include "sim/isa/zve32f.def"
#undef INSN
});
static_assert(kVectorHandlers.size() == kVectorOpCount);

}  // namespace

Handler VectorHandler(Op op) { return kVectorHandlers[Index(op) - kFirstVectorOp]; }

}  // namespace sim
