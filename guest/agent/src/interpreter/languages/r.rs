//! Contexts with the driver of R. They need the packages r-base-core and r-cran-jsonlite, and are skipped without.

use std::process::Command;
use std::sync::LazyLock;

use super::super::fixture::{fixture_of, Fixture, FAILED, OK, TIMES};
use super::super::language_rows::{check, Expected, Row};
use super::{check_ends, check_interrupts, check_surroundings, End};
use crate::wire::sandbox::v1::CellOutcome;
use Expected::{Err, Fails, Out, Part};

const PLAIN: &str = "text/plain";

static HAS_R: LazyLock<bool> = LazyLock::new(|| {
    let started = Command::new("Rscript")
        .args(["-e", "loadNamespace('jsonlite')"])
        .output();
    let has = started.is_ok_and(|output| output.status.success());
    if !has {
        eprintln!("skipped: the packages r-base-core and r-cran-jsonlite are not installed");
    }
    has
});

async fn r() -> Option<Fixture> {
    match *HAS_R {
        true => Some(fixture_of("r", TIMES).await),
        false => None,
    }
}

#[tokio::test]
async fn runs_cells_of_r_in_one_process() {
    let Some(fixture) = r().await else {
        return;
    };
    let rows: &[Row] = &[
        ("x <- 41", &[]),
        ("x + 1", &[Part(PLAIN, "[1] 42")]),
        (
            "print('a'); cat('b\\n'); x; 'last'",
            &[
                Out("[1] \"a\"\nb\n[1] 41\n"),
                Part(PLAIN, "[1] \"last\""),
            ],
        ),
        ("invisible(3)", &[]),
        ("", &[]),
        ("# nothing", &[]),
        ("NULL", &[Part(PLAIN, "NULL")]),
        ("message('m')", &[Err("m\n")]),
        ("warning('w')", &[Err("Warning message:\nw\n")]),
        (
            "as.integer('x')",
            &[
                Err("NAs introduced by coercion"),
                Part(PLAIN, "[1] NA"),
            ],
        ),
        (
            "f <- function(n) {\n  stop('bad')\n}\n\nf(1)",
            &[Fails("Error", "bad", 2)],
        ),
        ("\nf(2)", &[Fails("Error", "bad", 2)]),
        ("\n1 + 'a'", &[Fails("Error", "non-numeric argument", 2)]),
        ("cat('a\\n')\nundefined_name", &[Out("a\n"), Fails("Error", "'undefined_name' not found", 2)]),
        ("x <- (\n", &[Fails("SyntaxError", "unexpected end of input", 2)]),
        ("cat('never')\na b", &[Fails("SyntaxError", "unexpected symbol", 2)]),
        ("library(nosuchpackage)", &[Fails("packageNotFoundError", "nosuchpackage", 1)]),
        ("stop(structure(class = c('own', 'error', 'condition'), list(message = 'm', call = NULL)))", &[Fails("own", "m", 1)]),
        ("x <- 7; q(status = 3)\ncat('never')", &[Fails("Quit", "3", 1)]),
        ("quit()", &[Fails("Quit", "0", 1)]),
        ("tryCatch(stop('x'), error = function(e) 'caught')", &[Part(PLAIN, "[1] \"caught\"")]),
        ("try(stop('y'))", &[Err("y")]),
        ("system('echo program; echo e >&2')", &[Out("program\n"), Err("e\n")]),
        ("c(readline(), length(readLines(file('stdin'))), length(readLines(stdin())))", &[Out("\n"), Part(PLAIN, "[1] \"\"  \"0\" \"0\"")]),
        ("closeAllConnections(); x", &[Part(PLAIN, "[1] 7")]),
        ("'ü✓'", &[Part(PLAIN, "[1] \"ü✓\"")]),
        (
            "data.frame(a = c(1.5, NA), b = c('x', 'ü'), c = factor(c('p', 'q')), d = as.Date(c('2026-01-02', NA)), e = c(Inf, 2))",
            &[
                Part(PLAIN, "    a b c          d   e\n1 1.5 x p 2026-01-02 Inf\n2  NA ü q       <NA>   2"),
                Part(
                    "application/vnd.neurovisor.data+json",
                    "{\"data\":{\"a\":[1.5,null],\"b\":[\"x\",\"ü\"],\"c\":[\"p\",\"q\"],\"d\":[\"2026-01-02\",null],\"e\":[null,2]},\
                     \"types\":{\"a\":\"numeric\",\"b\":\"character\",\"c\":\"factor\",\"d\":\"Date\",\"e\":\"numeric\"},\"rows\":2,\"truncated\":false}",
                ),
            ],
        ),
        ("data.frame(a = 1)", &[Part(PLAIN, "  a\n1 1"), Part("application/vnd.neurovisor.data+json", "{\"data\":{\"a\":[1]},\"types\":{\"a\":\"numeric\"},\"rows\":1,\"truncated\":false}")]),
        ("ls()", &[Part(PLAIN, "[1] \"f\" \"x\"")]),
    ];
    check(&fixture, rows).await;
}

