# Replays feed_cases.tsv and golden.tsv. Ends with 5 where R answers otherwise, with 3 where a file is
# not as it was written. --measure adds how fast it is.

source("scorer.R")
attach(onnx_bundle, warn.conflicts = FALSE)
started <- proc.time()[["elapsed"]]
scorer <- tryCatch(open_scorer(), error = function(err) {
  message(conditionMessage(err))
  quit(status = 3)
})
open_ms <- (proc.time()[["elapsed"]] - started) * 1000
files <- read_checked(onnx_bundle$folder)

NUL <- quote(NUL) # cannot be in R's text: R itself refuses such a cell

cell_of <- function(field) {
  if (is.na(field)) return(NUL)
  value <- substring(field, 2)
  switch(substr(field, 1, 1), "-" = NA, t = TRUE, f = FALSE, n = read_numbers(value), i = read_numbers(value), s = value)
}

value_of <- function(column, cell) {
  if (identical(cell, NUL)) return("!")
  tryCatch({
    found <- build_column(column, cell, scorer$contract)
    switch(column$kind,
      number = if (is.nan(found)) "-" else found,
      date = paste0("i", .Call("rs_nanoseconds", found[[1]], found[[2]])),
      boolean = if (found) "t" else "f",
      text = paste0("s", found)
    )
  }, cell_error = function(err) "!")
}

replay_cells <- function() {
  wrong <- list()
  count <- 0
  for (column in read_columns(read_flat(files[["feed_cases.tsv"]]))) {
    for (case in column$cases) {
      count <- count + 1
      wanted <- if (startsWith(case[2], "n")) read_numbers(substring(case[2], 2)) else case[2]
      if (!identical(value_of(column, cell_of(case[1])), wanted)) wrong <- c(wrong, list(c(column$name, case)))
    }
  }
  list(count = count, wrong = wrong)
}

lines <- read_flat(files[["golden.tsv"]])
words <- vapply(lines, `[`, "", 1)
bound <- function(word) read_numbers(lines[[match(word, words)]][2])
rows <- lapply(lines[words == "cells"], function(line) lapply(line[-1], cell_of))
names_of <- vapply(scorer$columns, `[[`, "", "name")
table_of <- function(rows) structure(lapply(seq_along(names_of), function(k) lapply(rows, `[[`, k)), names = names_of)

add_differences <- function(found, outputs, wanted, key) {
  for (row in seq_along(wanted)) {
    label <- outputs$prediction_label[row]
    want <- wanted[[row]]
    if (startsWith(want[1], "n")) {
      value <- read_numbers(substring(want[1], 2))
      error <- abs(label - value) / max(abs(value), bound("scale"))
    } else {
      shown <- if (is.character(label)) label else sprintf("%.0f", label)
      if (!identical(shown, substring(want[1], 2))) found$flips <- found$flips + 1
      scores <- matrix(outputs$prediction_score, length(wanted))[row, ]
      error <- if (length(want) > 1) max(abs(scores - read_numbers(substring(want[-1], 2)))) else 0
    }
    found[[key]] <- max(found[[key]], if (is.na(error)) Inf else error)
  }
  found
}

replay_rows <- function() {
  found <- list(flips = 0, error = 0, graph_error = 0)
  answers <- list(error = lines[words == "expected"], graph_error = lines[words == "graph"])
  batch <- score_columns(scorer, table_of(rows))
  for (key in names(answers)) found <- add_differences(found, batch, lapply(answers[[key]], `[`, -1), key)
  for (row in seq_along(rows)) {
    alone <- score_columns(scorer, table_of(rows[row]))
    for (key in names(answers)) found <- add_differences(found, alone, list(answers[[key]][[row]][-1]), key)
  }
  c(list(count = length(rows)), found)
}

measure <- function() {
  clock <- function(rows, turns) {
    frame <- as_frame(rows)
    start <- proc.time()[["elapsed"]]
    for (turn in seq_len(turns)) predict(scorer, frame)
    (proc.time()[["elapsed"]] - start) / turns
  }
  batch <- rep_len(rows, 10000)
  list(open_ms = open_ms, row_us = clock(rows[1], 300) * 1e6, batch_ms = clock(batch, 3) * 1e3)
}

# Rows as a data frame has them: one type per column.
as_frame <- function(rows) {
  columns <- lapply(table_of(rows), function(cells) unlist(cells))
  as.data.frame(columns, optional = TRUE, check.names = FALSE)
}

quoted <- function(text) {
  text <- ifelse(is.na(text), "?", text)
  escaped <- gsub("([\"\\\\])", "\\\\\\1", text)
  paste0("\"", gsub("[[:cntrl:]]", " ", escaped), "\"")
}

number <- function(value) if (is.finite(value)) sprintf("%.17g", value) else "1e999"

cells <- replay_cells()
found <- replay_rows()
wrong <- vapply(cells$wrong, function(each) sprintf("[%s]", paste(quoted(each), collapse = ", ")), "")
speed <- if ("--measure" %in% commandArgs(TRUE)) {
  timed <- measure()
  sprintf(", \"speed\": {%s}", paste(sprintf("\"%s\": %s", names(timed), vapply(timed, number, "")), collapse = ", "))
}
cat(sprintf(
  "{\"runtime\": \"R %s, onnxruntime %s\", \"cells\": {\"count\": %d, \"wrong\": [%s]}, \"rows\": {%s}%s}\n",
  getRversion(), .Call("rs_version", scorer$handle), as.integer(cells$count), paste(wrong, collapse = ", "),
  paste(sprintf("\"%s\": %s", names(found), vapply(found, number, "")), collapse = ", "), paste(speed, collapse = "")
))
is_near <- found$error <= bound("tolerance") && found$graph_error <= bound("graph_tolerance")
quit(status = if (length(cells$wrong) || found$flips || !is_near) 5 else 0)
