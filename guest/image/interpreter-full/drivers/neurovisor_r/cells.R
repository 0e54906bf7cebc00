# Serves the agent, and runs cells.

count <- 0L
running <- new.env()

# An interrupt has an effect only while code of a cell runs. Here it is kept pending.
serve <- function() {
    suspendInterrupts({
        take_over()
        send(list(type = "ready"))
        repeat {
            request <- receive()
            switch(request$header$type,
                execute = execute(request$header, request$text),
                inspect = inspect(request$header$id),
                refresh = refresh()
            )
        }
    })
}

# Replaces functions that would end the context, and chooses where plots go.
take_over <- function() {
    leave <- function(save = "default", status = 0, runLast = TRUE) {
        stop(errorCondition(as.character(status), class = "Quit", call = NULL))
    }
    for (name in c("q", "quit")) {
        unlockBinding(name, baseenv())
        assign(name, leave, envir = baseenv())
        lockBinding(name, baseenv())
    }
    options(device = open_device)
}

execute <- function(header, code) {
    count <<- count + 1L
    running$cell <- header$cell
    running$failed <- FALSE
    running$line <- 0L
    running$lines <- strsplit(code, "\n", fixed = TRUE)[[1]]
    running$bytes <- 0
    # A signal that came after the end of the cell before.
    tryCatch(allowInterrupts(Sys.sleep(0)), interrupt = function(condition) NULL)
    before <- tryCatch(enter(header$env, header$cwd), error = function(failure) {
        report("CellNotStarted", conditionMessage(failure))
        NULL
    })
    if (!is.null(before)) {
        run(running$lines)
        leave(before)
        show_plots()
    }
    if (Sys.getpid() != process) {
        end_process(save = "no", status = as.integer(running$failed), runLast = FALSE)
    }
    send(list(type = "ended", cell = running$cell, failed = running$failed, count = count))
}

# Sets the variables and the directory of a cell. Returns those of before.
enter <- function(variables, directory) {
    before <- list(variables = Sys.getenv(as.character(names(variables)), unset = NA, names = TRUE))
    if (nzchar(directory)) {
        before$directory <- setwd(directory)
    }
    if (length(variables) > 0L) {
        do.call(Sys.setenv, variables)
    }
    before
}

leave <- function(before) {
    kept <- before$variables[!is.na(before$variables)]
    if (length(kept) > 0L) {
        do.call(Sys.setenv, as.list(kept))
    }
    Sys.unsetenv(names(before$variables)[is.na(before$variables)])
    if (!is.null(before$directory)) {
        try(setwd(before$directory), silent = TRUE)
    }
}

run <- function(lines) {
    tryCatch(
        withCallingHandlers(
            evaluate(lines),
            error = note_calls,
            warning = show_warning
        ),
        error = report_condition,
        interrupt = function(condition) report("Interrupted", "SIGINT")
    )
}

evaluate <- function(lines) {
    running$calls <- NULL
    source <- srcfilecopy(sprintf("<cell %.0f>", running$cell), lines)
    code <- tryCatch(
        parse(text = lines, keep.source = TRUE, srcfile = source),
        error = function(failure) stop(syntax_error(conditionMessage(failure)))
    )
    places <- attr(code, "srcref")
    for (index in seq_along(code)) {
        running$line <- places[[index]][1]
        running$depth <- sys.nframe() + 4L
        value <- allowInterrupts(withVisible(eval(code[[index]], globalenv())))
        if (value$visible) {
            allowInterrupts(if (index < length(code)) print_value(value$value) else show_result(value$value))
        }
    }
}