#[tokio::test]
async fn shows_the_plots_of_r() {
    let Some(fixture) = r().await else {
        return;
    };
    let seen = fixture.run("plot(1:3); hist(c(1, 2))\nx <- 1").await;
    let types: Vec<_> = seen.parts.iter().map(|(mime, _)| mime.as_str()).collect();
    assert_eq!((types, seen.outcome()), (vec!["image/png"; 2], OK));
    assert!(seen
        .parts
        .iter()
        .all(|(_, data)| data.starts_with(b"\x89PNG") && data.len() > 1000));
    // A device of the cell itself is not touched, and nothing is left.
    let seen = fixture.run("pdf(NULL); plot(1); length(dev.list())").await;
    assert_eq!(seen.result(), "[1] 1");
    let seen = fixture
        .run("invisible(dev.off()); length(list.files(tempdir()))")
        .await;
    assert_eq!(seen.result(), "[1] 0");
}

#[tokio::test]
async fn restores_variables_and_directory_of_a_cell_of_r() {
    let Some(fixture) = r().await else {
        return;
    };
    let shown = "cat(Sys.getenv('OLD'), Sys.getenv('NEW', unset = 'none'), getwd(), '\\n')";
    check_surroundings(
        &fixture,
        "Sys.setenv(OLD = 'a b'); setwd('/')",
        shown,
        "setwd('/tmp')",
    )
    .await;
}

#[tokio::test]
async fn interrupts_a_cell_of_r_and_keeps_its_variables() {
    let Some(fixture) = r().await else {
        return;
    };
    let cells = [
        "x <- 7; while (TRUE) {}",
        "Sys.sleep(60); cat('never')",
        "f <- function() repeat sqrt(2); f(); cat('never')",
        "system('sleep 60'); Sys.sleep(60); cat('never')",
        "repeat try(stop('again'), silent = TRUE)",
        "print.slow <- function(x) Sys.sleep(60); structure(1, class = 'slow')",
    ];
    check_interrupts(&fixture, &cells, "cat(x)", "7").await;
    let stubborn = "repeat tryCatch(Sys.sleep(60), interrupt = function(i) NULL)";
    super::check_stubborn(&fixture, stubborn, "cat(exists('x'))", "FALSE").await;
}

