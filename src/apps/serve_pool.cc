#include "apps/serve_pool.h"

#include <utility>

#include "obs/log.h"
#include "plugins/catalogue.h"
#include "sched/profile.h"

namespace fairway::apps {

ServePool::ServePool(std::string name, rt::Loop& loop, http::Pool& connections,
                     obs::Registry& registry, std::string authorization)
    : loop_(loop),
      connections_(connections),
      registry_(registry),
      authorization_(std::move(authorization)),
      data_(std::move(name)),
      brain_(data_, sched::ServeDefaultProfile(plugins::All(), data_.learned)),
      metrics_(registry, data_),
      membership_(loop, data_, registry) {}

base::Status ServePool::Configure(const std::vector<std::string>& urls) {
  entries_ = TRY(sources::ParseEndpointUrls(urls));
  if (entries_.empty()) return {base::Code::kInvalid, "no model server is named"};
  return {};
}

void ServePool::Start(const sources::PaceOptions& pace) {
  membership_.Replace(std::move(entries_));
  sources::DiscoveryOptions asking{.authorization = authorization_};
  sources::ScraperOptions scraping{.pace = pace, .authorization = authorization_};
  discovery_.emplace(data_, connections_, registry_, std::move(asking));
  scraper_.emplace(data_, connections_, registry_, std::move(scraping));
  discovery_->Start();
  scraper_->Start();
}

rt::Task<void> ServePool::Stop() {
  co_await discovery_->Stop();
  co_await scraper_->Stop();
}

// A server that holds requests and moves nothing.
void ServePool::CheckHealth() {
  for (const model::EndpointId id : data_.health.FindHung(data_.in_flight, loop_.Now())) {
    obs::Log(obs::Level::kWarning, "model server hangs, taken out",
             {{"endpoint", data_.table.NameOf(id)}});
  }
}

}  // namespace fairway::apps
