//! A driver that has imported libraries while it waited.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::cell_client::Seen;
use super::fixture::{packages, python, Fixture, HAS_IPYTHON, OK};
use super::waiting_tests::{create, warmed_in};
use super::Contexts;

const BASE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../image/base");

/// Writes a library that counts how often it is executed, and prints and warns.
fn add_library(home: &Path) {
    let library = home.join("library/counted");
    fs::create_dir_all(&library).unwrap();
    let count = home.join("count").display().to_string();
    let code = format!(
        "import sys\nimport numpy\nfrom . import part\nfrom .part import value\nSTATE = numpy.random.get_state()[1].tolist()\nopen({count:?}, 'a').write('x')\nprint('hello')\nprint('warning', file=sys.stderr)\n"
    );
    fs::write(library.join("__init__.py"), code).unwrap();
    fs::write(library.join("part.py"), "value = 41\n").unwrap();
    fs::write(library.join("other.py"), "").unwrap();
}

/// Contexts whose drivers are copies with a record of these libraries, and one that waits.
async fn preloaded(libraries: &[&str]) -> Option<(TempDir, Contexts)> {
    if !*HAS_IPYTHON {
        return None;
    }
    waiting_in_copy_of(recorded(libraries).path()).await
}

/// A home with drivers, the record of these libraries, and what their imports leave there, such as matplotlib's list of fonts.
fn recorded(libraries: &[&str]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path();
    add_library(home);
    copy_drivers(home);
    let recorded = record(home, libraries).output().unwrap();
    assert!(recorded.status.success(), "{recorded:?}");
    // The first import has written it.
    let recorded = record(home, libraries).output().unwrap();
    fs::write(home.join("drivers/preload.json"), recorded.stdout).unwrap();
    directory
}

async fn waiting_in_copy_of(home: &Path) -> Option<(TempDir, Contexts)> {
    let directory = tempfile::tempdir().unwrap();
    copy(&home.join("."), directory.path());
    add_library(directory.path());
    fs::remove_file(directory.path().join("count")).unwrap();
    let (directory, contexts, _) = warmed_in(directory).await?;
    assert_eq!(executions(directory.path()), "x");
    Some((directory, contexts))
}

fn copy_drivers(home: &Path) {
    for name in ["drivers", "check_drivers.py", "record_modules.py"] {
        copy(&Path::new(BASE).join(name), home);
    }
}

fn copy(from: &Path, to: &Path) {
    let mut copy = Command::new("cp");
    assert!(copy.arg("-r").args([from, to]).status().unwrap().success());
}

fn record(home: &Path, libraries: &[&str]) -> Command {
    let mut record = Command::new("python3");
    record
        .arg(home.join("record_modules.py"))
        .args(libraries)
        .env("PYTHONPATH", packages(home))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("HOME", home)
        .env("TMPDIR", home)
        .stdin(Stdio::null());
    record
}

fn executions(home: &Path) -> String {
    fs::read_to_string(home.join("count")).unwrap_or_default()
}

