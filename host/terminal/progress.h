// SPDX-License-Identifier: Apache-2.0

// A progress bar for one long step. On a terminal it is one line that is redrawn at most ten times
// a second, with rate and time left; otherwise one log line when the step ends, so that logs of
// batch jobs stay short. Shown at level INFO.
//
//   Progress progress(log, "Uploading model", size_bytes, Progress::Unit::kBytes);
//   progress.Advance(n);      // as often as you like; cheap when nothing is redrawn
//   progress.Finish();        // "Uploading model: 35.9 kB in 0.02 s"; without it (an error) the
//   bar
//                             // disappears and nothing is claimed
#ifndef HOST_TERMINAL_PROGRESS_H_
#define HOST_TERMINAL_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/terminal/log.h"

namespace host {

class Progress {
 public:
  enum class Unit { kItems, kBytes };

  // `total` 0 means unknown: a counter instead of a bar. `log` must outlive the Progress.
  Progress(Log& log, std::string_view step, uint64_t total, Unit unit = Unit::kItems);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Advance(uint64_t amount);
  // The size has become known.
  void set_total(uint64_t total) { total_ = total; }
  // The step is done.
  void Finish(const Log::Place& place = Log::Place::current());

  // The text of the bar, for tests: `seconds` since the start.
  [[nodiscard]] std::string Render(double seconds) const;

 private:
  using Clock = std::chrono::steady_clock;

  Log& log_;
  std::string step_;
  uint64_t total_;
  Unit unit_;
  uint64_t done_ = 0;
  bool finished_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_draw_ = start_;
};

// Progress of whatever step is under way, for callbacks that name it: a step that differs from the
// one before finishes that one. Totals may become known late.
class ProgressOfSteps {
 public:
  explicit ProgressOfSteps(Log& log) : log_(log) {}

  void Show(std::string_view step, uint64_t done_bytes, uint64_t total_bytes);
  void Finish(const Log::Place& place = Log::Place::current());

 private:
  Log& log_;
  std::string step_;
  std::optional<Progress> progress_;
  uint64_t reported_ = 0;
};

}  // namespace host

#endif  // HOST_TERMINAL_PROGRESS_H_
