// The cells of the grid as families of Google Benchmark.
#pragma once

namespace interleave {

/// Registers `cell/MODEL/PATTERN/WORKLOAD/limit:N` for every cell, workload
/// and limit (the limit where the pattern heeds one). An iteration is a run in
/// a fresh child, and its time is the wall time of the pattern.
void register_cells();

/// Registers `requests/...`: 30,000 requests of 100 bytes that wait for
/// nothing, 16 at a time, from queue over each transport and from each floor
/// (floors.hpp). What counts there is the CPU time per item.
void register_requests();

/// Registers `in_flight/...`: 16,000 requests of 100 bytes that wait for a
/// second, all at once, from async/gather over each transport and from the
/// floor over epoll; fewer where descriptors are fewer, and the label says so.
/// What counts there is memory, and the CPU time per item.
void register_in_flight();

/// Registers `overhead/MODEL/PATTERN`: 500 such requests, 8 at a time, from
/// every cell.
void register_overheads();

/// Registers `cost/NAME` for every primitive.
void register_primitives();

}  // namespace interleave
