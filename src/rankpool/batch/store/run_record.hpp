// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/columns/column.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rankpool::batch {

/// Names and values of options as a person would type them.
using Options = std::vector<std::pair<std::string, std::string>>;

/// JSON objects of texts. What is no such object gives no options.
std::string to_json(Options const& options);
Options options_from_json(std::string const& text);

/// A field of an input as its row calls it.
struct FieldName {
    std::string name;
    bool is_value = false;  ///< it has no name of its own

    friend bool operator==(FieldName const&, FieldName const&) = default;
};

/// What makes a run what it is: it may be resumed only by the same.
struct RunRecord {
    std::string job;
    int job_version = 1;
    Options options;
    std::vector<Column> input_columns;
    std::vector<Column> result_columns;
    /// Those of the input's columns, which may be called otherwise; none where the job tells none, or the run
    /// is of a version that kept none.
    std::vector<FieldName> fields{};
    /// Inputs' keys begin with it: a hash of the job's name and options when the run was made.
    std::uint64_t seed = 0;
};

/// What a column is called in the database, which takes UTF-8 alone: other bytes are written `\xf6`.
std::string sql_name(Column const& column);

/// Makes the names of all columns differ, from each other and from those of the store's own. Throws
/// InputError where a name has a null byte, which no database takes.
void tell_columns_apart(RunRecord& record);

/// As SQLite compares the names of columns.
std::string lower(std::string name);

/// The names, in lower case, of the columns that are no further ones of results: the store's own, those of
/// inputs, and the first `own` of results, which are the job's.
std::set<std::string> names_beside_more(RunRecord const& record, std::size_t own);
/// How many further columns results may have.
std::size_t room_for_more(RunRecord const& record);

/// What differs between a stored run and the one that is asked for, a line each; empty where nothing does.
std::vector<std::string> differences(RunRecord const& stored, RunRecord const& asked);

/// One start of the program on a run.
struct Session {
    std::string program;  ///< name and version
    std::string command;
    double started = 0;  ///< seconds since 1970
    double ended = 0;
    int ranks = 1;
    int workers = 1;
    std::string hosts;
    std::string folder;  ///< in which it was started
    Options options;     ///< of the run, not of the job
    /// What its workers took for arguments and results beside their tasks, in seconds of all together.
    double serialising = 0;
    int exit_code = 0;
    std::string end;  ///< how it ended, in words
};

}  // namespace rankpool::batch
