// Which sanitizer a test runs under, for the few that count what sanitizers
// take for themselves, memory and descriptors, or that repeat a lot.
#pragma once

#if defined(__has_feature)  // clang's way to say it
#if __has_feature(address_sanitizer)
#define INTERLEAVE_ASAN
#elif __has_feature(thread_sanitizer)
#define INTERLEAVE_TSAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define INTERLEAVE_ASAN
#elif defined(__SANITIZE_THREAD__)
#define INTERLEAVE_TSAN
#endif

namespace interleave {

/// The presets asan and clang-asan, where UBSan is on, too.
#ifdef INTERLEAVE_ASAN
inline constexpr bool under_asan = true;
#else
inline constexpr bool under_asan = false;
#endif

/// The preset tsan.
#ifdef INTERLEAVE_TSAN
inline constexpr bool under_tsan = true;
#else
inline constexpr bool under_tsan = false;
#endif

inline constexpr bool under_a_sanitizer = under_asan || under_tsan;

/// How often to do something again in search of a rare interleaving: `wanted`,
/// and a tenth of it under a sanitizer. There each takes several times as long,
/// and an error need do no harm to be seen.
constexpr int repeats(int wanted) {
  return under_a_sanitizer ? (wanted + 9) / 10 : wanted;
}

}  // namespace interleave
