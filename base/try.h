// SPDX-License-Identifier: Apache-2.0

// TRY(expression): the value of a std::expected, or return its error from the enclosing function,
// which may return a std::expected or the bare error. The only macro of the project that may
// return.
#ifndef BASE_TRY_H_
#define BASE_TRY_H_

#include <expected>
#include <utility>

namespace base::internal {

// An error on its way out, whichever of the two forms the function returns.
template <typename E>
struct Failed {
  E error;
  operator E() && { return std::move(error); }  // NOLINT(google-explicit-constructor)
  template <typename T>
  operator std::expected<T, E>() && {  // NOLINT(google-explicit-constructor)
    return std::unexpected(std::move(error));
  }
};
template <typename E>
Failed(E) -> Failed<E>;

}  // namespace base::internal

#define TRY(expression)                                              \
  ({                                                                 \
    auto&& try_result_ = (expression);                               \
    if (!try_result_) [[unlikely]]                                   \
      return base::internal::Failed{std::move(try_result_).error()}; \
    *std::move(try_result_);                                         \
  })

#endif  // BASE_TRY_H_
