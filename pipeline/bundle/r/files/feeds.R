# Builds the columns of a model from cells, by the feed contract in model.tsv.
# Passes every case of feed_cases.tsv: Rscript verify.R

# Lines of a flat file as lists of fields. NUL cannot be in R's text: such a field is NA.
read_flat <- function(bytes) {
  text <- rawToChar(bytes)
  Encoding(text) <- "UTF-8" # whatever the locale is
  lines <- strsplit(text, "\n", fixed = TRUE)[[1]]
  lapply(strsplit(paste0(lines, "\t\x01"), "\t", fixed = TRUE), function(fields) unescape(fields[-length(fields)]))
}

unescape <- function(fields) {
  escaped <- grep("\\", fields, fixed = TRUE)
  fields[escaped] <- vapply(fields[escaped], function(field) {
    parts <- regmatches(field, gregexpr("\\\\.|[^\\\\]+", field))[[1]]
    if ("\\0" %in% parts) return(NA_character_)
    signs <- c("\\\\" = "\\", "\\t" = "\t", "\\n" = "\n", "\\r" = "\r")
    paste(ifelse(parts %in% names(signs), signs[parts], parts), collapse = "")
  }, "", USE.NAMES = FALSE)
  fields
}

# What holds for every column, and `columns`, each a list of its block's lines.
read_columns <- function(lines) {
  words <- vapply(lines, `[`, "", 1)
  starts <- which(words == "column")
  ends <- c(starts[-1] - 1, length(lines))[seq_along(starts)]
  Map(function(start, end) {
    block <- lines[start:end]
    of <- function(word) unlist(lapply(Filter(function(line) line[1] == word, block), `[`, -1))
    list(
      name = block[[1]][2], kind = block[[1]][3], missing = of("missing"), words = of("words"),
      whole = of("whole") == "t", decimal = of("decimal"), thousands = of("thousands"),
      categories = of("categories"),
      grammars = lapply(Filter(function(line) line[1] == "grammar", block), function(line) {
        list(pattern = paste0("\\A(?:", line[2], ")\\z"), trimmed = line[3], groups = line[-(1:3)])
      }),
      cases = lapply(Filter(function(line) line[1] == "case", block), `[`, 2:3)
    )
  }, starts, ends)
}

read_contract <- function(lines) {
  of <- function(word) lapply(Filter(function(line) line[1] == word, lines), `[`, -1)
  if (of("version")[[1]] != "1") stop("the feed contract has version ", of("version")[[1]], ", expected 1")
  list(
    limit = read_numbers(of("limit")[[1]]), years = as.integer(of("years")[[1]]),
    true = of("true")[[1]], false = of("false")[[1]], trimmed = of("trimmed")[[1]],
    labels = unlist(of("label")), required = unlist(of("required"))
  )
}

# The nearest doubles; as.numeric() reads some decimals, 0.0010549 for one, as a neighbour of the nearest.
read_numbers <- function(texts) .Call("rs_numbers", texts)

# A column for rs_score(): doubles, text, logicals, or a list of seconds and nanoseconds.
# `values` is a vector as a data frame has it, or a list of single cells.
build_column <- function(column, values, contract) {
  convert <- list(number = to_number, text = to_text, boolean = to_boolean, date = to_date)[[column$kind]]
  if (!is.list(values) || inherits(values, "POSIXlt")) return(convert(column, plain(column, values), contract))
  built <- lapply(seq_along(values), function(row) {
    value <- if (is.null(values[[row]])) NA else values[[row]]
    tryCatch(convert(column, plain(column, value), contract), cell_error = function(err) refuse(column, row, value))
  })
  if (column$kind != "date") return(unlist(built))
  list(vapply(built, `[[`, 0, 1), vapply(built, `[[`, 0, 2))
}