#[tokio::test]
async fn bounds_hostile_cells_of_r() {
    let Some(fixture) = r().await else {
        return;
    };
    let kept = [
        ("rm(list = ls(all.names = TRUE)); c <- paste <- function(...) stop('mine'); print <- 3; T <- FALSE", OK),
        ("f <- function(n) f(n + 1); f(1)", FAILED),
        ("options(expressions = 1000); f(1)", FAILED),
        ("options(expressions = 5000, warn = 'x', device = 3, error = quote(q())); stop('x')", FAILED),
        ("stop(paste0(base::rep('x', 1e6), collapse = ''))", FAILED),
        ("base::stop(base::rawToChar(as.raw(c(255, 10, 1))))", FAILED),
        ("base::print(1:1e7)", OK),
        ("base::paste0(base::rep('x', 2e7), collapse = '')", OK),
        ("parallel::mclapply(1:2, function(i) i)", OK),
        ("parallel:::mcfork()", OK),
        ("sink(tempfile())", OK),
        ("sink(); assign('.Random.seed', 'x', globalenv())", OK),
        ("delayedAssign('late', repeat {}); makeActiveBinding('active', function() repeat {}, globalenv())", OK),
        ("suspendInterrupts(1); allowInterrupts(1); Sys.setenv(PATH = '')", OK),
    ];
    for (code, outcome) in kept {
        let seen = fixture.run(code).await;
        assert_eq!(seen.outcome(), outcome, "{code}: {seen:?}");
        assert!(
            seen.errors.iter().all(|one| one.value.len() <= 4096),
            "{code}"
        );
    }
    fixture.contexts.refresh();
    assert_eq!(fixture.run("cat('alive\\n')").await.stdout, "alive\n");
    let seen = fixture.run("x <- base::paste0(base::rep('0123456789', 1e6), collapse = ''); for (i in 1:100) cat(x)").await;
    assert!(
        seen.ended.text_truncated && seen.outcome() == OK,
        "{:?}",
        seen.ended
    );
    let seen = fixture
        .run("data.frame(a = base::rep('ü0123456789', 1e6))")
        .await;
    assert!(
        seen.parts.iter().all(|(_, data)| data.len() <= 8 << 20),
        "{:?}",
        seen.dropped
    );
    let pipe = "pipe <- file('/dev/fd/4', 'wb', raw = TRUE); writeBin(as.raw(BYTES), pipe); close(pipe); Sys.sleep(20)";
    let forged = |bytes: &str| pipe.replace("BYTES", bytes);
    let ended = "c(0, 0, 0, 27, 0, 0, 0, 0, charToRaw('{\"type\":\"ended\",\"cell\":999}'))";
    let breaking = [
        (forged("base::rep(255, 100)"), End::Broken),
        (
            forged("c(0, 0, 0, 2, 0, 0, 0, 0, charToRaw('{}'))"),
            End::Broken,
        ),
        (forged(ended), End::Broken),
        (
            "system('for p in $(pgrep -x cat -P $PPID); do kill -9 $p; done'); Sys.sleep(20)"
                .to_owned(),
            End::Broken,
        ),
        ("tools::pskill(Sys.getpid(), 9)".to_owned(), End::Died(137)),
        (".Internal(quit('no', 3, FALSE))".to_owned(), End::Died(3)),
    ];
    check_ends(&fixture, &breaking).await;
    let seen = fixture
        .run_with("Sys.sleep(60)", |cell| cell.timeout_secs = 1)
        .await;
    assert_eq!(seen.ended.outcome(), CellOutcome::TimedOut);
}

#[tokio::test]
async fn describes_variables_of_r() {
    let Some(fixture) = r().await else {
        return;
    };
    let code = "s <- 'q\"ü'; v <- 1:3; m <- matrix(1:4, 2); d <- data.frame(a = 1:3); l <- list(1, 2); f <- function() 1
o <- structure(1, class = 'own'); length.own <- function(x) repeat {}; e <- new.env()
delayedAssign('late', repeat {}); makeActiveBinding('active', function() repeat {}, globalenv())";
    fixture.run(code).await;
    let answer = fixture.contexts.inspect(&fixture.id).await.unwrap();
    let shown: Vec<_> = answer
        .variables
        .iter()
        .map(|one| {
            (
                one.name.as_str(),
                one.r#type.as_str(),
                one.length,
                one.shape.as_slice(),
                one.text.as_str(),
            )
        })
        .collect();
    for expected in [
        ("s", "character", Some(1), &[][..], "\"q\\\"ü\""),
        ("v", "integer", Some(3), &[], "1:3"),
        ("m", "matrix", None, &[2, 2], "1:4"),
        ("d", "data.frame", None, &[3, 1], "<data.frame>"),
        ("l", "list", Some(2), &[], "<list>"),
        ("f", "function", None, &[], "<function>"),
        ("o", "own", None, &[], "<own>"),
        ("active", "active", None, &[], "<active binding>"),
    ] {
        assert!(shown.contains(&expected), "{expected:?} {shown:?}");
    }
    fixture
        .run("for (i in 1:3000) assign(paste0('v', i), strrep('ü', 100))")
        .await;
    let answer = fixture.contexts.inspect(&fixture.id).await.unwrap();
    assert!(answer.truncated && answer.variables.len() > 50);
}

#[tokio::test]
async fn refreshes_the_random_numbers_of_r() {
    let Some(fixture) = r().await else {
        return;
    };
    let draw = "cat(runif(3))";
    fixture.run("set.seed(1)").await;
    let first = fixture.run(draw).await.stdout;
    fixture.run("set.seed(1)").await;
    assert_eq!(fixture.run(draw).await.stdout, first);
    fixture
        .run("set.seed(1); kind <- RNGkind('Wichmann-Hill')")
        .await;
    fixture.run("set.seed(1)").await;
    let other = fixture.run("cat(runif(3), RNGkind()[1])").await.stdout;
    fixture.run("set.seed(1)").await;
    fixture.contexts.refresh();
    let refreshed = fixture.run("cat(runif(3), RNGkind()[1])").await.stdout;
    assert_ne!(refreshed, other);
    assert!(refreshed.ends_with("Wichmann-Hill"));
}
