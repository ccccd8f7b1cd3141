// Content of the origin's replies and their waits: items, images, books.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/origin/books.hpp"
#include "bench/origin/content.hpp"
#include "bench/origin/image.hpp"
#include "bench/origin/media.hpp"
#include "common/digest.hpp"
#include "common/run_item.hpp"
#include "common/session.hpp"
#include "tests/bench/origin/origin_client.hpp"

namespace interleave::origin {
namespace {

using namespace std::chrono_literals;

TEST(Content, IsTheSameForEver) {
  // Confirmed by a second implementation, in another language.
  EXPECT_EQ(body_of(1, 17, 32), "S\\f_1^mZoadLGeoH2^[XY=KIQY>00kB7");
  EXPECT_EQ(body_of(2, 17, 32), "<0jT[hU_TEhJQFW5kJZ?dSZTT8l:b29U");
  const std::pair<std::size_t, std::uint64_t> golden[] = {
      {0, 0x2d06800538d394c2},      {1, 0x89d130da47fb908c},
      {7, 0xda5c8ffa25886202},      {8, 0x8df68e9e4744d0d4},
      {1024, 0x9a9029ff5545b5c1},   {10966, 0x692a44f6e679da71},
      {1 << 20, 0xc0ee68cceedb536d}};
  for (const auto& [bytes, expected] : golden)
    EXPECT_EQ(digest(body_of(1, 17, bytes)), expected) << bytes;
  EXPECT_EQ(digest(body_of(2, 17, 1024)), 0x3c873c172146036au);
  EXPECT_EQ(digest(body_of(1, 18, 1024)), 0xae1452528a3df69fu);
}

TEST(Content, IsPrintable) {
  for (const char c : body_of(7, 7, 10'000)) ASSERT_TRUE(c >= '0' && c <= 'o');
}

TEST(Content, CanBeMadeInPartsFromAnyOffset) {
  const std::string whole = body_of(3, 5, 100);
  for (std::size_t from = 0; from < whole.size(); ++from) {
    for (std::size_t size = 0; from + size <= whole.size(); ++size) {
      std::string part(size, '\0');
      fill_body(3, 5, from, part);
      ASSERT_EQ(part, whole.substr(from, size)) << from << " " << size;
    }
  }
}

TEST(Content, WaitsAreTheSameForEver) {
  const std::int64_t even[] = {25'989'660, 41'618'667, 27'515'761, 10'619'501};
  const std::int64_t tail[] = {29'031'885, 79'576'484, 30'049'042, 49'454'336};
  for (std::uint64_t id = 0; id < 4; ++id) {
    EXPECT_EQ(waiting_time(parse_wait("89ms"), 1, id), 89ms);
    EXPECT_EQ(waiting_time(parse_wait("10ms..50ms"), 1, id).count(), even[id]);
    EXPECT_EQ(waiting_time(parse_wait("tail:50ms"), 1, id).count(), tail[id]);
  }
}

TEST(Content, EvenWaitsFillTheirRange) {
  const WaitSpec wait = parse_wait("10ns..14ns");
  std::map<std::int64_t, int> seen;
  for (std::uint64_t id = 0; id < 5'000; ++id)
    ++seen[waiting_time(wait, 9, id).count()];
  ASSERT_EQ(seen.size(), 5u);
  EXPECT_EQ(seen.begin()->first, 10);
  EXPECT_EQ(seen.rbegin()->first, 14);
  for (const auto& [ns, count] : seen) EXPECT_NEAR(count, 1000, 150) << ns;
}

TEST(Content, TailWaitsHaveTheirMedianAndTheirCap) {
  std::vector<std::int64_t> waits;
  for (std::uint64_t id = 0; id < 20'001; ++id)
    waits.push_back(waiting_time(parse_wait("tail:1ms"), 4, id).count());
  std::ranges::sort(waits);
  EXPECT_GE(waits.front(), 510'000);
  EXPECT_NEAR(double(waits[10'000]), 1e6, 3e4);
  EXPECT_NEAR(double(waits[18'000]), 4.2e6, 3e5);
  EXPECT_GT(waits.back(), 15'000'000);
  EXPECT_LE(waits.back(), 20'000'000);
  // The largest median there is does not overflow either.
  for (std::uint64_t id = 0; id < 2'000; ++id) {
    const auto longest = waiting_time(parse_wait("tail:30s"), 1, id);
    ASSERT_TRUE(longest >= 15s && longest <= max_wait);
  }
}

TEST(Content, WaitsAreReadBackAsTheyAreWritten) {
  for (const char* text : {"0", "89ms", "1ns", "1500us", "2s", "10ms..50ms",
                           "0..1s", "5ms..5ms", "tail:50ms", "600s"}) {
    EXPECT_EQ(to_string(parse_wait(text)), text);
    EXPECT_EQ(parse_wait(to_string(parse_wait(text))), parse_wait(text));
  }
  EXPECT_EQ(to_string(parse_wait("1.5s")), "1500ms");
}

TEST(Content, RefusesWaitsThatMakeNoSense) {
  for (const char* text :
       {"", "5", "-1ms", "50ms..10ms", "..5ms", "5ms..", "1ms..2ms..3ms",
        "tail:", "tail:1", "tail:1ms..2ms", "601s", "1s..601s", "tail:31s",
        "tail:9223372036s", "Tail:5ms"})
    EXPECT_THROW(parse_wait(text), std::invalid_argument) << text;
}

TEST(Content, PathsAreReadBackAsTheyAreWritten) {
  const ItemSpec item{17, 1, 10966, parse_wait("89ms")};
  EXPECT_EQ(item_path(item), "/items/17?bytes=10966&wait=89ms&seed=1");
  for (const char* wait : {"0", "10ms..50ms", "tail:50ms"}) {
    const ItemSpec other{~0ull, ~0ull, 0, parse_wait(wait)};
    EXPECT_EQ(parse_item_path(item_path(other)).item, other);
    EXPECT_FALSE(parse_item_path(item_path(other)).gated);
    EXPECT_EQ(parse_item_path(gated_path(other)).item, other);
    EXPECT_TRUE(parse_item_path(gated_path(other)).gated);
  }
}

TEST(Content, ParametersHaveDefaultsAndAnyOrder) {
  EXPECT_EQ(parse_item_path("/items/3").item,
            (ItemSpec{3, 1, 1024, WaitSpec{}}));
  EXPECT_EQ(parse_item_path("/items/3?seed=2&wait=1s&bytes=64KiB").item,
            (ItemSpec{3, 2, 65536, parse_wait("1s")}));
  EXPECT_EQ(parse_item_path("/items/3?bytes=1GiB").item.bytes, max_bytes);
}

TEST(Content, SaysWhichParameterIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"/items/", "item ''"},
      {"/items/x", "item 'x'"},
      {"/items/-1", "item '-1'"},
      {"/items/1/2", "item '1/2'"},
      {"/items/18446744073709551616", "item '18446744073709551616'"},
      {"/items/1?", "unknown parameter ''"},
      {"/items/1?size=5", "unknown parameter 'size'"},
      {"/items/1?bytes=5&", "unknown parameter ''"},
      {"/items/1?bytes", "bytes has no value"},
      {"/items/1?bytes=", "bytes: "},
      {"/items/1?bytes=-5", "bytes: '-5' is negative"},
      {"/items/1?bytes=1073741825", "bytes: '1073741825' is more than 1 GiB"},
      {"/items/1?bytes=5&bytes=5", "bytes is given twice"},
      {"/items/1?wait=5", "wait: '5' has no unit"},
      {"/items/1?wait=11m", "wait: '11m' may wait longer"},
      {"/items/1?seed=1.5", "seed: '1.5' is not a whole number"},
      {"/items/1?Seed=1", "unknown parameter 'Seed'"},
      {"/item/1", "/items/ID"}};
  for (const auto& [target, why] : cases) {
    const std::string said = refusal([&] { parse_item_path(target); });
    EXPECT_NE(said.find(why), std::string::npos) << target << ": " << said;
  }
}

// ---- Images and books.

TEST(Media, PathsAreReadBackAsTheyAreWritten) {
  const ImageSpec image{7, 3, 64, 48, parse_wait("1ms..2ms")};
  EXPECT_EQ(image_path(image),
            "/images/7?seed=3&width=64&height=48&wait=1ms..2ms");
  EXPECT_EQ(parse_image_path(image_path(image)), image);
  const UploadSpec upload{image, 16};
  EXPECT_EQ(parse_upload_path(upload_path(upload)), upload);
  EXPECT_TRUE(is_upload_path(upload_path(upload)));
  EXPECT_FALSE(is_upload_path(image_path(image)));
  for (const double hits : {0.0, 0.25, 1.0 / 3, 1.0}) {
    const BookSpec book{"0123456789", 5, hits, parse_wait("tail:5ms")};
    EXPECT_EQ(parse_books_path(books_path(book)), book) << books_path(book);
  }
  EXPECT_EQ(parse_books_path("/api/books?bibkeys=ISBN%3A0123456789").isbn,
            "0123456789");
}

TEST(OriginImages, AreThoseThatAreKnownBeforehand) {
  Process origin;
  Client client(origin);
  for (const std::uint64_t id : {1, 2, 1}) {
    const Reply reply = client.get(image_path({id, 9, 300, 200, {}}));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("Content-Type"), "image/png");
    EXPECT_EQ(digest(reply.body), digest(make_image(9, id, 300, 200)));
  }
  client.ask("HEAD", image_path({1, 9, 300, 200, {}}));
  const Reply head = client.receive(false);
  EXPECT_EQ(std::stoul(head.header("Content-Length")),
            make_image(9, 1, 300, 200).size());
  const auto began = Clock::now();
  client.get("/images/1?wait=30ms");
  EXPECT_GE(Clock::now() - began, 30ms);
}

Reply upload(Client& client, const UploadSpec& spec, const std::string& png) {
  client.ask("PUT", upload_path(spec),
             fmt::format("Content-Length: {}\r\n", png.size()), png);
  return client.receive();
}

std::string shrunk(const UploadSpec& spec) {
  const ImageSpec& image = spec.image;
  return encode_image(shrink(
      decode_image(make_image(image.seed, image.id, image.width, image.height)),
      spec.edge));
}

TEST(OriginImages, VerifyWhatIsUploaded) {
  Process origin;
  Client client(origin);
  const UploadSpec wanted{{4, 1, 200, 100, {}}, 50};
  const std::string png = shrunk(wanted);
  EXPECT_EQ(upload(client, wanted, png).status, 201);
  EXPECT_EQ(upload(client, wanted, png).status, 201);
  EXPECT_EQ(origin.counters().uploads_verified.load(), 2u);

  Image wrong = decode_image(png);
  wrong.pixels[wrong.pixels.size() / 2] ^= 1;
  const std::pair<std::string, const char*> refused[] = {
      {shrunk({{5, 1, 200, 100, {}}, 50}), "the pixels are not those"},
      {encode_image(wrong), "the pixels are not those"},
      {make_image(1, 4, 200, 100), "not a PNG of 50 x 25 pixels"},
      {png.substr(0, png.size() / 2), ""},
      {"GIF89a", "not a PNG"},
      {"", "not a PNG"}};
  for (const auto& [body, why] : refused) {
    const Reply reply = upload(client, wanted, body);
    EXPECT_EQ(reply.status, 422);
    EXPECT_NE(reply.body.find(why), std::string::npos) << reply.body;
  }
  EXPECT_EQ(origin.counters().uploads_verified.load(), 2u);
  EXPECT_EQ(origin.counters().connections.load(), 1u);
}

TEST(OriginImages, TakeNoUploadThatCannotBeRight) {
  Process origin;
  Client client(origin);
  const UploadSpec wanted{{4, 1, 200, 100, {}}, 50};
  client.ask("PUT", upload_path(wanted),
             fmt::format("Content-Length: {}\r\nExpect: 100-continue\r\n",
                         wanted.most_bytes() + 1));
  EXPECT_EQ(client.receive().status, 413);
  EXPECT_TRUE(client.ended());
  // Noise hardly packs, and still fits.
  const UploadSpec whole{{1, 1, 1, 1, {}}, 1};
  Client other(origin);
  EXPECT_LE(shrunk(whole).size(), whole.most_bytes());
  EXPECT_EQ(upload(other, whole, shrunk(whole)).status, 201);
}

TEST(OriginImages, ComeAndGoThroughAnItem) {
  Process origin;
  Options options;
  Session session(options);
  const UploadSpec wanted{{4, 1, 200, 100, {}}, 50};
  Item item;
  item.url = origin.url(image_path(wanted.image));
  item.process_fn = shrink_image;
  item.argument = "50";
  item.follow_up = origin.url(upload_path(wanted));
  const Result result = run_item(item, session);
  EXPECT_EQ(result.status, Status::completed) << result.error.text;
  EXPECT_EQ(origin.counters().uploads_verified.load(), 1u);
  item.argument = "49";
  EXPECT_EQ(run_item(item, session).error.kind, ErrorKind::http);
}

TEST(OriginBooks, AreThoseOfTheCatalogue) {
  Process origin;
  Client client(origin);
  for (const double hits : {0.0, 0.5, 1.0}) {
    for (int i = 0; i < 10; ++i) {
      const BookSpec book{fmt::format("012345678{}", i), 3, hits, {}};
      const Reply reply = client.get(books_path(book));
      EXPECT_EQ(reply.header("Content-Type"), "application/json");
      EXPECT_EQ(reply.body, catalogue_reply(3, book.isbn, hits));
    }
  }
}

TEST(OriginMedia, SayWhatIsWrongWithAQuestion) {
  Process origin;
  Client client(origin);
  const std::pair<const char*, const char*> cases[] = {
      {"/images/x", "image 'x' is not a whole number"},
      {"/images/1?width=0", "width: '0' is not a whole number from 1 to 2048"},
      {"/images/1?height=2049", "height: '2049'"},
      {"/images/1?edge=4", "unknown parameter 'edge'"},
      {"/images/1?wait=5", "wait: '5' has no unit"},
      {"/api/books", "bibkeys is missing"},
      {"/api/books?bibkeys=1234567890", "bibkeys: '1234567890' is not ISBN:"},
      {"/api/books?bibkeys=ISBN:123456789X", "is not ISBN: and ten digits"},
      {"/api/books?bibkeys=ISBN:0123456789&format=xml", "format: 'xml'"},
      {"/api/books?bibkeys=ISBN:0123456789&hits=1.5", "hits: '1.5' is not"},
      {"/api/books?bibkeys=ISBN:0123456789&hits=nan", "hits: 'nan' is not"}};
  for (const auto& [path, why] : cases) {
    const Reply reply = client.get(path);
    EXPECT_EQ(reply.status, 400) << path;
    EXPECT_NE(reply.body.find(why), std::string::npos) << reply.body;
  }
  client.ask("PUT", "/images/1/small?edge=0", "Content-Length: 1\r\n", "x");
  EXPECT_EQ(client.receive().status, 400);
  EXPECT_EQ(client.get("/images/1/small").header("Allow"), "PUT");
  client.ask("PUT", "/images/1");
  EXPECT_EQ(client.receive().header("Allow"), "GET, HEAD");
}

}  // namespace
}  // namespace interleave::origin
