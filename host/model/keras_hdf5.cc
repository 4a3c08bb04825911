// SPDX-License-Identifier: Apache-2.0

#include "host/model/keras_hdf5.h"

#include <hdf5.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/try.h"
#include "fmt/format.h"

namespace host {
namespace {

// Owns one HDF5 identifier; the closing function depends on its kind.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  [[nodiscard]] bool ok() const { return id_ >= 0; }
  [[nodiscard]] hid_t get() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

// The innermost message on the library's error stack.
std::string Reason() {
  std::string reason = "the HDF5 library gives no reason";
  const auto take_first = [](unsigned depth, const H5E_error2_t* error, void* user) -> herr_t {
    if (depth == 0 && error->desc != nullptr) *static_cast<std::string*>(user) = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_first, &reason);
  return reason;
}

std::unexpected<Error> Fault(std::string_view what) {
  return InputError(fmt::format("{}: {}", what, Reason()));
}

// Number of elements of a dataspace whose extents are all below the limit.
Result<uint64_t> ElementCount(hid_t space, uint64_t limit, std::vector<uint64_t>* shape) {
  constexpr int kMaxRank = 8;
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank < 0 || rank > kMaxRank) return InputError(fmt::format("has rank {}", rank));
  hsize_t extents[kMaxRank] = {};
  if (H5Sget_simple_extent_dims(space, extents, nullptr) < 0) return Fault("has no extents");
  uint64_t count = 1;
  for (int i = 0; i < rank; ++i) {
    if (extents[i] == 0 || extents[i] > limit / count) {
      return InputError(fmt::format("has an extent of {}", extents[i]));
    }
    count *= extents[i];
    shape->push_back(extents[i]);
  }
  return count;
}

bool HasAttribute(hid_t object, const std::string& name) {
  return H5Aexists(object, name.c_str()) > 0;
}

// The texts of a string attribute, of fixed or variable length; a scalar gives one.
Result<std::vector<std::string>> ReadTexts(hid_t object, const std::string& name,
                                           uint64_t max_texts, uint64_t max_bytes) {
  const std::string place = fmt::format("attribute {}", name);
  const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
  if (!attribute.ok()) return Fault(place + " cannot be opened");
  const Handle type(H5Aget_type(attribute.get()), H5Tclose);
  const Handle space(H5Aget_space(attribute.get()), H5Sclose);
  if (!type.ok() || !space.ok()) return Fault(place + " has no type");
  if (H5Tget_class(type.get()) != H5T_STRING) return InputError(place + " is not text");
  std::vector<uint64_t> shape;
  auto counted = ElementCount(space.get(), max_texts, &shape);
  if (!counted) return InputError(fmt::format("{} {}", place, counted.error().sentence));
  const uint64_t count = *counted;

  std::vector<std::string> texts;
  const htri_t is_variable = H5Tis_variable_str(type.get());
  if (is_variable < 0) return Fault(place);
  if (is_variable > 0) {
    std::vector<char*> pointers(count, nullptr);
    const Handle memory_type(H5Tcopy(type.get()), H5Tclose);
    if (!memory_type.ok() || H5Aread(attribute.get(), memory_type.get(), pointers.data()) < 0) {
      return Fault(place + " cannot be read");
    }
    uint64_t total = 0;
    for (const char* pointer : pointers) {
      texts.emplace_back(pointer != nullptr ? pointer : "");
      total += texts.back().size();
    }
    H5Dvlen_reclaim(memory_type.get(), space.get(), H5P_DEFAULT, pointers.data());
    if (total > max_bytes) return InputError(fmt::format("{} is longer than {}", place, max_bytes));
    return texts;
  }
  const size_t width = H5Tget_size(type.get());
  if (width == 0 || width > max_bytes / count) {
    return InputError(fmt::format("{} is longer than {} bytes", place, max_bytes));
  }
  std::string all(width * count, '\0');
  if (H5Aread(attribute.get(), type.get(), all.data()) < 0) return Fault(place + " cannot be read");
  for (uint64_t i = 0; i < count; ++i) {
    std::string text = all.substr(i * width, width);
    text.resize(std::min(text.find('\0'), text.size()));
    while (text.ends_with(' ') && H5Tget_strpad(type.get()) == H5T_STR_SPACEPAD) text.pop_back();
    texts.push_back(std::move(text));
  }
  return texts;
}

Result<std::string> ReadText(hid_t object, const std::string& name) {
  auto texts = TRY(ReadTexts(object, name, 1, kMaxKerasConfigBytes));
  return std::move(texts.front());
}

// A list of names. Keras cuts lists longer than 64 KB into name0, name1, …
Result<std::vector<std::string>> ReadNames(hid_t object, const std::string& name,
                                           uint64_t max_names) {
  constexpr uint64_t kMaxNamesBytes = 1 << 20;
  if (HasAttribute(object, name)) {
    const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
    const Handle space(attribute.ok() ? H5Aget_space(attribute.get()) : -1, H5Sclose);
    // A layer without weights has an empty list, whose type is not even text.
    if (space.ok() && H5Sget_simple_extent_npoints(space.get()) == 0) return {};
    return ReadTexts(object, name, max_names, kMaxNamesBytes);
  }
  std::vector<std::string> names;
  for (int part = 0; HasAttribute(object, fmt::format("{}{}", name, part)); ++part) {
    auto more = TRY(ReadTexts(object, fmt::format("{}{}", name, part), max_names, kMaxNamesBytes));
    names.insert(names.end(), more.begin(), more.end());
    if (names.size() > max_names)
      return InputError(fmt::format("more than {} {}", max_names, name));
  }
  if (names.empty()) return InputError(fmt::format("there is no attribute {}", name));
  return names;
}

// Opens a group or dataset below `group` through hard links only: a soft or external link could
// name any other file of the user's.
Result<Handle> OpenInside(hid_t group, std::string_view path, bool want_dataset) {
  std::string walked;
  for (std::string_view rest = path; !rest.empty();) {
    const size_t end = std::min(rest.find('/'), rest.size());
    walked.append(walked.empty() ? "" : "/").append(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    H5L_info_t info;
    if (end == 0 || H5Lget_info(group, walked.c_str(), &info, H5P_DEFAULT) < 0) {
      return Fault(fmt::format("there is no {}", walked));
    }
    if (info.type != H5L_TYPE_HARD) return InputError(fmt::format("{} is a link", walked));
  }
  Handle opened = want_dataset ? Handle(H5Dopen2(group, walked.c_str(), H5P_DEFAULT), H5Dclose)
                               : Handle(H5Gopen2(group, walked.c_str(), H5P_DEFAULT), H5Gclose);
  if (!opened.ok()) return Fault(fmt::format("{} cannot be opened", path));
  return opened;
}

// The data must lie in this file, plain or deflated: other storage reads other files or loads
// plug-in code.
Result<> CheckStorage(hid_t dataset) {
  const Handle properties(H5Dget_create_plist(dataset), H5Pclose);
  if (!properties.ok()) return Fault("has no storage properties");
  const H5D_layout_t layout = H5Pget_layout(properties.get());
  const bool is_inside = layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED || layout == H5D_COMPACT;
  if (!is_inside || H5Pget_external_count(properties.get()) != 0) {
    return InputError("is stored outside of this file");
  }
  const int filters = H5Pget_nfilters(properties.get());
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0;
    size_t values = 0;
    unsigned config = 0;
    const H5Z_filter_t filter = H5Pget_filter2(properties.get(), static_cast<unsigned>(i), &flags,
                                               &values, nullptr, 0, nullptr, &config);
    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
        filter != H5Z_FILTER_FLETCHER32) {
      return InputError(fmt::format("is stored with the unsupported filter {}", filter));
    }
  }
  return {};
}

