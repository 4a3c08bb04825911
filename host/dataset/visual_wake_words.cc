#include "host/dataset/visual_wake_words.h"

#include <fstream>
#include <map>
#include <system_error>

#include "base/try.h"
#include "fmt/format.h"
#include "host/dataset/image_file.h"
#include "host/dataset/test_split.h"
#include "nlohmann/json.hpp"

namespace host {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// That of train2017 has 449 MB.
constexpr uint64_t kMaxAnnotationBytes = 512ull << 20;
constexpr int kMaxDepth = 32;

// Null unless it is a list of objects.
const Json* Objects(const Json& json, const char* key) {
  const auto list = json.find(key);
  if (list == json.end() || !list->is_array()) return nullptr;
  for (const Json& item : *list) {
    if (!item.is_object()) return nullptr;
  }
  return &*list;
}

template <typename T>
std::optional<T> Member(const Json& object, const char* key) {
  const auto value = object.find(key);
  if (value == object.end()) return std::nullopt;
  if constexpr (std::is_same_v<T, std::string>) {
    if (!value->is_string()) return std::nullopt;
  } else if constexpr (std::is_same_v<T, int64_t>) {
    if (!value->is_number_integer()) return std::nullopt;
  } else {
    if (!value->is_number()) return std::nullopt;
  }
  return value->get<T>();
}

// A name in the image folder itself.
bool IsPlainName(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

Result<std::string> ReadText(const fs::path& path) {
  std::error_code failure;
  const auto size = fs::file_size(path, failure);
  if (failure) {
    return InputError(
        "there are no annotations here; unpack val2017.zip and annotations_trainval2017.zip of "
        "COCO 2017 into dataset_root",
        path.string());
  }
  if (size > kMaxAnnotationBytes) {
    return InputError(fmt::format("larger than {} bytes", kMaxAnnotationBytes), path.string());
  }
  std::string text(size, '\0');
  std::ifstream stream(path, std::ios::binary);
  stream.read(text.data(), static_cast<std::streamsize>(size));
  if (stream.gcount() != static_cast<std::streamsize>(size)) {
    return InputError("the annotations cannot be read", path.string());
  }
  return text;
}

}  // namespace

Result<std::vector<AnnotatedImage>> ParseAnnotations(std::string_view json, const std::string& name,
                                                     std::string_view objects_class,
                                                     double area_threshold) {
  bool is_too_deep = false;
  // The outlines are most of the file and are not needed.
  const auto keep = [&](int depth, Json::parse_event_t event, Json& parsed) {
    is_too_deep = is_too_deep || depth > kMaxDepth;
    return !is_too_deep && !(event == Json::parse_event_t::key && parsed == "segmentation");
  };
  const Json file = Json::parse(json, keep, /*allow_exceptions=*/false);
  if (file.is_discarded() || is_too_deep || !file.is_object()) {
    return InputError("not valid JSON", name);
  }
  const Json* categories = Objects(file, "categories");
  const Json* annotations = Objects(file, "annotations");
  const Json* images = Objects(file, "images");
  if (categories == nullptr || annotations == nullptr || images == nullptr) {
    return InputError("there are no lists of objects 'categories', 'annotations', 'images'", name);
  }
  std::optional<int64_t> wanted;
  for (const Json& category : *categories) {
    if (Member<std::string>(category, "name") == objects_class) {
      wanted = Member<int64_t>(category, "id");
    }
  }
  if (!wanted) return InputError(fmt::format("no category is called {}", objects_class), name);
  std::map<int64_t, double> areas;  // by image
  for (const Json& annotation : *annotations) {
    if (Member<int64_t>(annotation, "category_id") != wanted) continue;
    const auto image = Member<int64_t>(annotation, "image_id");
    const auto box = annotation.find("bbox");
    if (!image || box == annotation.end() || !box->is_array() || box->size() != 4 ||
        !(*box)[2].is_number() || !(*box)[3].is_number()) {
      return InputError("an annotation has no image_id or no bbox of four numbers", name);
    }
    areas[*image] += (*box)[2].get<double>() * (*box)[3].get<double>();
  }
  std::vector<AnnotatedImage> result;
  for (const Json& image : *images) {
    const auto id = Member<int64_t>(image, "id");
    const auto file_name = Member<std::string>(image, "file_name");
    const auto width = Member<double>(image, "width");
    const auto height = Member<double>(image, "height");
    if (!id || !file_name || !width || !height) {
      return InputError("an image has not all of id, file_name, width, height", name);
    }
    if (!IsPlainName(*file_name)) {
      return InputError(fmt::format("the file name '{:.100}' leaves its folder", *file_name), name);
    }
    const auto area = areas.find(*id);
    const bool is_wanted = area != areas.end() && area->second > area_threshold * *height * *width;
    result.push_back({*file_name, is_wanted ? 1u : 0u});
  }
  return result;
}

Result<Dataset> LoadVisualWakeWords(const VisualWakeWordsParameters& parameters,
                                    const DatasetProgress& progress) {
  const fs::path annotations = parameters.dataset_root / "annotations" /
                               fmt::format("instances_{}.json", parameters.dataset_type);
  const std::string text = TRY(ReadText(annotations));
  const std::vector<AnnotatedImage> images = TRY(ParseAnnotations(
      text, annotations.string(), parameters.objects_class, parameters.area_threshold));
  Dataset dataset;
  dataset.class_names = {fmt::format("not-{}", parameters.objects_class), parameters.objects_class};
  std::vector<uint32_t> labels;
  for (const AnnotatedImage& image : images) {
    dataset.samples.push_back({{}, image.label});
    labels.push_back(image.label);
  }
  TestSplit split = TRY(SplitSamples(labels, parameters.split_fraction_test,
                                     parameters.split_fraction_val, parameters.split_seed));
  dataset.test_order = std::move(split.test);
  dataset.train_order = std::move(split.train);
  uint64_t done = 0;
  for (size_t index : dataset.test_order) {
    const RgbImage image =
        TRY(ReadImage(parameters.dataset_root / parameters.dataset_type / images[index].file_name));
    dataset.samples[index].bytes = PersonImage(image, parameters.steps);
    done += dataset.samples[index].bytes.size();
    if (progress) {
      progress(
          "Reading images", done,
          dataset.samples[index].bytes.size() * static_cast<uint64_t>(dataset.test_order.size()));
    }
  }
  return dataset;
}

}  // namespace host
