// SPDX-License-Identifier: Apache-2.0

#include "host/model/tflite_linalg.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/try.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "host/model/mlir_text.h"
#include "host/model/tflite_fold.h"
#include "host/model/tflite_operators.h"
#include "host/model/tflite_site.h"

namespace host {
namespace {

constexpr uint64_t kMaxTextBytes = 1ull << 30;
constexpr size_t kMaxOperands = 14;  // of one operation in the text

const TfliteOperatorRow* FindRow(int32_t code) {
  for (const auto& rows :
       {TfliteWindowOperators(), TfliteProductOperators(), TfliteBinaryOperators(),
        TfliteUnaryOperators(), TfliteMovementOperators(), TfliteReductionOperators(),
        TfliteResizeOperators()}) {
    for (const TfliteOperatorRow& row : rows) {
      if (static_cast<int32_t>(row.code) == code) return &row;
    }
  }
  return nullptr;
}

std::string NameOf(const TfliteOperator& op) {
  const std::string name = TfliteOperatorName(op.code);
  if (op.custom_code.empty()) return name;
  std::string custom = op.custom_code.substr(0, 64);
  std::ranges::replace_if(custom, [](char c) { return c < ' ' || c > '~'; }, '?');
  return fmt::format("{} {}", name, custom);
}

// Which operators the outputs depend on.
std::vector<bool> Needed(const TfliteModel& model) {
  std::vector<bool> tensors(model.tensors.size());
  std::vector<bool> operators(model.operators.size());
  for (int32_t index : model.outputs) tensors[static_cast<size_t>(index)] = true;
  for (size_t i = model.operators.size(); i-- > 0;) {
    const TfliteOperator& op = model.operators[i];
    operators[i] = std::ranges::any_of(
        op.outputs, [&](int32_t index) { return tensors[static_cast<size_t>(index)]; });
    if (!operators[i]) continue;
    const TfliteOperatorRow* row = FindRow(op.code);
    for (size_t k = 0; k < op.inputs.size(); ++k) {
      const bool is_unread = row != nullptr && k < 8 && ((row->unread >> k) & 1) != 0;
      if (op.inputs[k] != -1 && !is_unread) tensors[static_cast<size_t>(op.inputs[k])] = true;
    }
  }
  return operators;
}

// All that are missing at once, and what to do.
Result<> CheckOperatorsAreKnown(const TfliteModel& model, const std::vector<bool>& needed) {
  std::set<std::string> missing;
  for (size_t i = 0; i < model.operators.size(); ++i) {
    const TfliteOperator& op = model.operators[i];
    if (needed[i] && FindRow(op.code) == nullptr) missing.insert(NameOf(op));
  }
  if (missing.empty()) return {};
  return OperatorFault(fmt::format(
      "{} {} not read directly; the way by ONNX has more operators: python -m tf2onnx.convert "
      "--tflite MODEL.tflite --output MODEL.onnx, then name MODEL.onnx in the scenario",
      fmt::join(missing, ", "), missing.size() == 1 ? "is" : "are"));
}

class Writer {
 public:
  explicit Writer(TfliteModel model) : model_(std::move(model)) {}

  Result<std::string> Write() {
    const std::vector<bool> needed = Needed(model_);
    TRY(CheckOperatorsAreKnown(model_, needed));
    const std::vector<MlirValue> arguments = TRY(Arguments());
    std::vector<MlirValue> results;
    for (int32_t index : model_.outputs) {
      TRY(CheckTensor(Tensor(index)));
      results.push_back({"", Tensor(index).shape, ElementOf(Tensor(index))});
    }
    text_.Begin(arguments, results);
    for (size_t i = 0; i < model_.operators.size(); ++i) {
      const TfliteOperator& op = model_.operators[i];
      if (!needed[i]) continue;
      if (auto written = WriteOperator(op); !written) {
        Error error = std::move(written).error();
        error.sentence = fmt::format("operator {} ({}): {}", i, NameOf(op), error.sentence);
        return std::unexpected(std::move(error));
      }
    }
    results.clear();
    for (int32_t index : model_.outputs) results.push_back(TRY(OutputOf(index)));
    text_.End(results);
    return text_.Take();
  }

