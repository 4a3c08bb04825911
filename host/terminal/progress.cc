// SPDX-License-Identifier: Apache-2.0

#include "host/terminal/progress.h"

#include <fmt/format.h>

#include <algorithm>

namespace host {
namespace {

constexpr auto kRedrawInterval = std::chrono::milliseconds(100);
constexpr uint64_t kBarCells = 24;

std::string Amount(double amount, Progress::Unit unit) {
  if (unit == Progress::Unit::kItems) return fmt::format("{:.0f}", amount);
  if (amount >= 1e6) return fmt::format("{:.1f} MB", amount / 1e6);
  if (amount >= 1e3) return fmt::format("{:.1f} kB", amount / 1e3);
  return fmt::format("{:.0f} B", amount);
}

std::string Rate(double per_second, Progress::Unit unit) {
  if (unit == Progress::Unit::kBytes) return Amount(per_second, unit) + "/s";
  return per_second >= 10 ? fmt::format("{:.0f}/s", per_second)
                          : fmt::format("{:.1f}/s", per_second);
}

}  // namespace

Progress::Progress(Log& log, std::string_view step, uint64_t total, Unit unit)
    : log_(log), step_(step), total_(total), unit_(unit) {}

Progress::~Progress() {
  if (!finished_) log_.SetStatusLine("");
}

void Progress::Advance(uint64_t amount) {
  done_ += amount;
  if (!log_.is_terminal() || !log_.Shows(LogLevel::kInfo)) return;
  const Clock::time_point now = Clock::now();
  if (now < next_draw_) return;
  next_draw_ = now + kRedrawInterval;
  log_.SetStatusLine(Render(std::chrono::duration<double>(now - start_).count()));
}

void Progress::Finish(const Log::Place& place) {
  finished_ = true;
  log_.SetStatusLine("");
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  log_.Write(
      LogLevel::kInfo,
      fmt::format("{}: {} in {:.2f} s", step_, Amount(static_cast<double>(done_), unit_), seconds),
      place);
}

std::string Progress::Render(double seconds) const {
  const auto done = static_cast<double>(done_);
  const double rate = seconds > 0 ? done / seconds : 0;
  if (total_ == 0) return fmt::format("{} {} {}", step_, Amount(done, unit_), Rate(rate, unit_));
  const uint64_t cells = std::min(kBarCells, done_ * kBarCells / total_);
  std::string text = fmt::format("{} [{:#<{}}{:.<{}}] {}/{} {}", step_, "", cells, "",
                                 kBarCells - cells, Amount(done, unit_),
                                 Amount(static_cast<double>(total_), unit_), Rate(rate, unit_));
  if (rate > 0 && done_ < total_) {
    text += fmt::format(", {:.0f} s left", static_cast<double>(total_ - done_) / rate);
  }
  return text;
}

void ProgressOfSteps::Show(std::string_view step, uint64_t done_bytes, uint64_t total_bytes) {
  if (!progress_ || step != step_) {
    Finish();
    step_ = step;
    reported_ = 0;
    progress_.emplace(log_, step, total_bytes, Progress::Unit::kBytes);
  }
  progress_->set_total(total_bytes);
  progress_->Advance(done_bytes - std::min(done_bytes, reported_));
  reported_ = std::max(reported_, done_bytes);
}

void ProgressOfSteps::Finish(const Log::Place& place) {
  if (progress_) progress_->Finish(place);
  progress_.reset();
}

}  // namespace host
