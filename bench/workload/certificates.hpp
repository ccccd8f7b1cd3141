// Finds the certificates that https servers of a list are checked against.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/item.hpp"
#include "common/trust.hpp"

namespace interleave {

/// What the user wants of https. The origin speaks http, so this is about
/// lists of urls only.
struct Certificates {
  std::string file;     ///< in PEM form, instead of all others; or empty
  bool checked = true;  ///< off, any server is taken for who it says it is
};

/// The files that find_trust() will read, the system's own apart.
std::vector<std::string> files_of(const Certificates& wanted);

/// The certificates of the file; or else of what the environment names, as the
/// curl tool reads it: CURL_CA_BUNDLE, or else SSL_CERT_FILE and SSL_CERT_DIR;
/// or else the system's. Takes some 40 ms, once. Throws InputError for a file
/// without certificates, and when an item needs some and there are none. Where
/// none does, a redirect still may, but what the environment names may be
/// missing.
std::shared_ptr<const Trust> find_trust(const Certificates& wanted,
                                        std::span<const Item> items);

}  // namespace interleave