Result<KerasWeight> ReadWeight(hid_t group, const std::string& path, uint64_t max_values) {
  KerasWeight weight;
  const size_t slash = path.rfind('/');
  weight.name = path.substr(slash + 1);
  weight.name.resize(std::min(weight.name.find(':'), weight.name.size()));
  if (slash != std::string::npos) weight.owner = path.substr(0, slash);
  const Handle dataset = TRY(OpenInside(group, path, true));
  const Handle type(H5Dget_type(dataset.get()), H5Tclose);
  const Handle space(H5Dget_space(dataset.get()), H5Sclose);
  if (!type.ok() || !space.ok()) return Fault("has no type");
  TRY(CheckStorage(dataset.get()));
  const uint64_t count = TRY(ElementCount(space.get(), max_values, &weight.shape));
  // Keras counts samples and the like in integers of no dimension; nothing here needs them.
  const H5T_class_t type_class = H5Tget_class(type.get());
  const bool is_counter = type_class == H5T_INTEGER && weight.shape.empty();
  if (type_class != H5T_FLOAT && !is_counter) return InputError("is not floating point");
  weight.values.resize(count);
  if (H5Dread(dataset.get(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT,
              weight.values.data()) < 0) {
    return Fault("cannot be read");
  }
  return weight;
}

}  // namespace

Result<KerasFile> ReadKerasHdf5(const std::string& path) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5PLset_loading_state(0);
  const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!file.ok()) return Fault("not a readable HDF5 file");

  KerasFile content;
  if (!HasAttribute(file.get(), "model_config")) {
    return InputError(
        HasAttribute(file.get(), "layer_names")
            ? "the file holds weights only; save the whole model (model.save, not save_weights)"
            : "the file holds no Keras model: there is no attribute model_config");
  }
  content.model_config = TRY(ReadText(file.get(), "model_config"));
  if (HasAttribute(file.get(), "keras_version")) {
    content.keras_version = TRY(ReadText(file.get(), "keras_version"));
  }
  const Handle weights = TRY(OpenInside(file.get(), "model_weights", false));
  uint64_t values_left = kMaxKerasParameters;
  for (const std::string& layer : TRY(ReadNames(weights.get(), "layer_names", kMaxKerasLayers))) {
    KerasLayerWeights entry{layer, {}};
    const auto at_layer = [&](std::string_view what, Error error) {
      error.sentence = fmt::format("layer {}{}: {}", layer, what, error.sentence);
      return std::unexpected(std::move(error));
    };
    auto group = OpenInside(weights.get(), layer, false);
    if (!group) return at_layer("", group.error());
    auto names = ReadNames(group->get(), "weight_names", kMaxWeightsOfLayer);
    if (!names) return at_layer("", names.error());
    for (const std::string& name : *names) {
      auto weight = ReadWeight(group->get(), name, values_left);
      if (!weight) return at_layer(", weight " + name, weight.error());
      values_left -= weight->values.size();
      if (values_left == 0) return InputError("the model has too many parameters");
      entry.weights.push_back(std::move(*weight));
    }
    content.layers.push_back(std::move(entry));
  }
  return content;
}

}  // namespace host