 private:
  [[nodiscard]] const TfliteTensor& Tensor(int32_t index) const {
    return model_.tensors[static_cast<size_t>(index)];
  }

  // What every tensor that is written must have.
  static Result<> CheckTensor(const TfliteTensor& tensor) {
    if (ElementOf(tensor).empty()) {
      return OperatorFault(fmt::format("tensor {} is {}, which is not read", tensor.name,
                                       TfliteTypeName(tensor.type)));
    }
    if (std::ranges::any_of(tensor.shape, [](int64_t extent) { return extent < 1; })) {
      return OperatorFault(
          fmt::format("tensor {} has the shape {}; convert the model with all extents known "
                      "(a batch of 1)",
                      tensor.name, tensor.shape));
    }
    if (ElementCount(tensor.shape) > kMaxActivationElements && !tensor.is_constant()) {
      return OperatorFault(
          fmt::format("tensor {} has more than {} elements", tensor.name, kMaxActivationElements));
    }
    return {};
  }

  Result<std::vector<MlirValue>> Arguments() {
    std::vector<MlirValue> arguments;
    for (int32_t index : model_.inputs) {
      const TfliteTensor& tensor = Tensor(index);
      TRY(CheckTensor(tensor));
      if (tensor.is_constant() || values_.contains(index)) {
        return OperatorFault(
            fmt::format("the model's input {} is a constant or there twice", tensor.name));
      }
      const std::string name =
          model_.inputs.size() == 1 ? "%input" : fmt::format("%input{}", arguments.size());
      arguments.push_back({name, tensor.shape, ElementOf(tensor)});
      values_[index] = arguments.back();
    }
    return arguments;
  }

  Result<MlirValue> OutputOf(int32_t index) {
    const TfliteTensor& tensor = Tensor(index);
    if (tensor.is_constant()) return text_.Constant(tensor.data, tensor.shape, ElementOf(tensor));
    const auto value = values_.find(index);
    if (value != values_.end()) return value->second;
    return OperatorFault(fmt::format("no operator computes the model's output {}", tensor.name));
  }

  // Where a file leaves the batch open, its shapes are examples for a batch of 1, and wrong between
  // operators that cut a picture into several: the batch follows from the input there.
  void SettleBatch(const TfliteOperator& op) {
    const auto is_code = [&](TfliteOperatorCode code) {
      return op.code == static_cast<int32_t>(code);
    };
    const bool is_cut = is_code(TfliteOperatorCode::kSpaceToBatchNd);
    const bool is_joined = is_code(TfliteOperatorCode::kBatchToSpaceNd);
    if (op.inputs.empty() || op.inputs[0] == -1) return;
    const TfliteTensor& in = Tensor(op.inputs[0]);
    if (in.shape.empty() || (!is_cut && !cut_.contains(op.inputs[0]))) return;
    int64_t batch = in.shape[0];
    if ((is_cut || is_joined) && op.inputs.size() == 3 && op.inputs[1] != -1 &&
        Tensor(op.inputs[1]).Is(TfliteType::kInt32)) {
      int64_t blocks = 1;
      for (int32_t size : ConstantValues<int32_t>(Tensor(op.inputs[1]))) {
        blocks *= std::clamp(size, 1, 1 << 12);
        if (blocks > kMaxActivationElements) return;
      }
      batch = is_cut ? batch * blocks : batch / blocks;
    }
    for (int32_t index : op.outputs) {
      TfliteTensor& out = model_.tensors[static_cast<size_t>(index)];
      if (!out.has_open_batch || out.shape[0] == batch) continue;
      out.shape[0] = batch;
      cut_.insert(index);
    }
  }

