# Renews what a copy of the process would repeat: the state of the random numbers. The kind of generator is kept.
refresh <- function() {
    source <- file("/dev/urandom", "rb", raw = TRUE)
    on.exit(close(source))
    # A missing value is no seed.
    seed <- readBin(source, "integer", 1L)
    set.seed(if (is.na(seed)) 0L else seed)
}
