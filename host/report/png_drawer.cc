// SPDX-License-Identifier: Apache-2.0

#include "host/report/png_drawer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>
#include <system_error>

#include "host/process/spawn.h"
#include "host/report/assets.h"
#include "host/report/figures.h"

namespace host::report {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kScale = 1.25;  // pixels per unit of the specification
constexpr size_t kComplaintBytes = 4096;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { Close(); }
  void Close() {
    if (number_ >= 0) close(number_);
    number_ = -1;
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

// Mid-grey text and see-through ground: one picture for light and dark pages.
Json PngConfig() {
  const Json series = Json::array(
      {"#3f83cc", "#e8862e", "#1fa08e", "#9a70cf", "#d2506c", "#8b9a38", "#a07a55", "#71809a"});
  return {{"background", nullptr},
          {"font", "Helvetica, Arial, Liberation Sans, sans-serif"},
          {"padding", 8},
          {"view", {{"stroke", nullptr}, {"fill", "#7f7f7f14"}}},
          {"mark", {{"color", "#3f83cc"}}},
          {"axis",
           {{"labelColor", "#777"},
            {"titleColor", "#777"},
            {"tickColor", "#7776"},
            {"domainColor", "#7778"},
            {"gridColor", "#7773"},
            {"labelFontSize", 11},
            {"titleFontSize", 12},
            {"titleFontWeight", "normal"}}},
          {"text", {{"color", "#777"}}},
          {"legend", {{"labelColor", "#777"}, {"titleColor", "#777"}, {"labelFontSize", 11}}},
          {"range", {{"category", series}}}};
}

// The paper has room for fewer opcodes than a page that can be zoomed.
Json ForPaper(Json spec) {
  const auto params = spec.find("params");
  if (params != spec.end()) {
    for (Json& param : *params) {
      if (param.value("name", "") == "most") {
        param["value"] = std::min<size_t>(kPngOpcodes, param.value("value", kPngOpcodes));
      }
    }
  }
  return spec;
}

bool WriteAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

std::string ReadBack(int descriptor) {
  std::string text(kComplaintBytes, '\0');
  const ssize_t have = pread(descriptor, text.data(), text.size(), 0);
  text.resize(have > 0 ? static_cast<size_t>(have) : 0);
  return text;
}

std::string LastLine(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

// Reads until the helper closes its end or the time is over; false for the latter.
bool ReadUntil(Clock::time_point deadline, int descriptor, std::string* text) {
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    pollfd waiting{.fd = descriptor, .events = POLLIN, .revents = 0};
    const int ready = poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    char block[4096];
    const ssize_t have = read(descriptor, block, sizeof block);
    if (have == 0) return true;
    if (have < 0 && errno != EINTR) return false;
    if (have > 0) text->append(block, static_cast<size_t>(have));
  }
}

DrawnFigures ParseOutcome(const std::string& text, std::span<const Figure* const> figures) {
  DrawnFigures drawn;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    const size_t blank = line.find(' ');
    size_t index = figures.size();
    if (blank != std::string::npos) {
      std::from_chars(line.data(), line.data() + blank, index);
    }
    if (index >= figures.size()) continue;
    if (line.substr(blank + 1) == "ok") {
      drawn.stems.insert(figures[index]->file_stem);
    } else {
      drawn.complaints.push_back(figures[index]->file_stem + ": " + line.substr(blank + 1));
    }
  }
  return drawn;
}

}  // namespace

Result<DrawnFigures> DrawPngs(std::span<const Figure* const> figures,
                              const std::filesystem::path& folder,
                              const std::filesystem::path& python) {
  if (python.empty() || access(python.c_str(), X_OK) != 0) {
    return RunError("there is no Python environment with vl-convert-python", python.string());
  }
  Json request = {{"config", PngConfig()}, {"scale", kScale}, {"figures", Json::array()}};
  for (const Figure* figure : figures) {
    request["figures"].push_back({{"path", (folder / (figure->file_stem + ".png")).string()},
                                  {"spec", ForPaper(figure->spec)}});
  }

  const Descriptor input(memfd_create("figures", MFD_CLOEXEC));
  const Descriptor errors(memfd_create("errors", MFD_CLOEXEC));
  int ends[2];
  if (input.number() < 0 || errors.number() < 0 || pipe2(ends, O_CLOEXEC) != 0) {
    return RunError("cannot prepare the helper: " + std::generic_category().message(errno));
  }
  const Descriptor output(ends[0]);
  Descriptor helper_output(ends[1]);
  if (!WriteAll(input.number(), request.dump(-1, ' ', false, Json::error_handler_t::replace)) ||
      lseek(input.number(), 0, SEEK_SET) != 0) {
    return RunError("cannot prepare the helper: " + std::generic_category().message(errno));
  }

  const std::string program = python.string();
  const auto child = Spawn({.command = {program, "-I", "-c", std::string(kDrawFiguresPy)},
                            .input = input.number(),
                            .output = helper_output.number(),
                            .errors = errors.number(),
                            .directory = {}});
  if (!child) return std::unexpected(child.error());
  helper_output.Close();

  const auto limit = std::chrono::seconds(60 + 2 * figures.size());
  const Clock::time_point deadline = Clock::now() + limit;
  std::string text;
  const bool finished = ReadUntil(deadline, output.number(), &text);
  const std::optional<int> status = finished ? CollectUntil(*child, deadline) : std::nullopt;
  if (!status) {
    KillAndCollect(*child);
    return RunError("drawing the figures took longer than " + std::to_string(limit.count()) + " s",
                    program);
  }
  if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0) {
    const std::string last = LastLine(ReadBack(errors.number()));
    return RunError("drawing the figures failed" + (last.empty() ? "" : ": " + last), program);
  }
  return ParseOutcome(text, figures);
}

}  // namespace host::report