fn names(seen: &Seen) -> BTreeSet<String> {
    seen.stdout.split_whitespace().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_cell_finds_the_same_modules_as_in_another_driver() {
    if !*HAS_IPYTHON {
        return;
    }
    let home = recorded(&["numpy", "pandas", "matplotlib.pyplot", "counted"]);
    for code in [
        "pass",
        "import numpy",
        "import pandas",
        "import matplotlib",
        "import matplotlib.pyplot",
        "import csv\nfrom PIL import Image",
        "import dateutil.tz\nimport xml.parsers.expat",
        "from counted import value\nimport pandas.api",
        "import counted.other\nimport importlib\nimportlib.import_module('pandas')",
    ] {
        let Some((directory, contexts)) = waiting_in_copy_of(home.path()).await else {
            return;
        };
        let waited = create(&contexts, python()).await;
        let started = create(&contexts, python()).await;
        let mut fixture = Fixture::of(directory, contexts, waited);
        let mut found = vec![];
        let listed = "import sys\nprint(*sorted(sys.modules))";
        let attributes = "[one for one in list(sys.modules) if '.' in one and not hasattr(sys.modules.get(one.rpartition('.')[0]), one.rpartition('.')[2])]";
        for id in [fixture.id.clone(), started] {
            fixture.id = id;
            let first = names(&fixture.run(listed).await);
            assert_eq!(fixture.run(code).await.outcome(), OK, "{code}");
            let after = names(&fixture.run(listed).await);
            found.push((first, after, fixture.run(attributes).await.result()));
        }
        let (before, [waited, started]) = (&found[0].0, [&found[0].1, &found[1].1]);
        assert_eq!(before, &found[1].0, "{code}");
        let difference: Vec<_> = waited.symmetric_difference(started).collect();
        assert_eq!((difference, &found[0].2), (vec![], &found[1].2), "{code}");
    }
}

#[tokio::test]
async fn a_library_is_executed_in_the_template_alone() {
    let Some((directory, contexts)) = preloaded(&["counted"]).await else {
        return;
    };
    let home = directory.path().to_owned();
    let id = create(&contexts, python()).await;
    let fixture = Fixture::of(directory, contexts, id);
    // A look at what there is loads nothing.
    let code = "import importlib.util, sys\nspec = importlib.util.find_spec('counted')\nspec.origin.endswith('library/counted/__init__.py'), 'counted' in sys.modules";
    assert_eq!(fixture.run(code).await.result(), "(True, False)");
    let seen = fixture
        .run("import counted\ncounted.value, counted.part.value, counted.__spec__.loader.name, hasattr(counted, 'other')")
        .await;
    assert_eq!(seen.result(), "(41, 41, 'counted', False)");
    assert_eq!((seen.stdout.as_str(), seen.stderr.as_str()), ("", ""));
    assert_eq!(executions(&home), "x");
    let seen = fixture
        .run("import importlib\nimportlib.reload(counted)\ncounted.__spec__.loader.name")
        .await;
    assert_eq!(
        (seen.result(), seen.stdout.as_str()),
        ("'counted'".to_owned(), "hello\n")
    );
    assert_eq!(executions(&home), "xx");
}

#[tokio::test]
async fn a_module_of_the_user_comes_first() {
    let Some((directory, contexts)) = preloaded(&["counted", "pandas"]).await else {
        return;
    };
    let home = directory.path().to_owned();
    let id = create(&contexts, python()).await;
    let fixture = Fixture::of(directory, contexts, id);
    fs::write(home.join("counted.py"), "value = 7\n").unwrap();
    fs::write(home.join("dateutil.py"), "").unwrap();
    let seen = fixture
        .run("import counted\ncounted.value, counted.__file__")
        .await;
    let expected = format!("(7, '{}')", home.join("counted.py").display());
    assert_eq!(seen.result(), expected);
    assert_eq!(executions(&home), "x");
    // One that a library needs: the others are handed over.
    let seen = fixture
        .run("import dateutil, numpy, pandas\ndateutil.__file__")
        .await;
    let expected = format!("'{}'", home.join("dateutil.py").display());
    assert_eq!((seen.result(), seen.stderr.as_str()), (expected, ""));
}

#[tokio::test]
async fn renews_what_it_hands_over_and_nothing_else() {
    let Some((directory, contexts)) = preloaded(&["counted"]).await else {
        return;
    };
    let id = create(&contexts, python()).await;
    let fixture = Fixture::of(directory, contexts, id);
    let code = "import random\nrandom.seed(1)\nimport counted, numpy\nnumpy.random.get_state()[1].tolist() == counted.STATE, random.random()";
    assert_eq!(
        fixture.run(code).await.result(),
        "(False, 0.13436424411240122)"
    );
    let code = "numpy.random.seed(1)\nimport pandas\nnumpy.random.rand()";
    assert_eq!(fixture.run(code).await.result(), "0.417022004702574");
}

#[tokio::test]
async fn a_record_names_what_cannot_be_imported() {
    if !*HAS_IPYTHON {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    copy_drivers(directory.path());
    for (library, reason) in [
        ("missing", "No module named 'missing'"),
        ("json.missing", "No module named 'json.missing'"),
        (
            "json.decoder.x",
            "No module named 'json.decoder.x'; 'json.decoder' is not a package",
        ),
    ] {
        let failed = record(directory.path(), &[library]).output().unwrap();
        let errors = String::from_utf8(failed.stderr).unwrap();
        let expected =
            format!("E: a template cannot import {library}: ModuleNotFoundError: {reason}\n");
        assert_eq!((failed.status.code(), errors), (Some(1), expected));
    }
}
