#include "common/run_item.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/origin/process.hpp"
#include "common/compute.hpp"
#include "common/digest.hpp"
#include "common/transfer.hpp"
#include "tests/common/full_server.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;

Download downloaded(std::string body) {
  Result result;
  result.status = Status::completed;
  result.bytes = body.size();
  Download download(result);
  download.body = std::move(body);
  return download;
}

Result process(const Item& item, Download download, const Options& options) {
  Session session(options);
  return process(item, std::move(download), session);
}

std::string twice(const Item& item, std::string_view body) {
  return item.argument + std::string(body) + std::string(body);
}

std::string boom(const Item&, std::string_view) {
  throw std::runtime_error("Boom!");
}

std::string odd_boom(const Item&, std::string_view) {
  throw 1;
}

Item expecting(std::string_view body) {
  Item item;
  item.expected = Expected{body.size(), digest(body)};
  return item;
}

TEST(Process, CompletesWhatIsAsExpected) {
  const Result result = process(expecting("hello"), downloaded("hello"), {});
  EXPECT_EQ(result.status, Status::completed);
  EXPECT_EQ(result.digest, digest("hello"));
  EXPECT_EQ(result.output, "");
}

TEST(Process, TellsAShortBodyFromAWrongOne) {
  EXPECT_EQ(process(expecting("hello"), downloaded("hell"), {}).error,
            (Error{ErrorKind::truncated, "truncated: 4 of 5 bytes"}));
  EXPECT_EQ(process(expecting("hello"), downloaded("hallo"), {}).error.kind,
            ErrorKind::integrity);
  EXPECT_EQ(process(expecting("hello"), downloaded("hello!"), {}).error.kind,
            ErrorKind::integrity);
}

TEST(Process, SaysOfALearntBodyThatItHasChanged) {
  Item item = expecting("hello");
  item.expected->learnt = true;
  EXPECT_EQ(process(item, downloaded("hello"), {}).status, Status::completed);
  for (const char* body : {"hell", "hallo", "hello!"}) {
    const Error error = process(item, downloaded(body), {}).error;
    EXPECT_EQ(error.kind, ErrorKind::integrity);
    EXPECT_EQ(error.text.find("changed since it was learnt: "), 0u)
        << error.text;
  }
}

TEST(Error, NamesItsKindOnce) {
  EXPECT_EQ(to_string(Error{ErrorKind::dns, "no such host"}),
            "dns: no such host");
  EXPECT_EQ(to_string(Error{ErrorKind::http, "http 404"}), "http 404");
  EXPECT_EQ(to_string(Error{ErrorKind::truncated, "truncated: 4 of 5 bytes"}),
            "truncated: 4 of 5 bytes");
  EXPECT_EQ(to_string(Error{ErrorKind::cancelled, "cancelled"}), "cancelled");
  EXPECT_EQ(to_string(Error{ErrorKind::file, "files are not allowed"}),
            "file: files are not allowed");
  EXPECT_EQ(to_string(Error{ErrorKind::thrown, ""}), "thrown");
}

TEST(Process, ExpectsNothingOfAnItemThatSaysNothing) {
  EXPECT_EQ(process(Item{}, downloaded("any"), {}).status, Status::completed);
}

TEST(Process, WhatWorkMakesOfTheBodyIsTheOutput) {
  Item item = expecting("ab");
  item.argument = "twice: ";
  item.rounds = 3;
  EXPECT_EQ(process(item, downloaded("ab"), {}).output.size(), 16u);
  item.process_fn = twice;
  const Result result = process(item, downloaded("ab"), {});
  EXPECT_EQ(result.status, Status::completed);
  EXPECT_EQ(result.output, "twice: abab") << "not what the rounds gave";
}

TEST(Process, WorkThatThrowsFailsTheItemWithItsText) {
  Item item = expecting("ab");
  item.process_fn = boom;
  const Result result = process(item, downloaded("ab"), {});
  EXPECT_EQ(result.status, Status::failed);
  EXPECT_EQ(result.error, (Error{ErrorKind::thrown, "Boom!"}));
  EXPECT_GT(result.finished, Clock::time_point());
  item.process_fn = odd_boom;
  EXPECT_EQ(process(item, downloaded("ab"), {}).error,
            (Error{ErrorKind::thrown, "not a std::exception"}));
}

TEST(Process, WorkSeesNoBodyThatIsNotTheRightOne) {
  Item item = expecting("ab");
  item.process_fn = boom;
  EXPECT_EQ(process(item, downloaded("a"), {}).error.kind,
            ErrorKind::truncated);
}

