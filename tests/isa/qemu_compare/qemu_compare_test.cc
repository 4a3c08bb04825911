// SPDX-License-Identifier: Apache-2.0

// The comparison itself. KN_QEMU_CASES sets the cases for each instruction, KN_QEMU_SEED the seed,
// KN_QEMU_ONLY takes only instructions whose mnemonic begins so.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <span>
#include <sstream>

#include "sim/isa/disassembler.h"
#include "tests/isa/qemu_compare/case_generator.h"
#include "tests/isa/qemu_compare/difference.h"
#include "tests/isa/qemu_compare/qemu_limits.h"
#include "tests/isa/qemu_compare/runners.h"

namespace qemu_compare {
namespace {

using sim::Op;

constexpr uint32_t kDefaultCases = 40;
constexpr uint32_t kDefaultSeed = 1;
constexpr uint32_t kCasesPerImage = 8192;  // 19 MB of results

struct Compared {
  const Case& c;
  const ResultRecord& ours;
  const ResultRecord& qemu;
};

// Where both sides differ and QEMU 7.2 is not the judge: what each says. `accept` takes back the
// difference in QEMU's result; everything else must still agree.
struct KnownDifference {
  const char* what;
  bool (*applies)(const Compared&);
  void (*accept)(const ResultRecord& ours, ResultRecord& qemu);
};
const KnownDifference kKnownDifferences[] = {
    {"vmv<n>r.v under vill: we trap (V 1.0 section 16.6, as Spike), QEMU 7.2 moves",
     [](const Compared& d) {
       return d.c.op >= Op::kVmv1rV && d.c.op <= Op::kVmv8rV && d.c.record.vtype >> 31 != 0 &&
              d.ours.trapped == 1 && d.qemu.trapped == 0;
     },
     [](const ResultRecord& ours, ResultRecord& qemu) { qemu = ours; }},
    {"CSR vxrm: we keep its two bits (V 1.0 section 3.8), QEMU 7.2 all that is written",
     [](const Compared& d) {
       constexpr uint32_t kCsrVxrm = 0x00A;
       return sim::Info(d.c.op).extension == sim::Extension::kSystem &&
              d.c.word >> 20 == kCsrVxrm && d.qemu.vcsr > 7;
     },
     [](const ResultRecord&, ResultRecord& qemu) { qemu.vcsr &= 7; }},
    {"csrrs/csrrc of a read-only CSR with a register other than x0 that holds 0: an attempt to "
     "write, "
     "illegal with us (Zicsr), only a read in QEMU 7.2",
     [](const Compared& d) {
       const uint32_t rs1 = d.c.word >> 15 & 31;
       const bool is_read_only = d.c.word >> 30 == 3;
       return (d.c.op == Op::kCsrrs || d.c.op == Op::kCsrrc) && is_read_only && rs1 != 0 &&
              d.c.record.x[rs1] == 0 && d.ours.trapped == 1 && d.qemu.trapped == 0;
     },
     [](const ResultRecord& ours, ResultRecord& qemu) { qemu = ours; }},
    {"vstart after an instruction with nothing left to do: 0 with us (V 1.0 section 3.7), "
     "unchanged "
     "in QEMU 7.2",
     [](const Compared& d) {
       return sim::Info(d.c.op).extension == sim::Extension::kV && d.c.record.vstart != 0 &&
              d.ours.vstart == 0 && d.qemu.vstart == d.c.record.vstart;
     },
     [](const ResultRecord& ours, ResultRecord& qemu) { qemu.vstart = ours.vstart; }},
};

std::string Describe(const Case& c) {
  std::ostringstream os;
  os << sim::Disassemble(c.word, c.record.stub) << std::hex << " (0x" << c.word << ") vtype=0x"
     << c.record.vtype << std::dec << " avl=" << c.record.avl << " vstart=" << c.record.vstart
     << std::hex << " fcsr=0x" << c.record.fcsr << " vcsr=0x" << c.record.vcsr;
  return os.str();
}

class QemuCompare : public testing::Test {
 protected:
  void SetUp() override {
    qemu_ = FindQemu();
    if (qemu_.empty()) GTEST_SKIP() << "qemu-riscv32 (Debian package qemu-user) is not installed";
  }