  Result<> AddInput(int32_t index, bool is_unread, TfliteSite* site) {
    const TfliteTensor* tensor = nullptr;
    const MlirValue* value = nullptr;
    if (index != -1) {
      tensor = &Tensor(index);
      // Constants that only say how (axes, sizes) may be empty.
      const bool is_empty = ElementCountOrZero(*tensor) == 0 && !site->inputs.empty() &&
                            (tensor->Is(TfliteType::kInt32) || tensor->Is(TfliteType::kInt64));
      if (!tensor->is_constant() && !is_empty && !is_unread) {
        const auto computed = values_.find(index);
        if (computed == values_.end()) {
          return OperatorFault(
              fmt::format("tensor {} is used before it is computed", tensor->name));
        }
        value = &computed->second;
      }
    }
    site->inputs.push_back(tensor);
    site->values.push_back(value);
    return {};
  }

  static int64_t ElementCountOrZero(const TfliteTensor& tensor) {
    int64_t count = 1;
    for (int64_t extent : tensor.shape) count *= std::max<int64_t>(extent, 0);
    return count;
  }

  Result<> WriteOperator(const TfliteOperator& op) {
    const TfliteOperatorRow& row = *FindRow(op.code);
    if (op.inputs.size() < row.least_inputs ||
        op.inputs.size() > std::min<size_t>(row.most_inputs, kMaxOperands) || op.outputs.empty()) {
      return OperatorFault(
          fmt::format("{} inputs and {} outputs", op.inputs.size(), op.outputs.size()));
    }
    if (row.options_type != 0 && op.options_type != 0 && op.options_type != row.options_type) {
      return OperatorFault("the options are those of another operator");
    }
    TfliteSite site{op, text_, {}, {}, {}};
    SettleBatch(op);
    for (size_t i = 0; i < op.inputs.size(); ++i) {
      TRY(AddInput(op.inputs[i], i < 8 && ((row.unread >> i) & 1) != 0, &site));
    }
    for (size_t i = 0; i < row.least_inputs; ++i) {
      if (site.inputs[i] == nullptr) return OperatorFault(fmt::format("input {} is left out", i));
    }
    for (int32_t index : op.outputs) {
      TRY(CheckTensor(Tensor(index)));
      if (Tensor(index).is_constant() || values_.contains(index)) {
        return OperatorFault(fmt::format("tensor {} is computed twice", Tensor(index).name));
      }
      site.outputs.push_back(&Tensor(index));
    }
    TRY(CheckTypes(site, row));
    text_.Comment(site.out().name);
    std::vector<MlirValue> results = TRY(row.write(site));
    if (results.size() != op.outputs.size()) {
      return OperatorFault(
          fmt::format("{} outputs instead of {}", op.outputs.size(), results.size()));
    }
    for (size_t i = 0; i < results.size(); ++i) {
      const TfliteTensor& tensor = site.out(i);
      if (results[i].shape != tensor.shape || results[i].element != ElementOf(tensor)) {
        return OperatorFault(
            fmt::format("the output {} is {} of shape {}, but the operator gives {}", tensor.name,
                        TfliteTypeName(tensor.type), tensor.shape, results[i].type()));
      }
      values_[op.outputs[i]] = std::move(results[i]);
    }
    if (text_.size() > kMaxTextBytes) {
      return OperatorFault(fmt::format("the model's text is larger than {} bytes", kMaxTextBytes));
    }
    return {};
  }

  static Result<> CheckTypes(const TfliteSite& site, const TfliteOperatorRow& row) {
    const TfliteTensor& first = site.in();
    const auto number = static_cast<unsigned>(first.type);
    if (number < 16 && ((row.types >> number) & 1) != 0) {
      return CheckTensor(first);
    }
    if (first.Is(TfliteType::kUint8)) return CheckQuantized(first);
    return OperatorFault(fmt::format("input {} is {}, for which this operator is not read",
                                     first.name, TfliteTypeName(first.type)));
  }

  TfliteModel model_;
  std::set<int32_t> cut_;  // tensors whose batch is not the file's
  MlirText text_;
  std::map<int32_t, MlirValue> values_;
};

}  // namespace

Result<std::string> WriteTfliteLinalg(const TfliteModel& model) {
  FoldedTflite folded = FoldConstants(model);
  return Writer(std::move(folded.model)).Write();
}

}  // namespace host
