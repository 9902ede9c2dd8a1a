// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/session/measured.hpp"
#include "rankpool/batch/session/typed_tasks.hpp"
#include "rankpool/wire/codec.hpp"

#include <functional>
#include <stdexcept>
#include <vector>

namespace rankpool::batch {

/// Tasks whose inputs are the numbers from 0, and whose results are numbers.
class MadeUpTasks final : public TypedTasks {
  public:
    long count = 10;                                    ///< of inputs
    std::function<bool()> ready = [] { return true; };  ///< the next input, or the end, has come
    std::function<Value(long)> cell = [](long result) { return std::int64_t{result}; };
    long broken_at = -1;                  ///< reading this input throws
    std::function<void()> reads = [] {};  ///< called when an input is read
    std::function<void()> ticks = [] {};  ///< called after each wait

    std::vector<std::int64_t> passed;  ///< tasks, as the job is told of them
    std::vector<std::int64_t> done;
    std::vector<Attempt> failures;

    std::optional<std::uint64_t> expected() override { return std::nullopt; }
    bool is_ready() const override { return ready(); }
    std::unique_ptr<Flight> next() override {
        reads();
        if (next_ == broken_at) throw std::domain_error("there is no such input");
        if (next_ == count) return nullptr;
        auto flight = std::make_unique<MadeUpFlight>();
        flight->input = next_++;
        return flight;
    }
    void encode_input(Flight const& flight, wire::Sink& sink) const override {
        wire::encode(sink, of(flight).input);
    }
    FunctionId function() const override { return {}; }
    void encode_callable(wire::Sink& /*sink*/) const override {}
    void encode(Flight const& flight, TaskPlace const& place, wire::Sink& sink) const override {
        wire::encode(sink, of(flight).input);
        wire::encode(sink, place);
    }
    Measurement decode(Flight& flight, wire::Source& source) const override {
        auto measured = wire::decode<Measured<long>>(source);
        static_cast<MadeUpFlight&>(flight).result = measured.result;
        return measured.measurement;
    }
    void append_input(Flight const& flight, std::vector<Column> const& /*columns*/,
                      std::vector<Value>& values) const override {
        values.emplace_back(std::int64_t{of(flight).input});
    }
    bool append_result(Flight const& flight, std::vector<Value>& values) const override {
        if (of(flight).result) values.push_back(cell(*of(flight).result));
        return of(flight).result.has_value();
    }
    void tick() override { ticks(); }
    void passed_over(Flight const& flight) override { passed.push_back(flight.task); }
    void succeeded(Attempt const& attempt, Flight const& /*flight*/) override {
        done.push_back(attempt.task);
    }
    void failed(Attempt const& attempt, Flight const& /*flight*/) override { failures.push_back(attempt); }

  private:
    struct MadeUpFlight final : Flight {
        void drop_result() override { result.reset(); }

        long input = 0;
        std::optional<long> result;
    };
    static MadeUpFlight const& of(Flight const& flight) { return static_cast<MadeUpFlight const&>(flight); }

    long next_ = 0;
};

}  // namespace rankpool::batch
