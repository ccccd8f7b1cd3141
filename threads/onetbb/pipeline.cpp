// Pipeline: downloading and processing are stages joined by a bounded queue.
//
// oneTBB: a flow graph, the library's own idiom: two nodes, each with its own
// concurrency, and an edge. The edge has no bound; a limiter bounds what is
// inside as a whole, to what the other models hold: `limit` downloads, a full
// queue, a body per core. A thread keeps its connection.

#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/flow_graph.h>

#include <memory>

#include "model.hpp"

namespace interleave::onetbb {

using namespace tbb::flow;

struct Body {
  std::size_t i;
  Download download;
};
using Message = std::shared_ptr<Body>;  // nodes copy what they pass on

Results pipeline(Workload items, const Options& options) {
  Results results(items.size());
  tbb::enumerable_thread_specific<Session> sessions(std::cref(options));
  auto order = items.submission_order();
  auto next = order.begin();

  within_arena(options.limit + options.cores, [&] {
    graph stages;
    input_node<std::size_t> inbox(stages, [&](tbb::flow_control& control) {
      if (next == order.end()) return control.stop(), std::size_t{0};
      return *next++;
    });
    limiter_node<std::size_t> places(
        stages, options.limit + options.queue_capacity + options.cores);

    function_node<std::size_t, Message> downloads(
        stages, options.limit, [&](std::size_t i) {
          Session& session = sessions.local();
          return std::make_shared<Body>(Body{i, download(items[i], session)});
        });

    function_node<Message, continue_msg> processing(
        stages, options.cores, [&](const Message& body) {
          auto& [i, download] = *body;
          Session& session = sessions.local();
          results[i] = process(items[i], std::move(download), session);
          return continue_msg();
        });

    make_edge(inbox, places);
    make_edge(places, downloads);
    make_edge(downloads, processing);
    make_edge(processing, places.decrementer());
    inbox.activate();
    stages.wait_for_all();
  });

  return results;
}

}  // namespace interleave::onetbb
