// Certificates that https servers are checked against: one store for all.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct x509_store_st;  // OpenSSL's X509_STORE

namespace interleave {

/// What handles of libcurl trust. On its own libcurl may read the system's
/// bundle for every connection (it does where a folder is configured, as in
/// Debian): 30 ms of CPU, which would be all that is measured.
///
/// Thread safety: immutable once it is filled; OpenSSL counts the references to
/// the store and locks its look-ups.
/// Invariants: filled before any fork, so that every process has it. Outlives
/// the handles that it was given to.
class Trust {
 public:
  /// Whether libcurl and this program have the same OpenSSL, and so a store in
  /// common.
  static bool shares_openssl();

  /// Trusts nobody yet. Not `shared`, libcurl parses the certificates anew for
  /// each connection: with another library than OpenSSL there is no other way.
  explicit Trust(bool shared = shares_openssl());
  ~Trust();
  Trust(const Trust&) = delete;
  Trust& operator=(const Trust&) = delete;

  /// Trusts the certificates of a text in PEM form as well, and returns their
  /// number. Throws std::runtime_error when one cannot be read, and says which.
  std::size_t add(std::string_view pem);

  /// Checks nothing from now on: any server is taken for who it says it is.
  void trust_everybody() { checks_ = false; }

  /// Throws std::runtime_error when libcurl refuses it.
  void give_to(CURL* handle) const;

 private:
  static CURLcode share(CURL* handle, void* context, void* store);

  bool checks_ = true;
  x509_store_st* store_;  // nullptr: not shared
  std::string pem_;       // what libcurl is to parse then
};

}  // namespace interleave
