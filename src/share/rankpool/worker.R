# SPDX-License-Identifier: MIT
# Functions of R as commands of `rankpool exec --persistent`; needs the package jsonlite. The whole of square.R:
#
#     source(file.path(Sys.getenv("RANKPOOL_SHARE"), "worker.R"))
#     serve(function(x) as.numeric(x)^2)
#
#     $ mpirun -np 8 rankpool exec --persistent --input rows.csv -- Rscript square.R
#
# Each worker of rankpool starts the file once and calls the function for each row: with the fields that its arguments are
# named after, or with the field of the only column, or else with all of them as one list. Fields of CSV are texts, those
# of JSON Lines have their types. What it gives becomes columns of the results: the items of a named list, or one column
# `result`; NA, NaN and infinities become null. An error fails the row alone. What it prints goes to the row's stderr; what
# programs print that it starts must not come to stdout, where the answers are.

serve <- function(f) {
  requests <- file("stdin", open = "r")
  answers <- file("/dev/stdout", open = "w", raw = TRUE)
  sink(stderr())
  call_with <- function(fields) {
    wanted <- names(formals(f))
    if (length(wanted) > 0 && all(names(fields) %in% wanted)) return(do.call(f, fields))
    if (length(fields) == 1) f(fields[[1]]) else f(fields)
  }
  # Of numbers jsonlite keeps 15 digits.
  exact <- function(value) {
    if (is.list(value)) return(lapply(value, exact))
    if (!is.double(value) || is.object(value) || !is.null(dim(value))) return(value)
    digits <- sprintf("%.15g", value)
    digits <- ifelse(as.numeric(digits) == value, digits, sprintf("%.17g", value))
    digits[!is.finite(value)] <- "null"
    text <- paste(digits, collapse = ",")
    structure(if (length(value) == 1) text else paste0("[", text, "]"), class = "json")
  }
  while (length(line <- readLines(requests, n = 1, encoding = "UTF-8", warn = FALSE)) > 0) {
    fields <- as.list(jsonlite::fromJSON(line)$input)
    answer <- tryCatch(list(ok = exact(call_with(fields))), error = function(problem) {
      message("Error: ", conditionMessage(problem))
      list(error = conditionMessage(problem))
    })
    text <- jsonlite::toJSON(answer, auto_unbox = TRUE, json_verbatim = TRUE, null = "null", na = "null")
    writeLines(enc2utf8(as.character(text)), answers, useBytes = TRUE)
    flush(answers)
  }
}
