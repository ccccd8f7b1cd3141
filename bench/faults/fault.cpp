#include "bench/faults/fault.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <new>
#include <stdexcept>
#include <utility>

#include "bench/origin/fault.hpp"
#include "bench/text/names.hpp"

namespace interleave::faults {

namespace {

using namespace std::chrono_literals;

/// Short enough to wait for, long enough for a loaded machine to answer in.
constexpr std::chrono::milliseconds short_timeout = 500ms;

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

std::string never_return(const Item&, std::string_view) {
  wait_for_the_cue();
  while (true) pause();
}

/// Past ThreadSanitizer, too, which would object to threads nobody joined.
std::string leave(const Item&, std::string_view) {
  wait_for_the_cue();
  syscall(SYS_exit_group, 3);
  return {};
}

std::function<void(FaultTarget)> working(ProcessFn work) {
  return [work](FaultTarget scene) { scene.item.process_fn = work; };
}

std::function<void(FaultTarget)> fetching(std::string url) {
  return [url = std::move(url)](FaultTarget scene) { scene.item.url = url; };
}

void hang(FaultTarget scene) {
  scene.item.process_fn = never_return;
  scene.options.timeout = 1s;
  scene.options.grace = 200ms;
  // Nobody can wait for its end behind the gate: the others would time out.
  scene.item.url = scene.origin.url(origin::item_path(
      {scene.item.id, 1, scene.item.expected->bytes, origin::WaitSpec{}}));
}

void exceed_the_cap(FaultTarget scene) {
  scene.options.max_body = 5000;
  scene.item.url = scene.origin.url("/items/1?bytes=5001");
}

void expect_more(FaultTarget scene) {
  scene.item.expected->bytes += 1;
}

void expect_other_bytes(FaultTarget scene) {
  scene.item.expected->digest ^= 1;
}

/// The origin's own ways to fail, each with the item it spoils.
Fault served(const origin::Fault& known) {
  const auto inject = [kind = known.kind,
                       error = known.error](FaultTarget scene) {
    origin::FaultSpec spec;
    spec.kind = kind;
    spec.item.id = scene.item.id;
    spec.item.bytes = scene.item.expected->bytes;
    scene.item.url = scene.origin.url(origin::fault_path(spec));
    if (error == ErrorKind::timeout) scene.options.timeout = short_timeout;
    scene.options.max_body = std::size_t{4} << 20;
  };
  return {std::string(known.name),
          "the server sends " + std::string(known.summary), inject, known.error,
          ""};
}

std::vector<Fault> make_faults() {
  std::vector<Fault> faults = {
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
      {"hangs", "its processing never ends", hang, ErrorKind::worker,
       "was killed", true, true},
      {"no-listener", "nobody listens at its address",
       fetching("http://127.0.0.1:1/"), ErrorKind::refused, ""},
      {"unknown-host", "its host has no address",
       fetching("http://no-such-host.invalid/"), ErrorKind::dns,
       "no-such-host.invalid"},
      {"other-scheme", "its address is not http or https",
       fetching("ftp://127.0.0.1/"), ErrorKind::scheme_denied, ""},
      {"over-the-cap", "its body is longer than allowed", exceed_the_cap,
       ErrorKind::too_large, "body over 5000 bytes"},
      {"short-body", "its body is shorter than expected", expect_more,
       ErrorKind::truncated, "truncated: 1000 of 1001 bytes"},
      {"other-body", "its body is not the one expected", expect_other_bytes,
       ErrorKind::integrity, "integrity: 1000 bytes"},
  };
  for (const origin::Fault& known : origin::faults())
    faults.push_back(served(known));
  return faults;
}

}  // namespace

Status Fault::status() const {
  if (kind == ErrorKind::none) return Status::completed;
  return crash ? Status::lost : Status::failed;
}

void strike_on(const std::atomic<bool>* cue) {
  the_cue = cue;
}

const std::vector<Fault>& all_faults() {
  static const std::vector<Fault> faults = make_faults();
  return faults;
}

const Fault& fault(std::string_view name) {
  return find_named("fault", name, all_faults(), &Fault::name);
}

}  // namespace interleave::faults
