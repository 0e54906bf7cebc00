# The driver of R contexts: runs cells that the guest agent sends. docs/design/interpreter.md describes the frames.
#
# Its names are in an environment of its own, which sees base R and nothing of the user.
local({
    directory <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1]))
    driver <- new.env(parent = baseenv())
    for (part in c("frames", "cells", "failures", "displays", "inspection", "refresh")) {
        sys.source(file.path(directory, paste0(part, ".R")), envir = driver, keep.source = FALSE)
    }
    eval(quote(serve()), driver)
})
