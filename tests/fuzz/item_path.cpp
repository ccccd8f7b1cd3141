#include <stdexcept>

#include "bench/origin/content.hpp"
#include "bench/origin/fault.hpp"
#include "tests/fuzz/promises.hpp"

namespace interleave::fuzz {

namespace {

void check_wait(std::string_view bytes) {
  origin::WaitSpec wait;
  try {
    wait = origin::parse_wait(bytes);
  } catch (const std::invalid_argument& error) {
    require(is_printable(error.what()), "a refusal is printable");
    return;
  }
  require(origin::parse_wait(to_string(wait)) == wait,
          "a wait is read back as it was written");
  for (const std::uint64_t id : {0, 1, 2}) {
    const auto drawn = origin::waiting_time(wait, 1, id);
    require(drawn >= Clock::duration::zero() && drawn <= origin::max_wait,
            "a wait has a bound");
  }
}

void check_fault(const origin::FaultSpec& fault) {
  using origin::FaultKind;
  require(fault.kind != FaultKind::status ||
              (fault.status >= 400 && fault.status <= 599),
          "a status is that of an error");
  require(fault.item.bytes <= origin::max_bytes, "a body has a bound");
  require(origin::parse_fault(to_string(fault)).kind == fault.kind,
          "a kind is read back as it was written");
  const auto again = origin::parse_fault_path(origin::fault_path(fault));
  require(again && *again == fault, "a fault is read back as it was written");
}

void check_fault_path(std::string_view bytes) {
  try {
    check_fault(origin::parse_fault(bytes));
  } catch (const std::invalid_argument& error) {
    require(is_printable(error.what()), "a refusal is printable");
  }
  try {
    const auto fault = origin::parse_fault_path(bytes);
    if (fault) check_fault(*fault);
  } catch (const std::invalid_argument& error) {
    require(is_printable(error.what()), "a refusal is printable");
  }
}

}  // namespace

void item_path(std::string_view bytes) {
  check_wait(bytes);
  check_fault_path(bytes);
  origin::ItemRequest request;
  try {
    request = origin::parse_item_path(bytes);
  } catch (const std::invalid_argument& error) {
    require(is_printable(error.what()), "a refusal is printable");
    return;
  }
  require(request.item.bytes <= origin::max_bytes, "a body has a bound");
  const std::string path = request.gated ? origin::gated_path(request.item)
                                         : origin::item_path(request.item);
  const origin::ItemRequest again = origin::parse_item_path(path);
  require(again.gated == request.gated && again.item == request.item,
          "a path is read back as it was written");
}

}  // namespace interleave::fuzz
