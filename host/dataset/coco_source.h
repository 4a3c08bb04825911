// SPDX-License-Identifier: Apache-2.0

// The files of COCO 2017 that a data set needs, below one folder: annotations/instances_<type>.json
// and <type>/*. They are unpacked from the archives of the COCO site, which lie in that folder or
// are downloaded into it; a transfer that broke off goes on where it stopped.
//
// An archive is hostile: only the wanted files are written, names with folders of their own, links
// and devices refuse the whole, and sizes and numbers are limited. What was unpacked appears under
// its name only when it is whole. Nothing that lies there already is changed.
#ifndef HOST_DATASET_COCO_SOURCE_H_
#define HOST_DATASET_COCO_SOURCE_H_

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>

#include "host/dataset/dataset.h"
#include "host/error/error.h"

namespace host {

struct CocoSource {
  std::filesystem::path root;
  std::string type = "val2017";
  bool may_download = false;
  // Where zips/<type>.zip and annotations/annotations_trainval2017.zip are.
  std::string url = "http://images.cocodataset.org";
};

struct CocoLimits {
  uint64_t files = 200'000;  // train2017 has 118,287
  uint64_t file_bytes = 512ull << 20;
  uint64_t total_bytes = 32ull << 30;
};

// kInput if something is not there and may not be downloaded, or an archive is not what it should
// be; kRun if there is no network or no room. Each says what to do.
[[nodiscard]] Result<> EnsureCoco(const CocoSource& source, const DatasetProgress& progress = {},
                                  const std::stop_token& stop = {}, const CocoLimits& limits = {});

}  // namespace host

#endif  // HOST_DATASET_COCO_SOURCE_H_
