#include "bench/faults/fault.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <new>
#include <stdexcept>

#include "bench/catalog.hpp"
#include "bench/units.hpp"

namespace interleave::faults {

namespace {

using namespace std::chrono_literals;

/// Short enough to wait for, long enough for a loaded machine to answer in.
constexpr std::chrono::milliseconds short_timeout = 400ms;

// What an item is made to do instead of its processing. A plain function has
// no room for the cue, so it stands here.

const std::atomic<bool>* the_cue = nullptr;

void wait_for_the_cue() {
  const auto until = Clock::now() + 5s;
  while (the_cue && !*the_cue && Clock::now() < until) usleep(50);
}

std::string throw_standard(const Item&, std::string_view) {
  wait_for_the_cue();
  throw std::runtime_error("injected failure");
}

std::string throw_other(const Item&, std::string_view) {
  wait_for_the_cue();
  throw 42;
}

std::string run_out_of_memory(const Item&, std::string_view) {
  wait_for_the_cue();
  throw std::bad_alloc();
}

/// As the kernel would: past any handler that a sanitizer has installed.
template <int number>
std::string raise_signal(const Item&, std::string_view) {
  wait_for_the_cue();
  std::signal(number, SIG_DFL);
  raise(number);
  return {};
}

std::string leave(const Item&, std::string_view) {
  wait_for_the_cue();
  _exit(3);
}

std::function<void(Scene)> working(Work work) {
  return [work](Scene scene) { scene.item.work = work; };
}

std::function<void(Scene)> fetching(std::string url) {
  return [url](Scene scene) { scene.item.url = url; };
}

void never_answer(Scene scene) {
  scene.options.timeout = short_timeout;
  scene.item.url = scene.origin.url("/items/1?wait=5m");
}

void find_nothing(Scene scene) {
  scene.item.url = scene.origin.url("/nowhere");
}

void exceed_the_cap(Scene scene) {
  scene.options.max_body = 5000;
  scene.item.url = scene.origin.url("/items/1?bytes=5001");
}

void expect_more(Scene scene) {
  scene.item.expected->bytes += 1;
}

void expect_other_bytes(Scene scene) {
  scene.item.expected->digest ^= 1;
}

std::vector<Fault> make_faults() {
  return {
      {"throws", "its processing throws an exception", working(throw_standard),
       ErrorKind::thrown, "injected failure"},
      {"throws-other", "its processing throws what is no std::exception",
       working(throw_other), ErrorKind::thrown, ""},
      {"no-memory", "its processing finds no memory",
       working(run_out_of_memory), ErrorKind::thrown, "bad_alloc"},
      {"killed", "the process that holds it is killed",
       working(raise_signal<SIGKILL>), ErrorKind::worker,
       "was ended by SIGKILL", true},
      {"segfault", "the process that holds it breaks its memory",
       working(raise_signal<SIGSEGV>), ErrorKind::worker,
       "was ended by SIGSEGV", true},
      {"exits", "the process that holds it exits", working(leave),
       ErrorKind::worker, "exited with status 3", true},
      {"refused", "nobody listens at its address",
       fetching("http://127.0.0.1:1/"), ErrorKind::refused, ""},
      {"unknown-host", "its host has no address",
       fetching("http://no-such-host.invalid/"), ErrorKind::dns,
       "no-such-host.invalid"},
      {"other-scheme", "its address is not http or https",
       fetching("ftp://127.0.0.1/"), ErrorKind::scheme_denied, ""},
      {"no-answer", "the server never answers", never_answer,
       ErrorKind::timeout, ""},
      {"not-found", "the server does not know it", find_nothing,
       ErrorKind::http, "http 404"},
      {"over-the-cap", "its body is longer than allowed", exceed_the_cap,
       ErrorKind::too_large, "body over 5000 bytes"},
      {"short-body", "its body is shorter than expected", expect_more,
       ErrorKind::truncated, "truncated: 1000 of 1001 bytes"},
      {"other-body", "its body is not the one expected", expect_other_bytes,
       ErrorKind::integrity, "integrity: 1000 bytes"},
  };
}

}  // namespace

void strike_on(const std::atomic<bool>* cue) {
  the_cue = cue;
}

const std::vector<Fault>& all_faults() {
  static const std::vector<Fault> faults = make_faults();
  return faults;
}

const Fault& fault(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Fault& known : all_faults()) {
    if (known.name == name) return known;
    names.push_back(known.name);
  }
  const std::string_view close = nearest(name, names);
  throw std::invalid_argument(
      close.empty() ? fmt::format("no fault is called {}: choose {}",
                                  in_quotes(name), fmt::join(names, ", "))
                    : fmt::format("no fault is called {}: did you mean '{}'?",
                                  in_quotes(name), close));
}

}  // namespace interleave::faults