TEST(Process, LeavesAFailureAsItIs) {
  Result failed;
  failed.status = Status::failed;
  failed.error = {ErrorKind::reset, "reset"};
  Item item = expecting("hello");
  item.rounds = 10;
  item.process_fn = boom;
  item.follow_up = "no such scheme";
  const Result result = process(item, Download(failed), {});
  EXPECT_EQ(result.error, failed.error);
  EXPECT_EQ(result.output, "") << "nothing was there to compute on";
}

TEST(Process, CountsEveryOutcomeAndStopsAtTheFirstErrorIfAsked) {
  RunControl control;
  Options options;
  options.control = &control;
  Result failed;
  failed.status = Status::failed;
  process(Item{}, Download(failed), options);
  EXPECT_EQ(control.ended, 1u);
  EXPECT_FALSE(control.stop) << "collect: the others are tried";

  options.on_error = OnError::stop;
  process(Item{}, downloaded("fine"), options);
  EXPECT_FALSE(control.stop);
  process(Item{}, Download(failed), options);
  EXPECT_TRUE(control.stop);
  Download skipped;
  skipped.result.status = Status::skipped;
  process(Item{}, skipped, options);
  EXPECT_EQ(control.ended, 4u);
}

TEST(Compute, IsTheSameOnEveryMachine) {
  EXPECT_EQ(compute("interleave", 0), 10u);
  EXPECT_EQ(compute("interleave", 1), digest("interleave", 10));
  EXPECT_EQ(compute("interleave", 2),
            digest("interleave", digest("interleave", 10)));
}

