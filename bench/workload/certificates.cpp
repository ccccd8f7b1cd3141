#include "bench/workload/certificates.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

#include "bench/text/input.hpp"
#include "bench/text/units.hpp"
#include "bench/workload/url_check.hpp"

namespace interleave {

namespace {

bool needs_certificates(const Item& item) {
  return scheme_of(item.url) == "https://";
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

/// `by` says who names the file: "--cacert".
void add_file(Trust& trust, const std::string& by, const std::string& file) {
  std::size_t added = 0;
  try {
    added = trust.add(read_input(file, "a file of certificates"));
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", by, error.what()));
  } catch (const std::runtime_error& error) {
    throw InputError(fmt::format("{}: {}: {}: replace it or leave it out", by,
                                 printable(file), error.what()));
  }
  if (added == 0)
    throw InputError(fmt::format(
        "{}: {}: holds no certificates in PEM form: name a file that does", by,
        printable(file)));
}

/// OpenSSL finds certificates in a folder by the hash of their subject, and
/// only those: 8 hexadecimal digits, a dot, a number.
bool is_hashed(const std::string& name) {
  const auto all = [](std::string_view text, auto is) {
    return !text.empty() && std::ranges::all_of(text, is);
  };
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  const auto is_hex = [](unsigned char c) { return std::isxdigit(c) != 0; };
  return name.size() > 9 && name[8] == '.' &&
         all(std::string_view(name).substr(0, 8), is_hex) &&
         all(std::string_view(name).substr(9), is_digit);
}

/// Of folders with colons between them, as OpenSSL takes them.
std::vector<std::string> files_in(std::string_view list) {
  std::vector<std::string> files;
  while (!list.empty()) {
    const std::size_t colon = std::min(list.find(':'), list.size());
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(
             std::string(list.substr(0, colon)), error))
      if (is_hashed(entry.path().filename())) files.push_back(entry.path());
    list.remove_prefix(std::min(colon + 1, list.size()));
  }
  return files;
}

void add_folders(Trust& trust, const std::string& by, std::string_view list) {
  std::size_t found = 0;
  for (const std::string& file : files_in(list)) {
    try {
      found += trust.add(read_input(file, "a certificate"));
    } catch (const std::runtime_error&) {  // a link that leads nowhere
    }
  }
  if (found == 0)
    throw InputError(fmt::format(
        "{}: no certificate is found there: name a folder that `openssl "
        "rehash` has prepared",
        by));
}

/// What libcurl was built to trust. Absent, another part of it may do.
void add_system(Trust& trust) {
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  const auto added = [&](auto add, const char* what) {
    if (!what) return false;
    try {
      add(trust, "the system's", what);
    } catch (const InputError&) {
      return false;
    }
    return true;
  };
  const bool any_file = added(add_file, info->cainfo);
  const bool any_folder = added(add_folders, info->capath);
  if (!any_file && !any_folder)
    throw InputError(
        "this system has no certificates to check https servers with: install "
        "ca-certificates, or name some with --cacert FILE");
}

void add_usual(Trust& trust) {
  const std::string bundle = variable("CURL_CA_BUNDLE");
  const std::string file = variable("SSL_CERT_FILE");
  const std::string folders = variable("SSL_CERT_DIR");
  if (!bundle.empty()) return add_file(trust, "CURL_CA_BUNDLE", bundle);
  if (!file.empty()) add_file(trust, "SSL_CERT_FILE", file);
  if (!folders.empty()) add_folders(trust, "SSL_CERT_DIR", folders);
  if (file.empty() && folders.empty()) add_system(trust);
}

}  // namespace

std::vector<std::string> files_of(const Certificates& wanted) {
  if (!wanted.checked) return {};
  if (!wanted.file.empty()) return {wanted.file};
  if (std::string bundle = variable("CURL_CA_BUNDLE"); !bundle.empty())
    return {std::move(bundle)};
  std::vector<std::string> files = files_in(variable("SSL_CERT_DIR"));
  if (std::string file = variable("SSL_CERT_FILE"); !file.empty())
    files.push_back(std::move(file));
  return files;
}

std::shared_ptr<const Trust> find_trust(const Certificates& wanted,
                                        std::span<const Item> items) {
  const auto trust = std::make_shared<Trust>();
  if (!wanted.checked) {
    trust->trust_everybody();
  } else if (!wanted.file.empty()) {
    add_file(*trust, "--cacert", wanted.file);
  } else {
    try {
      add_usual(*trust);
    } catch (const InputError&) {
      if (std::ranges::any_of(items, needs_certificates)) throw;
    }
  }
  return trust;
}

}  // namespace interleave
