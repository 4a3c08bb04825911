// TRY(expression): the value of a std::expected, or return its error from the enclosing function.
// The only macro of the project that may return.
#ifndef BASE_TRY_H_
#define BASE_TRY_H_

#include <expected>
#include <utility>

#define TRY(expression)                                       \
  ({                                                          \
    auto&& try_result_ = (expression);                        \
    if (!try_result_) [[unlikely]]                            \
      return std::unexpected(std::move(try_result_).error()); \
    *std::move(try_result_);                                  \
  })

#endif  // BASE_TRY_H_
