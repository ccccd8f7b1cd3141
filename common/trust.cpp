#include "common/trust.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <climits>
#include <stdexcept>

namespace interleave {

namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeCertificate {
  void operator()(X509* one) const { X509_free(one); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;

template <class Value>
void set_option(CURL* handle, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(handle, option, value);
  if (code != CURLE_OK)
    throw std::runtime_error(
        fmt::format("libcurl: no certificates: {}", curl_easy_strerror(code)));
}

}  // namespace

bool Trust::shares_openssl() {
  static const bool same = [] {
    const char* const theirs = curl_version_info(CURLVERSION_NOW)->ssl_version;
    return theirs &&
           fmt::format("OpenSSL/{}", OpenSSL_version(OPENSSL_VERSION_STRING)) ==
               theirs;
  }();
  return same;
}

Trust::Trust(bool shared) : store_(shared ? X509_STORE_new() : nullptr) {
  // With its first context OpenSSL looks up its algorithms, for a millisecond:
  // here, and not in each forked child.
  SSL_CTX_free(SSL_CTX_new(TLS_client_method()));
  // As libcurl sets its own: an intermediate certificate may be trusted.
  if (store_)
    X509_STORE_set_flags(store_,
                         X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
}

Trust::~Trust() {
  X509_STORE_free(store_);
}

// One after the other, and not all at once with PEM_X509_INFO_read_bio(): what
// that leaves free between the certificates, each forked child touches anew.
std::size_t Trust::add(std::string_view pem) {
  if (pem.size() > INT_MAX) throw std::runtime_error("is too long");
  const auto no_password = [](char*, int, int, void*) { return 0; };
  const std::unique_ptr<BIO, FreeBio> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::size_t added = 0;
  while (const Certificate one{
      PEM_read_bio_X509_AUX(bio.get(), nullptr, no_password, nullptr)}) {
    // Reads its extensions, which whoever needs them first would write to it.
    X509_check_purpose(one.get(), -1, 0);
    if (!store_ || X509_STORE_add_cert(store_, one.get()) == 1) ++added;
  }
  const bool whole =
      ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!whole)
    throw std::runtime_error(
        fmt::format("certificate {} cannot be read", added + 1));
  if (store_)  // else whoever looks one up first does it
    sk_X509_OBJECT_sort(X509_STORE_get0_objects(store_));
  else
    pem_.append(pem).append("\n");
  return added;
}

void Trust::give_to(CURL* handle) const {
  // What libcurl would read by itself, even where it checks nothing.
  set_option(handle, CURLOPT_CAINFO, nullptr);
  set_option(handle, CURLOPT_CAPATH, nullptr);
  if (!checks_) {
    set_option(handle, CURLOPT_SSL_VERIFYPEER, 0L);
    set_option(handle, CURLOPT_SSL_VERIFYHOST, 0L);
  } else if (store_) {
    set_option(handle, CURLOPT_SSL_CTX_FUNCTION, &Trust::share);
    set_option(handle, CURLOPT_SSL_CTX_DATA, store_);
  } else {
    curl_blob blob{const_cast<char*>(pem_.data()), pem_.size(),
                   CURL_BLOB_NOCOPY};
    set_option(handle, CURLOPT_CAINFO_BLOB, &blob);
  }
}

CURLcode Trust::share(CURL*, void* context, void* store) {
  SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(context),
                          static_cast<X509_STORE*>(store));
  return CURLE_OK;
}

}  // namespace interleave
