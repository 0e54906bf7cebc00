//! Contexts with the driver of Java. They need JDK 25 or newer in JAVA_HOME or PATH, and are skipped without.

use std::env;
use std::process::Command;
use std::sync::LazyLock;

use super::super::fixture::{Fixture, FAILED, OK};
use super::super::language_rows::{check, Expected, Row};
use super::{check_ends, check_interrupts, check_stubborn, fixture_with, End};
use Expected::{Err, Fails, Out, Part};

const PLAIN: &str = "text/plain";

/// The path on which the first `java` has a shell that can stop its code.
static PATH: LazyLock<Option<String>> = LazyLock::new(|| {
    let mut path = env::var("PATH").unwrap_or_default();
    if let Ok(home) = env::var("JAVA_HOME") {
        path = format!("{home}/bin:{path}");
    }
    let mut java = Command::new("java");
    let version = java.env("PATH", &path).arg("--version").output().ok();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let major = version
        .as_deref()
        .unwrap_or_default()
        .split([' ', '.'])
        .nth(1);
    let has = major.and_then(|major| major.parse::<u32>().ok()) >= Some(25);
    if !has {
        eprintln!("skipped: there is no JDK 25 or newer in JAVA_HOME or PATH");
    }
    has.then_some(path)
});

async fn java() -> Option<Fixture> {
    let path = PATH.clone()?;
    Some(fixture_with("java", [("PATH".to_owned(), path)].into()).await)
}

#[tokio::test]
async fn runs_cells_of_java_in_one_process() {
    let Some(fixture) = java().await else {
        return;
    };
    let rows: &[Row] = &[
        ("int x = 41;", &[]),
        ("x + 1", &[Part(PLAIN, "42")]),
        (
            "System.out.println(\"ü\"); System.err.print(\"e\"); \"text\"",
            &[Out("ü\n"), Err("e"), Part(PLAIN, "\"text\"")],
        ),
        ("x = 5", &[]),
        ("x", &[Part(PLAIN, "5")]),
        ("x;", &[Part(PLAIN, "5")]),
        ("", &[]),
        ("// nothing", &[]),
        ("String s = null; s", &[Part(PLAIN, "null")]),
        (
            "for (int i = 0; i < 3; i++) {\n  System.out.print(i);\n}\nList.of(1, 2)",
            &[Out("012"), Part(PLAIN, "[1, 2]")],
        ),
        (
            "int f(int n) {\n  return 1 / n;\n}\n\nf(0)",
            &[Fails("java.lang.ArithmeticException", "/ by zero", 2)],
        ),
        ("\nf(0)", &[Fails("java.lang.ArithmeticException", "/ by zero", 2)]),
        ("\n\n// c\nthrow new Exception(\"e\");", &[Fails("java.lang.Exception", "e", 4)]),
        (
            "System.out.print(1);\nint y = \"a\";\nSystem.out.print(2);",
            &[Out("1"), Fails("CompilationError", "incompatible types", 2)],
        ),
        ("\nfoo()", &[Fails("CompilationError", "cannot find symbol", 2)]),
        ("if (x > 1) {\n", &[Fails("CompilationError", "reached end of file", 1)]),
        ("int g() { return later(); }", &[]),
        ("\ng()", &[Fails("CompilationError", "not defined", 1)]),
        ("int later() { return 8; }\ng()", &[Part(PLAIN, "8")]),
        ("record P(int a) {}\nnew P(3)", &[Part(PLAIN, "P[a=3]")]),
        ("int x = 6; System.exit(3); x = 7;", &[Fails("ProcessExit", "3", 1)]),
        ("Runtime.getRuntime().exit(4);", &[Fails("ProcessExit", "4", 1)]),
        ("x", &[Part(PLAIN, "6")]),
        ("System.in.read()", &[Part(PLAIN, "-1")]),
        (
            "new String(new ProcessBuilder(\"sh\", \"-c\", \"ls /proc/self/fd | wc -l\").start().getInputStream().readAllBytes()).strip()",
            &[Part(PLAIN, "\"4\"")],
        ),
        (
            "Stream.of(1, 2, 3).map(i -> i * 2).toList()",
            &[Part(PLAIN, "[2, 4, 6]")],
        ),
    ];
    check(&fixture, rows).await;
}

