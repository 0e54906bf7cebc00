# Results and plots.

part_bytes_most <- 8 * 2^20
result_bytes_most <- 32 * 2^20
rows_most <- 1000L
columns_most <- 500L
cells_most <- 100000L
table_bytes_most <- 2^20
plots <- new.env()
plots$device <- 0L

# Sends parts, a list of raw vectors by type.
display <- function(parts, main = FALSE) {
    sizes <- lengths(parts)
    fits <- sizes <= part_bytes_most & running$bytes + cumsum(sizes) <= result_bytes_most
    for (type in names(parts)[!fits]) {
        send(list(type = "dropped", cell = running$cell, mime = type, size = sizes[[type]]))
    }
    parts <- parts[fits]
    if (length(parts) > 0L) {
        running$bytes <- running$bytes + sum(lengths(parts))
        described <- lapply(names(parts), function(type) list(mime = type, size = length(parts[[type]])))
        header <- list(type = "display", cell = running$cell, parts = described, main = main)
        send(header, do.call(c, unname(parts)))
    }
}

# Prints as the console does: methods of the user are found.
print_value <- function(value) eval(as.call(list(base::print, call("quote", value))), globalenv())

# Shows the value of the last expression as the console prints it.
show_result <- function(value) {
    text <- printed(value)
    parts <- list()
    if (length(text) > 0L) {
        parts[["text/plain"]] <- text
    }
    if (is.data.frame(value)) {
        parts[["application/vnd.neurovisor.data+json"]] <- table_json(value)
    }
    suspendInterrupts(display(parts, main = TRUE))
}

# Returns the bytes that the console would show, without the last end of line. A file, unlike a text connection, takes a time that grows
# with their number only.
printed <- function(value) {
    path <- tempfile("printed-")
    target <- file(path, "wb")
    depth <- sink.number()
    restore <- function() {
        while (sink.number() > depth) sink()
        if (!is.null(target)) close(target)
        target <<- NULL
    }
    on.exit({
        restore()
        unlink(path)
    })
    sink(target)
    print_value(value)
    restore()
    bytes <- readBin(path, "raw", file.size(path))
    if (length(bytes) > 0L && bytes[length(bytes)] == as.raw(10L)) bytes[-length(bytes)] else bytes
}

# Returns the first rows of a table as JSON, in the form of the Python driver.
table_json <- function(table) {
    width <- min(length(table), columns_most)
    total <- nrow(table)
    rows <- min(total, rows_most, cells_most %/% max(width, 1L))
    names <- make.unique(plain(names(table)[seq_len(width)]))
    columns <- lapply(seq_len(width), function(index) table_column(table[[index]], rows))
    types <- lapply(seq_len(width), function(index) class(table[[index]])[1])
    repeat {
        data <- lapply(columns, function(column) I(utils::head(column, rows)))
        content <- list(
            data = structure(data, names = names), types = structure(types, names = names),
            rows = total, truncated = rows < total || width < length(table)
        )
        body <- charToRaw(enc2utf8(as.character(jsonlite::toJSON(content, auto_unbox = TRUE, digits = NA, na = "null"))))
        if (length(body) <= table_bytes_most || rows == 0L) {
            return(body)
        }
        rows <- as.integer(rows * table_bytes_most / (length(body) + 1))
    }
}

# Returns values for which JSON has a form. Infinities have none.
table_column <- function(column, rows) {
    column <- utils::head(column, rows)
    if (is.object(column) || !is.atomic(column) || is.complex(column) || is.raw(column)) {
        column <- if (is.list(column)) vapply(column, function(one) toString(one, 200L), "") else as.character(column)
    }
    if (is.numeric(column)) {
        column[!is.finite(column)] <- NA
    }
    if (is.character(column)) plain(column) else as.vector(column)
}

# Opens a device that draws into files, without X.
open_device <- function(...) {
    if (is.null(plots$directory) || !dir.exists(plots$directory)) {
        plots$directory <- tempfile("plots-")
        dir.create(plots$directory, recursive = TRUE)
    }
    grDevices::png(file.path(plots$directory, "%04d.png"), width = 640, height = 480, type = "cairo")
    plots$device <- grDevices::dev.cur()
}

# Sends the plots of a cell, which its end finishes.
show_plots <- function() {
    if (plots$device == 0L) {
        return(invisible())
    }
    if (plots$device %in% grDevices::dev.list()) {
        try(grDevices::dev.off(plots$device), silent = TRUE)
    }
    plots$device <- 0L
    for (path in sort(list.files(plots$directory, full.names = TRUE))) {
        display(list(`image/png` = readBin(path, "raw", file.size(path))))
    }
    unlink(plots$directory, recursive = TRUE)
}
