//! The next spawner removes what a killed one has left, and nothing else.

use crate::common;

use std::fs;
use std::os::unix::fs::{chown, symlink, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{is_gone, pidfd, wait_for_end, wire, Event, Host, Request};
use rustix::process::{kill_process, Pid, Signal};

fn sweep(base: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_neurovisor-spawner"))
        .arg("--sweep")
        .arg(base)
        .args(more)
        .output()
        .unwrap()
}

fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn hold(host: &mut Host, path: &Path) -> String {
    let path = path.to_str().unwrap().to_owned();
    host.send(Request::HoldScratch(wire::HoldScratch {
        path: path.clone(),
    }));
    match host.event() {
        Event::ScratchHeld(held) if held.path == path => held.problem,
        other => panic!("expected ScratchHeld of {path}, got {other:?}"),
    }
}

fn kill_spawner(host: &mut Host) {
    kill_process(Pid::from_child(&host.spawner), Signal::KILL).unwrap();
    host.wait();
}

/// Starts a VMM that outlives its spawner, as if the kernel did not kill it with its parent.
fn start_survivor(host: &mut Host) -> Pid {
    let arguments = ["--pdeathsig", "clear", "/bin/sleep", "1000"];
    let pid = host.start("vm", "/usr/bin/setpriv", &arguments);
    common::until("it has become the other program", || {
        common::status(pid, "Name") == "sleep"
    });
    pid
}

fn scratch(base: &Path) -> PathBuf {
    let path = base.join("store/.base~building-1-x");
    fs::create_dir_all(path.join("scratch/deep")).unwrap();
    fs::write(path.join("scratch/deep/file"), "half").unwrap();
    path
}

#[test]
fn removes_leftovers_of_a_killed_spawner() {
    let mut host = Host::new();
    let base = host.temporary.path().to_owned();
    let scratch = scratch(&base);
    let vmm = start_survivor(&mut host);
    let survivor = pidfd(vmm);
    let bubblewrap = common::status(vmm, "PPid").parse().unwrap();
    let bubblewrap = pidfd(Pid::from_raw(bubblewrap).unwrap());
    assert_eq!(hold(&mut host, &scratch), "");
    kill_spawner(&mut host);
    wait_for_end(&bubblewrap);
    assert!(!is_gone(&survivor) && host.runtime_dir().join("vm").exists());

    let expected = [
        format!("process {vmm}"),
        format!("scratch {}", scratch.display()),
        format!("directory {}", host.runtime_dir().display()),
    ];
    assert_eq!(lines(&sweep(&base, &["--dry-run"])), expected);
    assert!(!is_gone(&survivor) && scratch.exists() && host.runtime_dir().exists());
    let swept = sweep(&base, &[]);
    assert_eq!(lines(&swept), expected);
    assert!(swept.status.success());
    assert!(is_gone(&survivor) && !scratch.exists() && !host.runtime_dir().exists());
    assert!(base.join("store").exists());
    assert!(lines(&sweep(&base, &[])).is_empty());
}

#[test]
fn sweeps_when_the_next_spawner_starts() {
    let mut dead = Host::new();
    let base = dead.temporary.path().to_owned();
    let survivor = pidfd(start_survivor(&mut dead));
    kill_spawner(&mut dead);
    let next = common::serving(&base.join("next"))
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(next.status.success());
    wait_for_end(&survivor);
    assert_eq!(fs::read_dir(base).unwrap().count(), 0);
}

#[test]
fn keeps_what_a_living_spawner_holds() {
    let mut host = Host::new();
    let base = host.temporary.path().to_owned();
    let scratch = scratch(&base);
    let vmm = pidfd(start_survivor(&mut host));
    hold(&mut host, &scratch);
    assert!(lines(&sweep(&base, &[])).is_empty());
    assert!(!is_gone(&vmm) && scratch.exists() && host.runtime_dir().join("vm").exists());
    host.kill("vm");
    host.exited("vm");
    host.leave();
    assert!(!scratch.exists());
}

#[test]
fn removes_scratch_unless_it_was_released() {
    let mut host = Host::new();
    let base = host.temporary.path().to_owned();
    let (held, published) = (scratch(&base), base.join("store/.other~building-2-x"));
    fs::create_dir(&published).unwrap();
    assert_eq!(hold(&mut host, &held), "");
    assert_eq!(hold(&mut host, &published), "");
    assert!(hold(&mut host, &base.join("store")).contains("not the path of scratch"));
    let path = published.to_str().unwrap().to_owned();
    host.send(Request::ReleaseScratch(wire::ReleaseScratch { path }));
    let temporary = std::mem::replace(&mut host.temporary, tempfile::tempdir().unwrap());
    host.stdin = None;
    assert_eq!(host.wait().code(), Some(0));
    assert!(!held.exists() && published.exists() && !temporary.path().join("run").exists());
}

/// A runtime directory with a forged journal.
fn with_journal(lines: &str) -> (tempfile::TempDir, PathBuf) {
    let temporary = tempfile::tempdir().unwrap();
    let run = temporary.path().join("1-a");
    fs::create_dir(&run).unwrap();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    fs::write(run.join(".journal"), format!("boot {boot}{lines}")).unwrap();
    fs::set_permissions(run.join(".journal"), fs::Permissions::from_mode(0o600)).unwrap();
    (temporary, run)
}

fn start_of(pid: u32) -> String {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    after_name.split_whitespace().nth(19).unwrap().to_owned()
}

#[test]
fn kills_a_process_only_if_everything_matches() {
    let mut command = Command::new("/usr/bin/setsid");
    let mut leader = command.args(["/bin/sleep", "1000"]).spawn().unwrap();
    let pid = leader.id();
    common::until("it leads a session", || {
        nix::unistd::getsid(Some(nix::unistd::Pid::from_raw(pid as i32)))
            .is_ok_and(|session| session.as_raw() == pid as i32)
    });
    let start: u64 = start_of(pid).parse().unwrap();
    let mut follower = Command::new("/bin/sleep").arg("1000").spawn().unwrap();
    let (follower_pid, follower_start) = (follower.id(), start_of(follower.id()));
    let init_start = start_of(1);
    for line in [
        format!("+ process {pid} {}\n", start + 1),
        format!("+ process {pid} {start}"),
        format!("+ process {pid} {start}\n- process {pid} {start}\n"),
        // A process in the session of these tests.
        format!("+ process {follower_pid} {follower_start}\n"),
        format!("+ process 1 {init_start}\n"),
    ] {
        let (temporary, run) = with_journal(&line);
        let output = sweep(temporary.path(), &[]);
        assert_eq!(lines(&output), [format!("directory {}", run.display())]);
        assert!(leader.try_wait().unwrap().is_none() && follower.try_wait().unwrap().is_none());
    }
    // A journal from before a reboot, since which the ids have been reused.
    let (temporary, run) = with_journal("");
    fs::write(
        run.join(".journal"),
        format!("boot 0\n+ process {pid} {start}\n"),
    )
    .unwrap();
    sweep(temporary.path(), &[]);
    assert!(leader.try_wait().unwrap().is_none() && !run.exists());

    let (temporary, _) = with_journal(&format!("+ process {pid} {start}\n"));
    assert!(lines(&sweep(temporary.path(), &[]))[0].starts_with("process"));
    assert!(leader.wait().is_ok());
    follower.kill().unwrap();
    follower.wait().unwrap();
}

#[test]
fn kills_members_of_a_session_that_started_with_it() {
    let script = "sleep 1000 >/dev/null 2>&1 & echo $$ $!";
    let output = Command::new("/usr/bin/setsid")
        .args(["/bin/sh", "-c", script])
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let (leader, member) = output.trim_end().split_once(' ').unwrap();
    let member = member.parse().unwrap();
    let left = pidfd(Pid::from_raw(member).unwrap());
    let start: u64 = start_of(member.try_into().unwrap()).parse().unwrap();
    // More than ten seconds in clock ticks: longer than bubblewrap may take to start its VMM.
    for (born, killed) in [(start - 1001, false), (start - 1000, true)] {
        let (temporary, _) = with_journal(&format!("+ process {leader} {born}\n"));
        let output = sweep(temporary.path(), &[]);
        let process = format!("process {member}");
        assert_eq!(lines(&output).contains(&process), killed, "{output:?}");
        assert_eq!(is_gone(&left), killed);
    }
}

#[test]
fn removes_nothing_but_scratch_for_a_forged_journal() {
    let elsewhere = tempfile::tempdir().unwrap();
    let kept = elsewhere.path().join("precious");
    fs::create_dir(&kept).unwrap();
    symlink(&kept, elsewhere.path().join(".link~building-1")).unwrap();
    symlink(elsewhere.path(), elsewhere.path().join("around")).unwrap();
    let strangers = elsewhere.path().join(".theirs~building-1");
    fs::create_dir(&strangers).unwrap();
    let as_root = rustix::process::geteuid().is_root();
    if as_root {
        chown(&strangers, Some(12345), Some(12345)).unwrap();
    }
    let at = |name: &str| elsewhere.path().join(name).display().to_string();
    let mut hostile = vec![
        "scratch /".to_owned(),
        "scratch /..".to_owned(),
        "scratch .x~building-1".to_owned(),
        format!("scratch {}", at("precious")),
        format!("scratch {}", at("precious/../precious")),
        format!("scratch {}", at(".link~building-1")),
        format!("scratch {}", at("around/.link~building-1")),
        "cgroup /".to_owned(),
        "cgroup /sys/fs/cgroup".to_owned(),
        "cgroup /sys/fs/cgroup/neurovisor/vm-1/../..".to_owned(),
        format!("cgroup {}", at("precious")),
    ];
    hostile.extend(as_root.then(|| format!("scratch {}", at(".theirs~building-1"))));
    for line in hostile {
        let (temporary, run) = with_journal(&format!("+ {line}\n"));
        let output = sweep(temporary.path(), &[]);
        assert!(lines(&output).is_empty(), "{line}: {output:?}");
        assert_eq!(output.status.code(), Some(1), "{line}");
        // Reported for manual inspection.
        assert!(
            run.exists() && kept.exists() && strangers.exists(),
            "{line}"
        );
    }
    for noise in [
        "+ scratch\n",
        "\0\0\n\u{fffd}",
        "+ process 99999999999999 1\n",
        "+ thing /\n",
    ] {
        let (temporary, run) = with_journal(noise);
        assert!(sweep(temporary.path(), &[]).status.success(), "{noise:?}");
        assert!(!run.exists(), "{noise:?}");
    }
}

#[test]
fn keeps_other_directories() {
    let temporary = tempfile::tempdir().unwrap();
    let at = |name: &str| temporary.path().join(name);
    fs::create_dir_all(at("photos/2026")).unwrap();
    fs::create_dir(at("1-empty")).unwrap();
    fs::create_dir(at("empty")).unwrap();
    fs::create_dir_all(at("2-full/vm")).unwrap();
    let (others, run) = with_journal("");
    symlink(&run, at("3-link")).unwrap();
    let output = sweep(temporary.path(), &[]);
    assert_eq!(
        lines(&output),
        [format!("directory {}", at("1-empty").display())]
    );
    assert!(at("photos/2026").exists() && at("empty").exists() && at("2-full/vm").exists());
    assert!(run.exists());

    // A directory may be a trap if others can write to its parent.
    fs::set_permissions(others.path(), fs::Permissions::from_mode(0o777)).unwrap();
    assert!(lines(&sweep(others.path(), &[])).is_empty() && run.exists());
    assert!(sweep(&at("missing"), &[]).status.success());
}