  // Runs `cases_each` cases for each op of the extension(s) that `wanted` names.
  template <typename Wanted>
  void Run(const Wanted& wanted) {
    const uint32_t cases_each = FromEnvironment("KN_QEMU_CASES", kDefaultCases);
    const uint32_t seed = FromEnvironment("KN_QEMU_SEED", kDefaultSeed);
    const char* const only = std::getenv("KN_QEMU_ONLY");
    std::vector<Op> ops;
    for (size_t i = 0; i < sim::kOpCount; ++i) {
      const Op op = static_cast<Op>(i);
      const sim::InsnInfo& info = sim::Info(op);
      if (only != nullptr && !info.mnemonic.starts_with(only)) continue;
      if (IsComparable(op) && wanted(info.extension)) ops.push_back(op);
    }
    const uint64_t total = uint64_t{cases_each} * ops.size();
    for (uint64_t begin = 0; begin < total; begin += kCasesPerImage) {
      const auto count = static_cast<uint32_t>(std::min<uint64_t>(kCasesPerImage, total - begin));
      RunImage(ops, begin, count, seed + static_cast<uint32_t>(begin / kCasesPerImage));
      if (HasFatalFailure()) return;
    }
    for (const auto& [what, times] : known_) {
      std::printf("known difference, %zu cases: %s\n", times, what);
    }
    std::printf("%zu cases of %zu instructions agree bit for bit; %zu trapped on both sides\n",
                agreed_, ops.size(), trapped_);
    EXPECT_EQ(failed_, 0u) << "of " << total << " cases";
    // A harness that traps everywhere would agree everywhere.
    if (only == nullptr) EXPECT_LT(trapped_, total / 2);
  }

 private:
  void RunImage(const std::vector<Op>& ops, uint64_t first, uint32_t count, uint32_t seed) {
    CaseGenerator generator(seed);
    const std::vector<uint8_t> files = generator.VectorFiles();
    const std::vector<uint8_t> window = generator.Window();
    const DataLayout layout = LayOut(count, CaseGenerator::kFiles);
    std::vector<Case> cases;
    std::vector<CaseRecord> records;
    std::vector<std::vector<uint32_t>> stubs;
    for (uint32_t i = 0; i < count; ++i) {
      const Op op = ops[(first + i) % ops.size()];
      cases.push_back(generator.Make(op, kStubBase + i * kStubBytes, layout.files));
      records.push_back(cases.back().record);
      stubs.push_back(StubOf(cases.back().word));
    }
    const GuestImage image = BuildImage(records, stubs, files, window);
    const RunOutcome qemu = RunOnQemu(qemu_, image);
    ASSERT_EQ(qemu.error, "") << "seed " << seed;
    const RunOutcome ours = RunOnHart(image, Engine::kInterpreter);
    const RunOutcome translated = RunOnHart(image, Engine::kTranslator);
    ASSERT_EQ(translated.error, "") << "seed " << seed;
    ASSERT_EQ(ours.error, "") << "seed " << seed;
    ASSERT_EQ(qemu.output.size(), count * sizeof(ResultRecord));
    ASSERT_EQ(ours.output.size(), count * sizeof(ResultRecord));
    ASSERT_EQ(translated.output.size(), count * sizeof(ResultRecord));
    for (uint32_t i = 0; i < count; ++i) {
      ResultRecord our_result, translated_result, qemu_result;
      std::memcpy(&our_result, ours.output.data() + i * sizeof(ResultRecord), sizeof(ResultRecord));
      std::memcpy(&qemu_result, qemu.output.data() + i * sizeof(ResultRecord),
                  sizeof(ResultRecord));
      std::memcpy(&translated_result, translated.output.data() + i * sizeof(ResultRecord),
                  sizeof(ResultRecord));
      Check(cases[i], our_result, qemu_result, seed);
      const std::string engines = Differences(translated_result, our_result);
      if (!engines.empty()) {
        Fail(cases[i], "the translator beside the interpreter:" + engines, seed);
      }
    }
  }

  void Check(const Case& c, const ResultRecord& ours, ResultRecord qemu, uint32_t seed) {
    const Compared d{c, ours, qemu};
    for (const KnownDifference& known : kKnownDifferences) {
      if (!known.applies(d)) continue;
      ++known_[known.what];
      known.accept(ours, qemu);
    }
    const std::string differences = Differences(ours, qemu);
    if (differences.empty()) {
      ++agreed_;
      trapped_ += ours.trapped;
      return;
    }
    Fail(c, differences, seed);
  }

  void Fail(const Case& c, const std::string& differences, uint32_t seed) {
    constexpr size_t kPrinted = 40;
    if (++failed_ <= kPrinted) {
      ADD_FAILURE() << "seed " << seed << ": " << Describe(c) << differences;
    }
  }

  std::string qemu_;
  std::map<const char*, size_t> known_;
  size_t agreed_ = 0, trapped_ = 0, failed_ = 0;
};

TEST_F(QemuCompare, EveryVectorInstruction) {
  Run([](sim::Extension extension) { return extension == sim::Extension::kV; });
}

TEST_F(QemuCompare, EveryScalarInstruction) {
  Run([](sim::Extension extension) {
    return extension != sim::Extension::kV && extension != sim::Extension::kCustom;
  });
}

}  // namespace
}  // namespace qemu_compare