# A vector without classes of its own: factors are their levels, instants text in UTC.
plain <- function(column, values) {
  if (is.factor(values)) return(enc2utf8(as.character(values)))
  if (inherits(values, "POSIXt")) {
    micros <- round(as.numeric(as.POSIXct(values)) * 1e6)
    shown <- format(as.POSIXct(micros %/% 1e6, origin = "1970-01-01", tz = "UTC"), "%Y-%m-%dT%H:%M:%S")
    return(ifelse(is.na(micros), NA_character_, sprintf("%s.%06.0f", shown, micros %% 1e6)))
  }
  if (inherits(values, "Date")) return(format(values, "%Y-%m-%d"))
  if (is.object(values)) {
    stop("column \"", column$name, "\": got ", class(values)[1], ", expected numbers, text, logicals, a factor or dates")
  }
  if (is.character(values)) enc2utf8(values) else values
}

refuse <- function(column, row, value) {
  expected <- list(
    number = "a finite number within \u00b13.4e38", text = "text", boolean = "true or false", date = "a date"
  )[[column$kind]]
  text <- sprintf("row %d, column \"%s\": got %s, expected %s", row, column$name, encodeString(format(value), quote = "\""), expected)
  stop(structure(
    list(message = text, call = NULL, row = row, column = column$name, value = value),
    class = c("cell_error", "error", "condition")
  ))
}

refuse_first <- function(column, values, wrong) {
  if (any(wrong)) refuse(column, which(wrong)[1], values[wrong][1])
}

is_missing <- function(column, values) {
  is.na(values) | (if (is.character(values)) values == "" | values %in% column$missing else FALSE)
}

# Text without the characters, white space all of them, at both ends.
strip <- function(texts, characters) {
  if (characters == "") return(texts)
  class <- paste0("[", characters, "]+")
  gsub(paste0("\\A", class, "|", class, "\\z"), "", texts, perl = TRUE)
}

# For each text the groups of the first grammar that it fits, as a row, and which one that is.
read_texts <- function(column, texts) {
  found <- list(fits = rep(FALSE, length(texts)), bare = texts)
  for (grammar in column$grammars) {
    open <- which(!found$fits)
    bare <- strip(texts[open], grammar$trimmed)
    match <- regexpr(grammar$pattern, bare, perl = TRUE)
    fits <- match > 0
    found$fits[open[fits]] <- TRUE
    found$bare[open[fits]] <- bare[fits]
    for (k in seq_along(grammar$groups)) {
      name <- grammar$groups[k]
      if (is.null(found[[name]])) found[[name]] <- rep("", length(texts))
      start <- attr(match, "capture.start")[, k]
      size <- attr(match, "capture.length")[, k]
      part <- ifelse(fits & start > 0, substr(bare, start, start + size - 1), "")
      found[[name]][open[fits]] <- part[fits]
    }
  }
  found
}

to_number <- function(column, values, contract) {
  missing <- is_missing(column, values)
  if (is.character(values)) {
    found <- read_texts(column, ifelse(missing, "", values))
    digits <- found$bare
    sign <- rep(1, length(values))
    wrong <- !found$fits
    if (!is.null(found$digits)) {
      grouped <- found$digits != ""
      for (mark in column$thousands) found$digits <- gsub(mark, "", found$digits, fixed = TRUE)
      digits[grouped] <- sub(column$decimal, ".", found$digits, fixed = TRUE)[grouped]
      sign[found$before == "-" | found$behind == "-"] <- -1
      wrong <- wrong | (found$before != "" & found$behind != "")
    }
    numbers <- read_numbers(ifelse(wrong, "0", digits)) * sign
    numbers[wrong] <- Inf
  } else {
    numbers <- as.numeric(values)
  }
  numbers[missing] <- NaN
  refuse_first(column, values, !missing & !(abs(numbers) <= contract$limit))
  numbers
}

