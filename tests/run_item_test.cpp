#include "common/run_item.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include "bench/origin/process.hpp"
#include "common/compute.hpp"
#include "common/digest.hpp"

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

TEST(Process, ExpectsNothingOfAnItemThatSaysNothing) {
  EXPECT_EQ(process(Item{}, downloaded("any"), {}).status, Status::completed);
}

TEST(Process, LeavesAFailureAsItIs) {
  Result failed;
  failed.status = Status::failed;
  failed.error = {ErrorKind::reset, "reset"};
  Item item = expecting("hello");
  item.rounds = 10;
  const Result result = process(item, Download(failed), {});
  EXPECT_EQ(result.error, failed.error);
  EXPECT_EQ(result.output, "") << "nothing was there to compute on";
}

TEST(Process, CountsEveryOutcomeAndStopsAtTheFirstErrorIfAsked) {
  Control control;
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
  process(Item{}, skipped(), options);
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

}  // namespace
}  // namespace interleave
