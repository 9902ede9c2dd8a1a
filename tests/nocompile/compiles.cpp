// expect: compiles
// SPDX-License-Identifier: MIT
#include "rankpool/task/reduce_task.hpp"

#include <map>
#include <memory>
#include <string>

class Hidden {
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int) {
        archive& x_;
    }
    double x_ = 0;
};

struct Outside {
    double x = 0;
};
namespace boost::serialization {
template <class Archive>
void serialize(Archive& archive, Outside& value, unsigned int) {
    archive& value.x;
}
}  // namespace boost::serialization

struct Abstract {
    virtual ~Abstract() = default;
    virtual double area() const = 0;
    template <class Archive>
    void serialize(Archive&, unsigned int) {}
};

using Everything = std::map<std::string, std::tuple<std::vector<Hidden>, std::shared_ptr<Abstract>>>;
double work(Everything const&, Outside&&, int) noexcept {
    return 0;
}

struct Scale {
    template <class Archive>
    void serialize(Archive& archive, unsigned int) {
        archive& k;
    }
    double operator()(double x) const { return k * x; }
    double k = 2;
};

auto const half = [](auto x) { return x / 2; };
auto const add = [](double a, double b) { return a + b; };
using Half = std::remove_const_t<decltype(half)>;
using Add = std::remove_const_t<decltype(add)>;
using Bound = decltype(rankpool::partial(Add{}, 1));

auto const a = rankpool::task::Task<rankpool::task::Function<work>, Everything, Outside, short>::id();
auto const b = rankpool::task::Task<Scale, int>::id();
auto const c = rankpool::task::Task<Half, double>::id();
auto const d = rankpool::task::Task<Bound, float>::id();
auto const e = rankpool::task::ReduceTask<Half, Add, double>::id();
