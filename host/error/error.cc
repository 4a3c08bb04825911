// SPDX-License-Identifier: Apache-2.0

#include "host/error/error.h"

#include <utility>

namespace host {
namespace {

void Append(const Error& error, size_t depth, std::string* text) {
  if (depth > 0) text->append("\n").append(2 * depth, ' ');
  if (!error.place.empty()) text->append(error.place).append(": ");
  text->append(error.sentence);
  for (const Error& cause : error.causes) Append(cause, depth + 1, text);
}

}  // namespace

std::string Error::Format() const {
  std::string text;
  Append(*this, 0, &text);
  return text;
}

std::unexpected<Error> InputError(std::string sentence, std::string place) {
  return std::unexpected(Error{ErrorKind::kInput, std::move(sentence), std::move(place), {}});
}

std::unexpected<Error> RunError(std::string sentence, std::string place) {
  return std::unexpected(Error{ErrorKind::kRun, std::move(sentence), std::move(place), {}});
}

std::unexpected<Error> StatusError(ErrorKind kind, base::Status status, std::string_view doing,
                                   std::string place) {
  std::string sentence(doing);
  sentence.append(": ")
      .append(base::StatusText(status))
      .append(" (")
      .append(base::StatusName(status))
      .append(")");
  return std::unexpected(Error{kind, std::move(sentence), std::move(place), {}});
}

}  // namespace host
