#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "bench/experiments/work/scan.hpp"
#include "bench/origin/image.hpp"
#include "tests/fuzz/promises.hpp"

namespace interleave::fuzz {
namespace {

namespace fs = std::filesystem;

const fs::path corpus = INTERLEAVE_CORPUS;

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class Corpus : public testing::TestWithParam<Target> {};

/// What fuzzing once found interesting, in every build and not only in that
/// of the fuzzers.
TEST_P(Corpus, BreaksNoPromise) {
  const auto [name, check] = GetParam();
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(corpus / name)) {
    EXPECT_NO_THROW(check(bytes_of(entry.path()))) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 0u);
}

/// Cut short anywhere, which is the commonest damage.
TEST_P(Corpus, BreaksNoPromiseWhenCutShort) {
  const auto [name, check] = GetParam();
  for (const auto& entry : fs::directory_iterator(corpus / name)) {
    const std::string bytes = bytes_of(entry.path());
    const std::size_t step = bytes.size() / 64 + 1;
    for (std::size_t size = 0; size < bytes.size(); size += step)
      EXPECT_NO_THROW(check(std::string_view(bytes).substr(0, size)))
          << entry.path() << ", the first " << size << " bytes";
  }
}

INSTANTIATE_TEST_SUITE_P(All, Corpus, testing::ValuesIn(targets()),
                         [](const auto& target) {
                           return std::string(target.param.name);
                         });

TEST(CorpusFolder, HoldsATargetPerFolder) {
  std::set<std::string> folders, names;
  for (const auto& entry : fs::directory_iterator(corpus))
    folders.insert(entry.path().filename());
  for (const Target& target : targets()) names.emplace(target.name);
  EXPECT_EQ(folders, names);
}

TEST(CorpusFolder, StaysSmall) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(corpus))
    if (entry.is_regular_file()) bytes += entry.file_size();
  EXPECT_LT(bytes, 300'000u);
}

TEST(Promise, ThatIsBrokenIsTold) {
  EXPECT_THROW(require(false, "it is kept"), Broken);
  EXPECT_NO_THROW(require(true, "it is kept"));
}

}  // namespace
}  // namespace interleave::fuzz
