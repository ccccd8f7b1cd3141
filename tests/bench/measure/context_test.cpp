// What a report says about the machine and the build.
#include "bench/measure/context.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace interleave {
namespace {

TEST(CpuModel, IsTheNameThatX86Gives) {
  EXPECT_EQ(cpu_model_of("processor\t: 0\nmodel\t\t: 1\n"
                         "model name\t: AMD EPYC 7B13\nflags : fpu\n"),
            "AMD EPYC 7B13");
}

TEST(CpuModel, IsTheNameThatABoardGives) {
  EXPECT_EQ(cpu_model_of("processor : 0\nBogoMIPS : 108.00\n\n"
                         "Model : Raspberry Pi 4\n"),
            "Raspberry Pi 4");
}

TEST(CpuModel, IsUnknownWhereNothingIsSaid) {
  EXPECT_EQ(cpu_model_of(""), "unknown");
  EXPECT_EQ(cpu_model_of("no colon\nmodel name without one\n"), "unknown");
}

TEST(SmallFile, LosesTheWhiteSpaceAtItsEndOnly) {
  const std::string text = read_small_file("/proc/sys/kernel/ostype");
  EXPECT_EQ(text, "Linux");
}

TEST(SmallFile, ThatIsNotThereIsEmpty) {
  EXPECT_EQ(read_small_file("/proc/no/such/file"), "");
}

TEST(Context, LeavesNothingOut) {
  const Context context = read_context();
  for (const std::string* text :
       {&context.host, &context.kernel, &context.cpu_model, &context.version,
        &context.git_commit, &context.compiler, &context.flags})
    EXPECT_FALSE(text->empty());
  EXPECT_GE(context.cores, 1u);
  EXPECT_LE(context.cores, context.cores_online);
}

TEST(Context, NamesTheLibrariesThatWereLinked) {
  const Context context = read_context();
  for (const char* name :
       {"Boost", "libcurl", "fmt", "nlohmann-json", "CLI11", "xxHash"}) {
    const auto found = std::ranges::find(
        context.libraries, name, &std::pair<std::string, std::string>::first);
    ASSERT_NE(found, context.libraries.end()) << name;
    ASSERT_FALSE(found->second.empty()) << name;
    EXPECT_TRUE(found->second[0] >= '0' && found->second[0] <= '9')
        << name << " " << found->second;
  }
}

TEST(VersionText, SaysWhatWasBuiltAndHow) {
  Context context;
  context.version = "1.2.3";
  context.git_commit = "abc";
  context.compiler = "GNU 12.2.0";
  context.flags = "-O3";
  context.build_type = "Release";
  context.libraries = {{"fmt", "9.1.0"}};
  EXPECT_EQ(version_text(context),
            "interleave 1.2.3 (commit abc)\n"
            "compiler      GNU 12.2.0\n"
            "flags         -O3 (Release)\n"
            "fmt           9.1.0\n");
}

}  // namespace
}  // namespace interleave
