// The site over HTTP, from memory, for a browser on this machine.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/site/html.hpp"

namespace interleave::site {

/// Serves the files on the loopback until SIGINT or SIGTERM. Calls
/// `on_listening` with the address, once; port 0 takes any free one. Throws
/// std::runtime_error that says why it cannot listen.
void serve(std::vector<SiteFile> files, std::uint16_t port,
           const std::function<void(const std::string& url)>& on_listening);

}  // namespace interleave::site
