# Frames between the driver and the guest agent: two lengths, a JSON header, and a body of bytes.
#
# The pipes are opened anew for each frame, because closeAllConnections() of a cell would close them. A fifo reads no more than it is asked
# for, and a file writes all that it is given.

process <- Sys.getpid()
end_process <- base::quit

read_bytes <- function(from, count) {
    parts <- list()
    while (count > 0) {
        part <- readBin(from, "raw", min(count, 65536))
        if (length(part) == 0L) {
            end_process(save = "no", status = 0, runLast = FALSE)
        }
        parts[[length(parts) + 1L]] <- part
        count <- count - length(part)
    }
    if (length(parts) == 0L) raw() else do.call(c, parts)
}

# Returns the next header, and the text of its body.
receive <- function() {
    from <- fifo("/dev/fd/5", "rb", blocking = TRUE)
    on.exit(close(from))
    lengths <- readBin(read_bytes(from, 8), "integer", 2L, endian = "big")
    header <- jsonlite::fromJSON(text_of(read_bytes(from, lengths[1])), simplifyVector = FALSE)
    list(header = header, text = text_of(read_bytes(from, lengths[2])))
}

# Zero bytes have no place in a text of R.
text_of <- function(bytes) {
    text <- rawToChar(bytes[bytes != as.raw(0L)])
    Encoding(text) <- "UTF-8"
    text
}

# Returns a text of which each character is UTF-8.
plain <- function(text) iconv(enc2utf8(as.character(text)), "UTF-8", "UTF-8", sub = "?")

send <- function(header, body = raw()) {
    # A child that a cell has forked has the pipes, too.
    if (Sys.getpid() != process) {
        return(invisible())
    }
    encoded <- charToRaw(enc2utf8(as.character(jsonlite::toJSON(header, auto_unbox = TRUE, digits = NA))))
    lengths <- writeBin(c(length(encoded), length(body)), raw(), endian = "big")
    to <- file("/dev/fd/4", "wb", raw = TRUE)
    on.exit(close(to))
    writeBin(c(lengths, encoded, body), to)
    invisible()
}
