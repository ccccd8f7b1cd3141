#include "bench/experiments/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "bench/experiments/work/scan.hpp"
#include "bench/text/units.hpp"
#include "bench/workload/url_list.hpp"
#include "common/digest.hpp"

namespace interleave::experiments {

TemporaryFolder::TemporaryFolder() {
  std::error_code error;
  std::string name =
      std::filesystem::temp_directory_path(error) / "interleave-XXXXXX";
  if (!error && !mkdtemp(name.data()))
    error.assign(errno, std::generic_category());
  if (error)
    throw std::system_error(
        error, "no folder for temporary files (set TMPDIR to another one)");
  path_ = name;
  left_.emplace_back(name);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // somebody else may have tidied up
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TemporaryFolder::write(std::string_view name,
                                             std::string_view bytes) {
  const std::filesystem::path file = path_ / name;
  left_.emplace_back(file.string());
  std::ofstream stream(file, std::ios::binary);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  if (!stream)
    throw std::runtime_error(
        fmt::format("cannot write {}: is the disk full?", file.string()));
  return file;
}

std::vector<Item> scan_items(TemporaryFolder& folder, std::size_t count) {
  std::vector<Item> items(count);
  for (std::size_t i = 0; i < count; ++i) {
    ScanSettings settings;
    settings.id = i;
    settings.rows = 40;
    settings.columns = 500;
    const std::string bytes = write_scan(settings);
    items[i].id = i;
    items[i].url =
        "file:" +
        folder.write(fmt::format("scan-{}.dtseries.nii", i + 1), bytes)
            .string();
    items[i].expected = Expected{bytes.size(), digest(bytes)};
    items[i].process_fn = scan_work;
  }
  return items;
}

std::vector<Item> scan_items(const std::vector<std::string>& files,
                             Options& options) {
  std::vector<Item> items;
  for (const std::string& file : files) {
    std::error_code error;
    const auto path = std::filesystem::absolute(file, error);
    const auto bytes = std::filesystem::file_size(path, error);
    if (error)
      throw InputError(fmt::format("{}: cannot be read ({}): check its name",
                                   file.empty() ? "''" : printable(file),
                                   error.message()));
    options.max_body = std::max<std::size_t>(options.max_body,
                                             static_cast<std::size_t>(bytes));
    Item& item = items.emplace_back();
    item.id = items.size() - 1;
    item.url = "file:" + path.string();
    item.process_fn = scan_work;
  }
  return items;
}

}  // namespace interleave::experiments