TEST(Compute, RoundsGrowWithTheTimeAskedFor) {
  constexpr Nanoseconds round(250);
  EXPECT_EQ(rounds_for(0ns, round), 0u);
  EXPECT_EQ(rounds_for(1ns, round), 1u);
  EXPECT_EQ(rounds_for(1ms, round), 4'000u);
  EXPECT_EQ(rounds_for(10ms, round), 40'000u);
}

TEST(Compute, ARoundCostsMoreOnMoreBytes) {
  EXPECT_GT(round_cost(1000), 2 * round_cost(10));
}

TEST(Lane, DiffersInAForkedChild) {
  const Lane here = this_lane();
  EXPECT_EQ(here.process, getpid());
  const pid_t child = fork();
  if (child == 0) {
    const Lane there = this_lane();
    _exit(there.process == getpid() && there.thread == gettid() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

class Blocking : public testing::Test {
 protected:
  Result run(const std::string& url) {
    Item item;
    item.url = url;
    Session session(options_);
    return run_item(item, session);
  }

  origin::Process origin_;
  Options options_;
};

TEST_F(Blocking, ASessionKeepsItsConnection) {
  Session session(options_);
  for (int i = 0; i < 5; ++i) {
    Item item;
    item.url = origin_.url("/items/1?bytes=10");
    EXPECT_EQ(run_item(item, session).bytes, 10u);
  }
  EXPECT_EQ(origin_.counters().connections, 1u);
}

TEST_F(Blocking, NamesWhatWentWrong) {
  EXPECT_EQ(run(origin_.url("/nowhere")).error.text, "http 404");
  EXPECT_EQ(run("http://127.0.0.1:1/").error.kind, ErrorKind::refused);
  EXPECT_EQ(run("file:///etc/passwd").error.kind, ErrorKind::scheme_denied);
  EXPECT_EQ(run("gopher://127.0.0.1/").error.kind, ErrorKind::scheme_denied);
  EXPECT_EQ(run("http://no-such-host.invalid/").error.kind, ErrorKind::dns);
}

// The second request.

class Sending : public Blocking {
 protected:
  Result run(const std::string& then, Session& session) {
    Item item;
    item.url = origin_.url("/items/1?bytes=10");
    item.process_fn = twice;
    item.follow_up = then;
    return run_item(item, session);
  }

  Session session_{options_};
};

TEST_F(Sending, GoesOverTheSameConnectionAndBackToGet) {
  for (int i = 0; i < 5; ++i) {
    const Result result = run(origin_.url("/items/2"), session_);
    EXPECT_EQ(result.status, Status::completed) << result.error.text;
    EXPECT_EQ(result.bytes, 10u) << "the body is that of the first request";
  }
  EXPECT_EQ(origin_.counters().connections, 1u);
  EXPECT_EQ(origin_.counters().requests, 10u);
}

TEST_F(Sending, AsksAgainWhenTheKeptConnectionHasGone) {
  Item item;
  item.url = origin_.url("/fault/closed-next?id=1&bytes=10");
  item.process_fn = twice;
  item.follow_up = origin_.url("/items/2");
  for (const Transport transport : {Transport::curl, Transport::beast}) {
    options_.transport = transport;
    // The longer one is still being sent when the connection goes.
    for (const std::size_t more : {0, 5'000'000}) {
      item.argument.assign(more, 'x');
      Session session(options_);
      for (int i = 0; i < 10; ++i) {
        const Result result = run_item(item, session);
        EXPECT_EQ(result.status, Status::completed)
            << to_string(transport) << ", " << more << ", " << i << ": "
            << result.error.text;
      }
    }
  }
}

TEST_F(Sending, AnythingThatGoesWrongFailsTheItem) {
  Result result = run(origin_.url("/nowhere"), session_);
  EXPECT_EQ(result.status, Status::failed);
  EXPECT_EQ(result.error, (Error{ErrorKind::http, "http 404"}));
  EXPECT_EQ(result.output.size(), 20u) << "what was made is kept";
  EXPECT_EQ(run("http://127.0.0.1:1/", session_).error.kind,
            ErrorKind::refused);
  EXPECT_EQ(run("ftp://127.0.0.1/", session_).error.kind,
            ErrorKind::scheme_denied);
  options_.allow_files = true;
  EXPECT_EQ(run("file:///tmp/written", session_).error.kind,
            ErrorKind::scheme_denied);
  options_.timeout = 200ms;
  Session hurried(options_);
  EXPECT_EQ(run(origin_.url("/items/2?wait=1m"), hurried).error.kind,
            ErrorKind::timeout);
}

TEST_F(Sending, MayOnlyWait) {
  Item item;
  item.url = "sleep:0";
  item.follow_up = "sleep:20ms";
  item.follow_up_wait = 20ms;
  const Result result = run_item(item, session_);
  EXPECT_EQ(result.status, Status::completed);
  EXPECT_GE(result.finished - result.processing, 20ms);
}

TEST_F(Sending, CarriesEveryByteAndNothingForAnEmptyOutput) {
  Connections connections;
  Transfer transfer(options_, connections);
  for (std::size_t bytes : {0u, 1u, 100'000u, 5'000'000u, 1u}) {
    std::string sent(bytes, 'x');
    for (std::size_t i = 0; i < bytes; ++i)
      sent[i] = static_cast<char>(i % 251);
    transfer.prepare_put(origin_.url("/items/2"), sent);
    const Download reply = transfer.take(curl_easy_perform(transfer.handle()));
    EXPECT_EQ(reply.result.status, Status::completed)
        << reply.result.error.text;
    EXPECT_NE(reply.body.find(fmt::format("{:016x}", digest(sent))),
              std::string::npos)
        << bytes << " bytes: " << reply.body;
  }
}

// Cancellation.

class Aborted : public Blocking {
 protected:
  Aborted() { options_.control = &control_; }

  /// Runs the item and aborts the run once it is under way.
  Result abort_during(const Item& item) {
    std::jthread aborter([&] {
      std::this_thread::sleep_for(50ms);
      control_.stop = control_.abort = true;
    });
    Session session(options_);
    return run_item(item, session);
  }

  RunControl control_;
};

TEST_F(Aborted, TransfersAndWaitsEndSoon) {
  Item download;
  download.url = origin_.url("/items/1?wait=1m");
  Item wait;
  wait.url = "sleep:1m";
  wait.wait = 1min;
  Item upload;
  upload.url = "sleep:0";
  upload.follow_up = origin_.url("/items/1?wait=1m");
  Item second_wait;
  second_wait.url = "sleep:0";
  second_wait.follow_up = "sleep:1m";
  second_wait.follow_up_wait = 1min;
  for (const Item& item : {download, wait, upload, second_wait}) {
    control_.stop = control_.abort = false;
    const auto began = Clock::now();
    const Result result = abort_during(item);
    EXPECT_LT(Clock::now() - began, 20s) << item.url << " " << item.follow_up;
    EXPECT_EQ(result.status, Status::failed);
    EXPECT_EQ(result.error, (Error{ErrorKind::cancelled, "cancelled"}));
  }
  EXPECT_EQ(control_.ended, 4u);
}

TEST_F(Aborted, NothingStartsAndNobodyPauses) {
  control_.abort = true;
  Item item;
  item.url = "sleep:1m";
  item.wait = item.delay = 1min;
  Session session(options_);
  pause_before(item, options_);
  EXPECT_EQ(run_item(item, session).status, Status::skipped);
}

TEST_F(Aborted, ASessionIsFitForTheNextItem) {
  Session session(options_);
  Item item;
  item.url = origin_.url("/items/1?wait=1m");
  {
    std::jthread aborter([&] {
      std::this_thread::sleep_for(20ms);
      control_.abort = true;
    });
    EXPECT_EQ(run_item(item, session).error.kind, ErrorKind::cancelled);
  }
  control_.abort = false;
  item.url = origin_.url("/items/1?bytes=10");
  EXPECT_EQ(run_item(item, session).bytes, 10u);
}

TEST_F(Blocking, AConnectionThatTakesAWhileIsWaitedFor) {
  for (const Transport transport : {Transport::curl, Transport::beast}) {
    options_.transport = transport;
    const FullServer server;
    std::jthread answer([&] {
      std::this_thread::sleep_for(100ms);
      server.answer_one();
    });
    Item item = expecting("hi");
    item.url = server.url();
    const auto began = Clock::now();
    Session session(options_);
    const Result result = run_item(item, session);
    EXPECT_EQ(result.status, Status::completed) << result.error.text;
    EXPECT_GT(Clock::now() - began, 100ms);
  }
}

TEST_F(Blocking, AConnectionThatDoesNotComeAboutTimesOut) {
  options_.timeout = 300ms;
  for (const Transport transport : {Transport::curl, Transport::beast}) {
    options_.transport = transport;
    const FullServer server;
    Item item;
    item.url = server.url();
    Session session(options_);
    EXPECT_EQ(run_item(item, session).error.kind, ErrorKind::timeout);
  }
}

TEST_F(Blocking, WithoutDescriptorsTheKindSaysSo) {
  const pid_t child = fork();
  if (child == 0) {
    Session session(options_);
    Item item;
    item.url = origin_.url("/items/1?bytes=10");
    std::vector<int> taken;
    // One is left after another, until it takes no more than there are.
    while (taken.size() < 1000) {
      const int next = dup(0);
      if (next < 0) break;
      taken.push_back(next);
      const rlimit few{static_cast<rlim_t>(next) + 1, 4096};
      if (taken.size() == 1) setrlimit(RLIMIT_NOFILE, &few);
    }
    bool named = false;
    while (!taken.empty()) {
      const Result result = run_item(item, session);
      if (result.status == Status::completed) break;
      named |= result.error.kind == ErrorKind::descriptors;
      close(taken.back());
      taken.pop_back();
      const rlimit more{1024, 4096};
      if (taken.empty()) setrlimit(RLIMIT_NOFILE, &more);
    }
    _exit(named ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

// Files.

class Files : public testing::Test {
 protected:
  Files() {
    char name[] = "/tmp/interleave_files_XXXXXX";
    folder_ = mkdtemp(name);
    options_.allow_files = true;
  }
  ~Files() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& body) {
    std::ofstream(folder_ + "/" + name) << body;
    return "file:" + folder_ + "/" + name;
  }
  Download read(const std::string& url) {
    Item item;
    item.url = url;
    Session session(options_);
    return download(item, session);
  }

  std::string folder_;
  Options options_;
};

TEST_F(Files, AreReadWholeUnderBothSpellings) {
  for (std::size_t bytes : {0u, 1u, 70'000u, 3'000'000u}) {
    const std::string body(bytes, 'b');
    const std::string url = write("body", body);
    for (const std::string& spelling : {url, "file://" + url.substr(5)}) {
      const Download got = read(spelling);
      EXPECT_EQ(got.result.status, Status::completed) << got.result.error.text;
      EXPECT_EQ(got.result.bytes, bytes);
      EXPECT_TRUE(got.body == body);
    }
  }
}

TEST_F(Files, AreReadToTheirEndWhateverTheirSizeIsSaidToBe) {
  const Download got = read("file:/proc/self/status");
  EXPECT_EQ(got.result.status, Status::completed) << got.result.error.text;
  EXPECT_NE(got.body.find("Threads:"), std::string::npos);
}

TEST_F(Files, AreDeniedUnlessAllowed) {
  const std::string url = write("body", "secret");
  options_.allow_files = false;
  EXPECT_EQ(read(url).result.error.kind, ErrorKind::scheme_denied);
  EXPECT_EQ(read(url).body, "");
}

TEST_F(Files, ThatAreNoneFailWithoutBlocking) {
  ASSERT_EQ(mkfifo((folder_ + "/fifo").c_str(), 0600), 0);
  for (const std::string& name :
       {folder_ + "/fifo", folder_ + "/none", folder_, std::string("relative"),
        "//host" + folder_, std::string(), std::string("/dev/zero")}) {
    const Download got = read("file:" + name);
    EXPECT_EQ(got.result.status, Status::failed) << name;
    EXPECT_EQ(got.result.error.kind, ErrorKind::file) << name;
    EXPECT_NE(got.result.error.text, "") << name;
  }
}

TEST_F(Files, OverTheCapFailAsTooLarge) {
  options_.max_body = 5000;
  EXPECT_EQ(read(write("fits", std::string(5000, 'b'))).result.status,
            Status::completed);
  EXPECT_EQ(read(write("over", std::string(5001, 'b'))).result.error,
            (Error{ErrorKind::too_large, "body over 5000 bytes"}));
}

}  // namespace
}  // namespace interleave
