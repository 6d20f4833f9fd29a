# Opens the model of a folder after every file was held against SHA256SUMS, and scores data frames.

open_bundle <- function(folder) {
  dyn.load(file.path(folder, "rscore.so"))
  files <- read_checked(folder)
  library_path <- Sys.getenv("ORT_LIB")
  if (library_path == "") library_path <- file.path(folder, "libonnxruntime.so")
  lines <- read_flat(files[["model.tsv"]])
  structure(list(
    handle = .Call("rs_open", path.expand(library_path), files[["model.onnx"]]),
    columns = read_columns(lines), contract = read_contract(lines)
  ), class = "onnx_scorer")
}

# The files that SHA256SUMS names, each as it was written, as raw bytes by name.
read_checked <- function(folder) {
  again <- "take the bundle again from where it was made"
  lines <- strsplit(readLines(file.path(folder, "SHA256SUMS")), "  ", fixed = TRUE)
  files <- lapply(lines, function(line) {
    path <- file.path(folder, line[2])
    if (!file.exists(path)) stop(line[2], ": not there, expected it as SHA256SUMS has it; ", again, call. = FALSE)
    bytes <- readBin(path, "raw", file.size(path))
    found <- .Call("rs_sha256", bytes)
    if (found != line[1]) {
      stop(line[2], ": got sha256 ", substr(found, 1, 12), "..., expected ", substr(line[1], 1, 12), "...; ", again, call. = FALSE)
    }
    bytes
  })
  names(files) <- vapply(lines, `[`, "", 2)
  needed <- c("model.onnx", "manifest.json", "golden.json", "model.tsv", "golden.tsv", "feed_cases.tsv", "feeds.R", "model.R", "scorer.R")
  if (length(gone <- setdiff(needed, names(files)))) stop("SHA256SUMS does not name ", gone[1], ": ", again, call. = FALSE)
  files
}

# One row per row: label, of a classifier score (of the label) and a column for each class.
# NA in all where a required column is missing.
predict.onnx_scorer <- function(object, newdata, ...) {
  names <- vapply(object$columns, `[[`, "", "name")
  if (anyDuplicated(names(newdata))) stop("column \"", names(newdata)[duplicated(names(newdata))][1], "\" is there twice", call. = FALSE)
  if (length(gone <- setdiff(names, names(newdata)))) stop("the column \"", gone[1], "\" is missing", call. = FALSE)
  if (length(more <- setdiff(names(newdata), names))) {
    stop("got the column \"", more[1], "\", which the model does not take", call. = FALSE)
  }
  rows <- if (is.data.frame(newdata)) nrow(newdata) else length(newdata[[1]])
  shape_answers(object, if (rows) score_columns(object, newdata), rows)
}

# The graph's outputs by name.
score_columns <- function(scorer, rows) {
  columns <- lapply(scorer$columns, function(column) build_column(column, rows[[column$name]], scorer$contract))
  names(columns) <- vapply(scorer$columns, `[[`, "", "name")
  .Call("rs_score", scorer$handle, columns)
}

shape_answers <- function(scorer, outputs, rows) {
  labels <- substring(scorer$contract$labels, 2)
  is_whole <- length(labels) && all(startsWith(scorer$contract$labels, "i"))
  none <- if (length(labels) && !is_whole) character() else numeric()
  label <- if (rows) outputs$prediction_label else none
  unanswered <- is.na(label) | (is.character(label) & label == "")
  if (length(scorer$contract$required) == 0) unanswered <- rep(FALSE, rows)
  label[unanswered] <- NA
  found <- data.frame(label = label)
  if (is.null(outputs$prediction_score)) return(found)
  scores <- matrix(outputs$prediction_score, rows)
  scores[unanswered, ] <- NA
  place <- match(if (is_whole) sprintf("%.0f", label) else label, labels)
  found$score <- scores[cbind(seq_len(rows), place)]
  cbind(found, structure(as.data.frame(scores), names = labels))
}