#[tokio::test]
async fn restores_variables_of_a_cell_of_java() {
    let Some(fixture) = java().await else {
        return;
    };
    let show = "System.out.println(String.join(\" \", System.getenv(\"OLD\"), System.getenv().getOrDefault(\"NEW\", \"none\"), \
                System.getProperty(\"NEW\", \"none\")))";
    let with = |cell: &mut crate::wire::sandbox::v1::ExecuteCellRequest| {
        let pairs = [("OLD", "'\"\n$x `ls`"), ("NEW", "ü")];
        cell.env = pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    };
    let seen = fixture.run_with(show, with).await;
    assert_eq!(seen.stdout, "'\"\n$x `ls` ü ü\n", "{seen:?}");
    let seen = fixture
        .run("System.getenv(\"OLD\") + System.getenv(\"NEW\") + System.getProperty(\"NEW\")")
        .await;
    assert_eq!(seen.result(), "\"nullnullnull\"");
    let seen = fixture
        .run("System.getProperty(\"HOME\").equals(System.getenv(\"HOME\"))")
        .await;
    assert_eq!(seen.result(), "true");
    let directory = fixture.directory().to_owned();
    let seen = fixture.run_with("1", |cell| cell.cwd = directory).await;
    assert_eq!((seen.result().as_str(), seen.outcome()), ("1", OK));
    let seen = fixture
        .run_with("1", |cell| cell.cwd = "/usr".to_owned())
        .await;
    assert_eq!(
        (seen.errors[0].name.as_str(), seen.outcome()),
        ("CellNotStarted", FAILED)
    );
    assert!(
        seen.errors[0]
            .value
            .contains("/usr cannot be the directory"),
        "{seen:?}"
    );
}

#[tokio::test]
async fn interrupts_a_cell_of_java_and_keeps_its_variables() {
    let Some(fixture) = java().await else {
        return;
    };
    let cells = [
        "while (true) {}",
        "Thread.sleep(60_000); System.out.print(\"never\");",
        "while (true) { try { Thread.sleep(60_000); } catch (Throwable ignored) {} }",
        "int f(int n) { return n == 0 ? 0 : f(n - 1); }\nfor (;;) f(100);",
        "new Object() { public String toString() { while (true) {} } }",
        "Stream.iterate(1, i -> i + 1).filter(i -> i < 0).findFirst()",
    ];
    fixture.run("int x = 7;").await;
    check_interrupts(&fixture, &cells, "System.out.print(x)", "7").await;
    let stubborn = "java.util.concurrent.locks.LockSupport.parkNanos(1); new ProcessBuilder(\"sh\", \"-c\", \"trap '' INT; sleep 60\").start().getInputStream().transferTo(OutputStream.nullOutputStream())";
    check_stubborn(&fixture, stubborn, "System.out.print(1)", "1").await;
}

