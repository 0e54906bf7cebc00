# Describes the variables of a context. Values of classes are shown by their class alone, so that no method of the user runs.

variables_most <- 400L
header_bytes_most <- 48 * 1024

inspect <- function(id) {
    names <- sort(ls(globalenv()))
    described <- list()
    room <- header_bytes_most
    for (name in names) {
        one <- describe(name)
        room <- room - nchar(jsonlite::toJSON(one, auto_unbox = TRUE), "bytes") - 2
        if (room < 0 || length(described) == variables_most) {
            break
        }
        described[[length(described) + 1L]] <- one
    }
    send(list(type = "variables", id = id, variables = described, truncated = length(described) < length(names)))
}

unknown <- function(condition) quote(unknown)

describe <- function(name) {
    shown <- list(name = substr(plain(name), 1L, 100L))
    if (bindingIsActive(as.name(name), globalenv())) {
        return(c(shown, kind = "active", text = "<active binding>"))
    }
    # A promise of delayedAssign() is evaluated, which has little time.
    setTimeLimit(elapsed = 1)
    value <- tryCatch(allowInterrupts(get(name, envir = globalenv())), error = unknown, interrupt = unknown)
    setTimeLimit()
    kind <- if (is.object(value)) oldClass(value)[1] else class(value)[1]
    if (is.na(kind) || is.null(kind)) {
        kind <- typeof(value)
    }
    shown$kind <- substr(plain(kind), 1L, 100L)
    if (is.function(value) || is.environment(value) || is.language(value)) {
        shown$text <- sprintf("<%s>", shown$kind)
        return(shown)
    }
    if (identical(oldClass(value), "data.frame")) {
        shown$shape <- I(c(.row_names_info(value, 2L), length(unclass(value))))
    } else if (!is.object(value)) {
        if (is.null(dim(value))) shown$length <- length(value) else shown$shape <- I(dim(value))
    }
    shown$text <- if (is.object(value) || is.list(value)) sprintf("<%s>", shown$kind) else shown_value(value)
    shown
}

shown_value <- function(value) {
    text <- paste(deparse(utils::head(as.vector(value), 20L), nlines = 1L, width.cutoff = 100L)[1], collapse = "")
    substr(plain(text), 1L, 120L)
}
