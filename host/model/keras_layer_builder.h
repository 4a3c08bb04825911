// SPDX-License-Identifier: Apache-2.0

// What a function that builds one Keras layer (keras_layer_classes.h) is given: the layer's
// configuration and weights, checked as they are read, and the graph to append to.
#ifndef HOST_MODEL_KERAS_LAYER_BUILDER_H_
#define HOST_MODEL_KERAS_LAYER_BUILDER_H_

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/error/error.h"
#include "host/model/graph.h"
#include "host/model/keras_config.h"
#include "host/model/keras_file.h"

namespace host {

// Channels, units and the like.
inline constexpr int64_t kMaxKerasChannels = 1 << 16;

// Height, width and channels; of a layer over one dimension the width is 1.
struct KerasImage {
  std::array<int64_t, 2> extents;
  int64_t channels;
  size_t axes;  // 1 or 2
};

class LayerBuilder {
 public:
  struct Site {
    const KerasLayer& layer;
    const KerasLayerWeights* weights;  // null if the file has none
    std::vector<size_t> inputs;        // values of the graph, at least one
    std::optional<float> number;       // stands where another input would
    bool owns_input;                   // nothing else takes the first one
    int keras_version;
  };

  LayerBuilder(Site site, Graph& graph, std::vector<std::string>& notes)
      : site_(std::move(site)), graph_(graph), notes_(notes), value_(site_.inputs.front()) {}

  [[nodiscard]] const std::string& name() const { return site_.layer.name; }
  [[nodiscard]] int keras_version() const { return site_.keras_version; }
  [[nodiscard]] const std::vector<size_t>& inputs() const { return site_.inputs; }
  [[nodiscard]] std::optional<float> number() const { return site_.number; }
  [[nodiscard]] const Shape& ShapeOf(size_t value) const { return graph_.ShapeOf(value); }
  // The value so far: the first input, then what was appended last.
  [[nodiscard]] size_t value() const { return value_; }
  [[nodiscard]] const Shape& shape() const { return graph_.ShapeOf(value_); }
  // The operation that gives the value so far, if it may be changed since nothing else takes it.
  [[nodiscard]] Op* own_op();

  void Note(std::string note) { notes_.push_back(std::move(note)); }
  // An operation on the value so far.
  void Append(Shape output_shape, OpData data) {
    AppendOn({value_}, std::move(output_shape), std::move(data));
  }
  void AppendOn(std::vector<size_t> inputs, Shape output_shape, OpData data);
  // The value so far in another shape of as many elements.
  void Reshape(Shape output_shape);

  [[nodiscard]] std::unexpected<Error> Fault(std::string_view sentence) const;

  [[nodiscard]] const nlohmann::json* Find(const char* key) const;
  [[nodiscard]] Result<int64_t> Integer(const char* key, int64_t fallback, int64_t low,
                                        int64_t high) const;
  [[nodiscard]] Result<double> Number(const char* key, double fallback) const;
  [[nodiscard]] Result<bool> Flag(const char* key, bool fallback) const;
  [[nodiscard]] Result<std::string> Text(const char* key, std::string fallback) const;
  // An extent for each axis, as a list or, where all are equal, as one number.
  [[nodiscard]] Result<std::array<int64_t, 2>> Extents(const char* key, size_t axes,
                                                       std::array<int64_t, 2> fallback) const;
  // The `axis` of the configuration, counted from 0 and from the batch on.
  [[nodiscard]] Result<size_t> Axis(int64_t fallback) const;

  // The named weight, which must have exactly this shape.
  [[nodiscard]] Result<std::vector<float>> Weight(std::string_view weight_name,
                                                  const Shape& expected) const;
  [[nodiscard]] bool HasWeight(std::string_view weight_name) const;
  // The bias, or zeros where the layer has none.
  [[nodiscard]] Result<std::vector<float>> Bias(int64_t count) const;

  // An input with channels last and `axes` dimensions between batch and channels. One of one
  // dimension is given a second; EndImage takes it away again.
  [[nodiscard]] Result<KerasImage> BeginImage(size_t axes);
  void EndImage(const KerasImage& image);

 private:
  // Null if there is none.
  [[nodiscard]] Result<const KerasWeight*> FindWeight(std::string_view weight_name) const;

  Site site_;
  Graph& graph_;
  std::vector<std::string>& notes_;
  size_t value_;
};

}  // namespace host

#endif  // HOST_MODEL_KERAS_LAYER_BUILDER_H_
