//! The threads for file operations.

use std::collections::BTreeMap;
use std::fs;
use std::sync::mpsc;

use rustix::process::geteuid;

use super::*;

/// Returns the fields of /proc/thread-self/status on a thread of the pool.
async fn status(pool: &Pool) -> BTreeMap<String, String> {
    let text = pool
        .run(|_| Ok(fs::read_to_string("/proc/thread-self/status").unwrap()))
        .await
        .unwrap();
    fields(&text)
}

fn fields(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect()
}

#[tokio::test]
async fn confines_its_threads_only() {
    let before = fs::read_to_string("/proc/self/status").unwrap();
    let status = status(&Pool::new(None)).await;
    assert_eq!(status["NoNewPrivs"], "1");
    assert_eq!(status["Umask"], "0022");
    assert_eq!(status["Name"], "files");
    let after = fs::read_to_string("/proc/self/status").unwrap();
    for field in ["Umask", "Uid", "Gid", "Groups", "CapEff", "NoNewPrivs"] {
        assert_eq!(fields(&before).get(field), fields(&after).get(field));
    }
}

#[tokio::test]
async fn becomes_an_ordinary_user_without_privileges() {
    if !geteuid().is_root() {
        return;
    }
    let pool = Pool::as_user();
    let status = status(&pool).await;
    assert_eq!(status["Uid"], "1000\t1000\t1000\t1000");
    assert_eq!(status["Gid"], "1000\t1000\t1000\t1000");
    assert_eq!(status["Groups"], "");
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(status[set], "0000000000000000", "{set}");
    }
    let read = pool.run(|_| Ok(fs::read("/etc/shadow").is_err())).await;
    assert!(read.unwrap(), "the kernel refuses root's files");
    assert!(geteuid().is_root(), "the agent stays root");
}

/// A process in namespaces of its own, with a file that only its mounts have.
struct Keeper(std::process::Child);

impl Keeper {
    const FILE: &str = "/mnt/neurovisor-test";

    /// Returns `None` if this process may not make namespaces.
    fn start() -> Option<Self> {
        let script = "mount -t tmpfs tmpfs /mnt && echo inside > /mnt/neurovisor-test && \
                      chmod 644 /mnt/neurovisor-test && echo ready && exec sleep 60";
        let mut child = std::process::Command::new("unshare")
            .args(["-m", "-i", "-n", "-C", "sh", "-c", script])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .ok()?;
        let mut line = String::new();
        let mut output = std::io::BufReader::new(child.stdout.take()?);
        std::io::BufRead::read_line(&mut output, &mut line).ok()?;
        let keeper = Self(child);
        (line == "ready\n").then_some(keeper)
    }

    fn namespaces(&self) -> Arc<Namespaces> {
        let process = rustix::process::Pid::from_raw(self.0.id() as i32).unwrap();
        Arc::new(Namespaces::of(process).unwrap())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn enters_the_namespaces_of_programs() {
    let Some(keeper) = Keeper::start().filter(|_| geteuid().is_root()) else {
        return;
    };
    let pool = Pool::new(Some(keeper.namespaces()));
    let status = status(&pool).await;
    assert_eq!(status["Uid"], "1000\t1000\t1000\t1000");
    assert_eq!(
        (status["Groups"].as_str(), status["NoNewPrivs"].as_str()),
        ("", "1")
    );
    assert_eq!(
        (status["CapEff"].as_str(), status["Umask"].as_str()),
        ("0000000000000000", "0022")
    );
    for _ in 0..2 * THREADS {
        let read = pool
            .run(|_| Ok(fs::read_to_string(Keeper::FILE).unwrap()))
            .await;
        assert_eq!(read.unwrap(), "inside\n");
    }
    assert!(!std::path::Path::new(Keeper::FILE).exists());
    assert!(geteuid().is_root());
}

#[tokio::test]
async fn refuses_operations_when_a_thread_cannot_be_confined() {
    let pool = Pool::entering(Arc::new(|| Err(io::Error::other("no such namespace"))));
    for _ in 0..2 {
        let refusal = pool.run(|_| Ok(())).await.unwrap_err();
        assert_eq!(refusal.code(), tonic::Code::Internal);
    }
    let refusal = pool.run(|_| Ok(())).await.unwrap_err();
    assert!(refusal.message().contains("no such namespace"), "{refusal}");
}

#[tokio::test]
async fn serves_others_while_an_operation_takes_long() {
    let pool = Pool::new(None);
    let (release, released) = mpsc::channel::<()>();
    let slow = tokio::spawn({
        let pool = pool.clone();
        async move {
            pool.run(move |_| {
                released.recv().unwrap();
                Ok(())
            })
            .await
        }
    });
    for number in 0..100 {
        assert_eq!(pool.run(move |_| Ok(number)).await.unwrap(), number);
    }
    release.send(()).unwrap();
    slow.await.unwrap().unwrap();
}

#[tokio::test]
async fn limits_waiting_operations() {
    let pool = Pool::new(None);
    let (release, released) = mpsc::channel::<()>();
    let released = Arc::new(Mutex::new(released));
    for _ in 0..THREADS {
        let released = released.clone();
        pool.finish(move || {
            let _ = released.lock().unwrap().recv();
        });
    }
    let mut refused = false;
    for _ in 0..QUEUE_MAX + THREADS {
        refused |= pool.submit(Box::new(|| ()), QUEUE_MAX).is_err();
    }
    assert!(refused);
    let (sender, receiver) = oneshot::channel();
    pool.finish(move || sender.send(()).unwrap());
    drop(release);
    receiver.await.unwrap();
}

#[tokio::test]
async fn shows_an_operation_that_its_call_has_ended() {
    let pool = Pool::new(None);
    let (sender, receiver) = oneshot::channel();
    let (started, is_started) = oneshot::channel();
    let call = tokio::spawn({
        let pool = pool.clone();
        async move {
            pool.run(move |wanted| {
                started.send(()).unwrap();
                while wanted() {
                    thread::yield_now();
                }
                sender.send(()).unwrap();
                Ok(())
            })
            .await
        }
    });
    is_started.await.unwrap();
    call.abort();
    receiver.await.unwrap();
}

#[tokio::test]
async fn takes_an_operation_back_when_its_call_ends_before_it_has_begun() {
    let pool = Pool::new(None);
    let (release, released) = mpsc::channel::<()>();
    let released = Arc::new(Mutex::new(released));
    for _ in 0..THREADS {
        let released = released.clone();
        pool.finish(move || {
            let _ = released.lock().unwrap().recv();
        });
    }
    /// What an operation owns, which has to be cleaned up.
    struct Owned(Pool, Option<oneshot::Sender<()>>);
    impl Drop for Owned {
        fn drop(&mut self) {
            let cleaned = self.1.take().unwrap();
            self.0.finish(move || cleaned.send(()).unwrap());
        }
    }
    // More than wait at the same time.
    for _ in 0..QUEUE_MAX + 1 {
        let run = pool.run(|_| -> Result<(), Status> { panic!("the call has ended") });
        let run = tokio::time::timeout(std::time::Duration::ZERO, run).await;
        assert!(run.is_err(), "{run:?}");
    }
    let (sender, cleaned) = oneshot::channel();
    let owned = Owned(pool.clone(), Some(sender));
    let run = pool.run(move |_| -> Result<Owned, Status> { Ok(owned) });
    let run = tokio::time::timeout(std::time::Duration::ZERO, run).await;
    assert!(run.is_err());
    drop(release);
    cleaned.await.unwrap();
}