to_text <- function(column, values, contract) {
  missing <- is_missing(column, values)
  if (is.logical(values)) {
    texts <- ifelse(values, column$words[1], column$words[2])
    refuse_first(column, values, !missing & texts == "")
  } else if (is.numeric(values)) {
    finite <- is.finite(values)
    whole <- finite & values == trunc(values)
    refuse_first(column, values, !missing & (!finite | (whole & !column$whole)))
    texts <- .Call("rs_shortest", as.numeric(ifelse(missing, 0, values)))
  } else {
    refuse_first(column, values, !missing & !validUTF8(values))
    texts <- values
    if (column$whole) {
      bare <- sub("\\A(-?[0-9]+)\\.0+\\z", "\\1", texts, perl = TRUE)
      known <- !missing & bare != texts & bare %in% column$categories & !(texts %in% column$categories)
      texts[known] <- bare[known]
    }
    words <- chartr("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", texts)
    for (k in 1:2) {
      if (column$words[k] != "") texts[!missing & words == c("true", "false")[k]] <- column$words[k]
    }
  }
  texts[missing] <- ""
  texts
}

to_boolean <- function(column, values, contract) {
  missing <- is_missing(column, values)
  if (is.character(values)) {
    words <- tolower(strip(ifelse(missing, "", values), contract$trimmed))
    flags <- words %in% contract$true
    wrong <- !flags & !(words %in% contract$false)
  } else {
    flags <- values == 1
    wrong <- values != 1 & values != 0
  }
  refuse_first(column, values, missing | wrong)
  flags
}

to_date <- function(column, values, contract) {
  missing <- is_missing(column, values)
  if (!is.character(values) && !all(missing)) refuse_first(column, values, !missing)
  found <- read_texts(column, ifelse(missing, "", values))
  refuse_first(column, values, !missing & !found$fits)
  part <- function(name) {
    digits <- if (is.null(found[[name]])) "" else found[[name]]
    as.integer(ifelse(digits == "", "0", digits))
  }
  seconds <- seconds_of(part("year"), part("month"), part("day"), hour_of(found, part("hour")), part("minute"), part("second"), contract$years)
  seconds <- seconds - ahead(if (is.null(found$zone)) rep("", length(values)) else found$zone)
  seconds[missing] <- NA
  fraction <- if (is.null(found$fraction)) rep("", length(values)) else found$fraction
  list(seconds, as.numeric(substr(paste0(fraction, "000000000"), 1, 9)))
}

# By a clock of 24 hours; NA where am and pm do not go with the hour.
hour_of <- function(found, hour) {
  if (is.null(found$half)) return(hour)
  half <- tolower(substr(found$half, 1, 1))
  ifelse(half == "", hour, ifelse(hour < 1 | hour > 12, NA, hour %% 12 + ifelse(half == "p", 12, 0)))
}

# Since 1970 in UTC; NA for what is none of the calendar.
seconds_of <- function(year, month, day, hour, minute, second, years) {
  leap <- (year %% 4 == 0 & year %% 100 != 0) | year %% 400 == 0
  longest <- c(31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[ifelse(month %in% 1:12, month, 1)]
  longest <- longest + ifelse(month == 2 & leap, 1, 0)
  fits <- year >= years[1] & year <= years[2] & month %in% 1:12 & day >= 1 & day <= longest
  fits <- fits & !is.na(hour) & hour <= 23 & minute <= 59 & second <= 59
  shifted <- year - ifelse(month <= 2, 1, 0)
  days <- 365 * shifted + shifted %/% 4 - shifted %/% 100 + shifted %/% 400
  days <- days + (153 * ((month + 9) %% 12) + 2) %/% 5 + day - 1 - 719468
  ifelse(fits, days * 86400 + hour * 3600 + minute * 60 + second, NA)
}

# Seconds that a zone is ahead of UTC.
ahead <- function(zones) {
  signed <- grepl("^[+-]", zones)
  digits <- ifelse(signed, substr(paste0(sub(":", "", substring(zones, 2), fixed = TRUE), "00"), 1, 4), "0000")
  seconds <- as.integer(substr(digits, 1, 2)) * 3600 + as.integer(substr(digits, 3, 4)) * 60
  ifelse(signed & substr(zones, 1, 1) == "-", -seconds, seconds)
}
