#include "server/spf/domain_walk.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>
#include <vector>

#include "rules/model/facts.h"

namespace postern::spf {
namespace {

// Kept alive by the answers it waits for. Touched on the executor only.
class DomainWalk : public std::enable_shared_from_this<DomainWalk> {
 public:
  DomainWalk(resolver::Resolver& resolver, std::shared_ptr<WayBack> way_back, DomainName domain,
             std::function<void(WalkedDomain)> done)
      : resolver_(resolver),
        way_back_(std::move(way_back)),
        domain_(std::move(domain)),
        done_(std::move(done)) {}

  void go_on() {
    if (auto published = published_networks(domain_, facts_)) {
      done_({*std::move(published), valid_for()});
      return;
    }
    const std::vector<dns::DnsQuestion> questions = facts_.missing();
    waiting_for_ = questions.size();
    for (const dns::DnsQuestion& question : questions) ask(question);
  }

 private:
  void ask(const dns::DnsQuestion& question) {
    resolver_.ask(question, domain_, [self = shared_from_this(), question](dns::DnsFact fact) {
      self->way_back_->post([self, question, fact = std::move(fact)] {
        self->facts_.add(question, fact);
        if (--self->waiting_for_ == 0) self->go_on();
      });
    });
  }

  [[nodiscard]] std::chrono::seconds valid_for() const {
    auto least = std::chrono::seconds::max();
    for (const DnsEvidence& known : facts_.evidence()) {
      least = std::min(least, std::chrono::seconds(known.fact.answer->ttl) - known.fact.age);
    }
    return std::max(least, std::chrono::seconds{0});
  }

  resolver::Resolver& resolver_;
  std::shared_ptr<WayBack> way_back_;
  DomainName domain_;
  std::function<void(WalkedDomain)> done_;
  FactView facts_{nullptr};
  std::size_t waiting_for_ = 0;
};

}  // namespace

void WayBack::post(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (executor_) boost::asio::post(*executor_, std::move(work));
}

void WayBack::close() {
  const std::lock_guard lock(mutex_);
  executor_.reset();
}

void walk_domain(resolver::Resolver& resolver, std::shared_ptr<WayBack> way_back,
                 const DomainName& domain, std::function<void(WalkedDomain)> done) {
  const auto walk =
      std::make_shared<DomainWalk>(resolver, std::move(way_back), domain, std::move(done));
  walk->go_on();
}

}  // namespace postern::spf
