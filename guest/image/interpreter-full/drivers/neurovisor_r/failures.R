# Errors and warnings.

frames_most <- 32L

syntax_error <- function(message) {
    first <- strsplit(message, "\n", fixed = TRUE)[[1]][1]
    place <- regmatches(first, regexec("^(?:<text>|<cell [0-9]+>):([0-9]+):[0-9]+: (.*)$", first))[[1]]
    if (length(place) == 3L) {
        running$line <- as.integer(place[2])
        first <- place[3]
    }
    errorCondition(first, class = "SyntaxError", call = NULL)
}

# Remembers the calls that have led to an error, before they are left.
note_calls <- function(condition) {
    calls <- sys.calls()
    running$calls <- if (length(calls) > running$depth) calls[(running$depth + 1L):length(calls)]
}

show_warning <- function(condition) {
    limit <- getOption("warn")
    if (is.numeric(limit) && limit >= 2) {
        # R makes it an error.
        return()
    }
    if (!is.numeric(limit) || limit >= 0) {
        cat("Warning message:\n", place_of(condition, "In ", " : "), conditionMessage(condition), "\n", sep = "", file = stderr())
    }
    invokeRestart("muffleWarning")
}

# Says where a condition was raised, unless that is the driver's evaluation of the cell.
place_of <- function(condition, before, after) {
    call <- conditionCall(condition)
    if (is.null(call) || identical(call, quote(eval(code[[index]], globalenv())))) {
        return("")
    }
    paste0(before, deparse(call, nlines = 1L, width.cutoff = 60L)[1], after)
}

report_condition <- function(condition) {
    name <- class(condition)[1]
    frames <- if (inherits(condition, "SyntaxError")) list(frame("", running$line, "")) else frames()
    value <- tryCatch(paste(conditionMessage(condition), collapse = "\n"), error = function(failure) "")
    prefix <- paste0("Error", place_of(condition, " in ", " "), ": ")
    report(if (name == "simpleError") "Error" else name, value, frames, prefix)
}

# Returns the places of a cell at which the calls were made, outermost first: each with the function that contains it.
frames <- function() {
    found <- list(frame("", running$line, ""))
    within <- ""
    for (call in as.list(running$calls)) {
        place <- attr(call, "srcref")
        name <- sub("\n.*", "", paste(deparse(call[[1]], nlines = 1L), collapse = ""))
        if (!is.null(place) && nzchar(within)) {
            file <- attr(place, "srcfile")
            one <- frame(file$filename, place[1], within, file$lines[place[1]])
            if (!identical(one, found[[length(found)]])) {
                found[[length(found) + 1L]] <- one
            }
        }
        within <- name
    }
    half <- frames_most %/% 2L
    if (length(found) > frames_most) c(utils::head(found, half), utils::tail(found, half)) else found
}

frame <- function(file, line, name, source = running$lines[line]) {
    if (!nzchar(file)) {
        file <- sprintf("<cell %.0f>", running$cell)
    }
    source <- if (length(source) == 1L && !is.na(source)) source else ""
    short <- function(text) substr(plain(text), 1L, 200L)
    list(file = short(file), line = line, `function` = short(name), source = short(source))
}

report <- function(name, value, frames = list(), prefix = paste0(name, ": ")) {
    running$failed <- TRUE
    value <- substr(plain(value), 1L, 1000L)
    places <- vapply(frames, function(one) {
        sprintf("%s, line %d%s\n    %s\n", one$file, one$line, if (nzchar(one$`function`)) paste(" in", one$`function`) else "", one$source)
    }, "")
    text <- paste0(paste(places, collapse = ""), prefix, value, "\n")
    header <- list(type = "error", cell = running$cell, name = substr(plain(name), 1L, 200L), value = value, frames = frames)
    send(header, utils::tail(charToRaw(plain(text)), 16384L))
}
