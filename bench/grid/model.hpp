// The concurrency models, and all that the harness has to know of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "common/options.hpp"

namespace interleave {

/// What a model starts for an item, or for a worker.
enum class TaskKind {
  call,       ///< nothing: it calls a function
  thread,     ///< a kernel thread, of its own or of a library
  process,    ///< a forked child: what ends it costs no other task
  coroutine,  ///< what an event loop resumes
};

/// Descriptors that tasks take in the process that is measured.
struct DescriptorUse {
  std::size_t always = 0;  ///< for each: a channel to it
  /// For each that has a connection: that one, and where a blocking handle
  /// waits there, what it waits with: the pair of sockets that libcurl wakes it
  /// by, or the three descriptors of Asio's loop.
  std::size_t with_curl = 1, with_beast = 1;
  /// So many tasks share a client, with a pair of sockets to be woken by; 0:
  /// there is none.
  std::size_t tasks_per_client = 0;

  std::size_t connected(Transport transport) const {
    return transport == Transport::beast ? with_beast : with_curl;
  }
};

/// The primitives of bench/benchmark/primitives.cpp that a model is built of:
/// the last part of their names.
struct Primitives {
  std::string_view start, queue, permit;
};

struct Model {
  std::string_view name;
  std::string_view folder;  ///< of its sources, from the root of the project
  std::string_view summary;

  TaskKind task = TaskKind::call;
  /// Whether tasks compute side by side; else all do on one thread, but for the
  /// second stage of a pipeline.
  bool parallel = false;
  DescriptorUse descriptors{};
  std::uint64_t bytes_per_task = 64
                                 << 10;  ///< a guess, before any was measured
  /// As many as any machine of today has room for.
  std::size_t tasks_at_once = 1;
  Primitives primitives{};

  /// For a library that settles how many tasks there may be when it begins:
  /// told the most of them in the process of a run, before anything else.
  void (*prepare)(std::size_t tasks) = nullptr;
  /// For a library that keeps its threads for a next call: calls `body`, which
  /// uses it, and ends them.
  void (*end_threads_after)(const std::function<void()>& body) = nullptr;

  /// Whether one event loop resumes its tasks.
  bool has_event_loop() const { return task == TaskKind::coroutine; }
};

/// Every model, in the order of the grid.
std::span<const Model> models();

}  // namespace interleave