#[tokio::test]
async fn bounds_hostile_cells_of_java() {
    let Some(fixture) = java().await else {
        return;
    };
    let kept = [
        ("int f(int n) { return f(n + 1); }\nf(0)", FAILED),
        ("throw new RuntimeException(\"x\".repeat(10_000_000));", FAILED),
        ("throw new RuntimeException(\"\\ud800\\u0000\\n\".repeat(10_000));", FAILED),
        ("class E extends RuntimeException { public String getMessage() { throw new IllegalStateException(); } }\nthrow new E();", FAILED),
        ("new Object() { public String toString() { throw new IllegalStateException(\"s\"); } }", FAILED),
        ("\"x\".repeat(20_000_000)", OK),
        ("System.setOut(null); System.setErr(null);", OK),
        ("Thread.currentThread().interrupt();", OK),
        ("new Thread(() -> { throw new Error(); }).start();", OK),
        ("for (Thread one : Thread.getAllStackTraces().keySet()) one.interrupt();", OK),
    ];
    for (code, outcome) in kept {
        let seen = fixture.run(code).await;
        assert_eq!(seen.outcome(), outcome, "{code}: {seen:?}");
    }
    fixture.contexts.refresh();
    let alive = "System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), true)); System.out.print(\"alive\");";
    assert_eq!(fixture.run(alive).await.stdout, "alive");
    let seen = fixture
        .run("byte[] some = new byte[1 << 20]; Arrays.fill(some, (byte) 'x'); for (int i = 0; i < 1000; i++) System.out.write(some);")
        .await;
    assert!(
        seen.ended.text_truncated && seen.outcome() == OK,
        "{:?}",
        seen.ended
    );
    let native = |act: &str| {
        format!(
            "import java.lang.foreign.*;
var linker = Linker.nativeLinker();
var write = linker.downcallHandle(linker.defaultLookup().find(\"write\").get(),
    FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
var close = linker.downcallHandle(linker.defaultLookup().find(\"close\").get(), FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
void send(byte... bytes) throws Throwable {{
  MemorySegment all = Arena.global().allocate(bytes.length);
  all.copyFrom(MemorySegment.ofArray(bytes));
  long written = (long) write.invokeExact(3, all, (long) bytes.length);
}}
{act}"
        )
    };
    let ended = "byte[] text = \"{\\\"type\\\":\\\"ended\\\",\\\"cell\\\":999}\".getBytes(); send(new byte[] {0, 0, 0, (byte) text.length, 0, 0, 0, 0}); send(text); Thread.sleep(20_000);";
    let breaking = [
        (native("send(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1}); Thread.sleep(20_000);"), End::Broken),
        (native(ended), End::Broken),
        (native("int closed = (int) close.invokeExact(3);"), End::Died(70)),
        ("Runtime.getRuntime().halt(3)".to_owned(), End::Died(3)),
        ("new ProcessBuilder(\"sh\", \"-c\", \"kill -9 $PPID\").start().waitFor(); Thread.sleep(20_000);".to_owned(), End::Died(137)),
    ];
    check_ends(&fixture, &breaking).await;
}

#[tokio::test]
async fn a_cell_of_java_that_needs_too_much_memory_fails_alone() {
    let Some(path) = PATH.clone() else {
        return;
    };
    // Without it the heap would be a part of the memory of this machine.
    let env = [("PATH", path.as_str()), ("JDK_JAVA_OPTIONS", "-Xmx64m")];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let fixture = fixture_with("java", env.into()).await;
    fixture.run("int x = 1;").await;
    let seen = fixture.run("byte[] all = new byte[1 << 30];").await;
    assert_eq!(
        seen.errors[0].name, "java.lang.OutOfMemoryError",
        "{seen:?}"
    );
    let seen = fixture
        .run("List<byte[]> list = new ArrayList<>(); while (true) list.add(new byte[1 << 20]);")
        .await;
    assert_eq!(
        seen.errors[0].name, "java.lang.OutOfMemoryError",
        "{seen:?}"
    );
    fixture.run("list = null;").await;
    assert_eq!(fixture.run("x").await.result(), "1");
}

#[tokio::test]
async fn describes_variables_of_java() {
    let Some(fixture) = java().await else {
        return;
    };
    fixture
        .run("String s = \"q\\\"ü\"; int n = 4; Object o = new Object() { public String toString() { while (true) {} } }; var l = List.of(1); 1 + 1")
        .await;
    let answer = fixture.contexts.inspect(&fixture.id).await.unwrap();
    let shown: Vec<_> = answer
        .variables
        .iter()
        .map(|one| (one.name.as_str(), one.r#type.as_str(), one.text.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            ("l", "List<Integer>", "<List<Integer>>"),
            ("n", "int", "4"),
            ("o", "Object", "<Object>"),
            ("s", "String", "\"q\\\"ü\""),
        ]
    );
}

#[tokio::test]
async fn refreshes_the_random_numbers_of_java() {
    let Some(fixture) = java().await else {
        return;
    };
    let seed = "void seed() throws Exception {
  for (String name : List.of(\"java.lang.Math$RandomNumberGeneratorHolder.randomNumberGenerator\", \"java.util.Collections.r\")) {
    int dot = name.lastIndexOf('.');
    var field = Class.forName(name.substring(0, dot)).getDeclaredField(name.substring(dot + 1));
    field.setAccessible(true);
    ((Random) field.get(null)).setSeed(1);
  }
}
var some = new ArrayList<>(IntStream.range(0, 20).boxed().toList());
String draw() { Collections.sort(some); Collections.shuffle(some); return Math.random() + \" \" + some; }
draw();";
    let seen = fixture.run(seed).await;
    assert_eq!(seen.outcome(), OK, "{seen:?}");
    let first = fixture.run("seed(); draw()").await.result();
    assert_eq!(fixture.run("seed(); draw()").await.result(), first);
    fixture.run("seed();").await;
    fixture.contexts.refresh();
    assert_ne!(fixture.run("draw()").await.result(), first);
}
