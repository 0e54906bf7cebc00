//! Talks to the driver of a context until it has ended.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use rustix::process::WaitStatus;
use tokio::sync::oneshot::error::RecvError;
use tokio::time::sleep_until;

use super::context::{Action, Context};
use super::driver::collector::{Collector, Pipe};
use super::driver::frame::FrameDecoder;
use super::driver::launch::{read_some, Driver};
use super::driver::lines::Lines;
use super::driver::to_driver::ToDriver;
use super::limits::{Times, FIRST_REPEAT, REPEAT_FACTOR};
use super::machine::{Event, Exit, Fate, Phase};
use crate::execution::exit_code_and_signal;
use crate::lifecycle::Lifecycle;

/// What is read of a source, when a cell or its driver ends, from those that still write.
pub const DRAINED_BYTES_MAX: usize = 1 << 20;
/// The frames that are read in a row before the pipes have their turn.
const SOCKET_TURNS_MAX: u32 = 16;
/// A timer that fires while the sandbox is frozen is put off, because the cell cannot do anything about it.
const FROZEN_DELAY: Duration = Duration::from_millis(500);
const IDLE: Duration = Duration::from_secs(3600);

/// How long a driver may live without its socket, which closes when a driver ends.
pub const CLOSED_MAX: Duration = Duration::from_secs(1);

#[derive(Clone, Copy)]
pub enum Timer {
    Deadline(u64),
    Grace(u64),
    /// The driver has closed its socket.
    Closed,
    /// Another signal, so long after the one before.
    Repeat(u64, Duration),
}

pub struct Session {
    pub context: Arc<Context>,
    pub epoch: u64,
    pub driver: Driver,
    pub times: Times,
    pub lifecycle: Lifecycle,
    pub io: Io,
}

/// What is on its way between the agent and the driver.
pub struct Io {
    pub decoder: FrameDecoder,
    pub collector: Collector,
    /// What is held back of each pipe.
    pub lines: [Lines; 2],
    pub timers: Vec<(Instant, Timer)>,
    pub socket_turns: u32,
    /// Sources that have not ended.
    pub open: [bool; 3],
    outgoing: BytesMut,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Socket,
    Pipe(Pipe),
}

impl Source {
    pub fn index(self) -> usize {
        match self {
            Source::Socket => 0,
            Source::Pipe(Pipe::Stdout) => 1,
            Source::Pipe(Pipe::Stderr) => 2,
        }
    }
}

enum Woken {
    Ended(Result<WaitStatus, RecvError>),
    Written(io::Result<usize>),
    /// The bytes of a source, or none at its end.
    Read(Source, Vec<u8>),
    Other,
}

impl Session {
    pub fn new(
        context: Arc<Context>,
        epoch: u64,
        driver: Driver,
        times: Times,
        lifecycle: Lifecycle,
    ) -> Self {
        let io = Io {
            decoder: FrameDecoder::default(),
            collector: Collector::new(),
            lines: Default::default(),
            outgoing: BytesMut::new(),
            timers: Vec::new(),
            socket_turns: 0,
            open: [true; 3],
        };
        Self {
            context,
            epoch,
            driver,
            times,
            lifecycle,
            io,
        }
    }

    /// Serves the driver until it has ended, or another one has taken its place.
    pub async fn run(mut self) {
        let status = loop {
            let context = self.context.clone();
            let work = context.work.notified();
            let room = context.room.notified();
            if !self.do_actions() {
                break None;
            }
            let now = Instant::now();
            self.fire_timers(now);
            self.report_lines(now);
            let (may_read, until) = self.reading();
            match self.wait(may_read, until, work, room).await {
                Woken::Ended(status) => break Some(status.ok()),
                Woken::Written(Ok(count)) => {
                    self.io.outgoing.advance(count);
                }
                // It does not read any more, which its own end of the socket will show, too.
                Woken::Written(Err(_)) => self.io.outgoing.clear(),
                Woken::Read(source, bytes) => self.take(source, &bytes),
                Woken::Other => {}
            }
        };
        if let Some(status) = status {
            self.drain_all();
            let (code, signal) = exit_code_and_signal(status);
            self.report(Event::DriverEnded(Exit { code, signal }));
        }
        // What cells have started runs on, until the context is restarted or removed.
        self.driver.control.group.wait_and_remove().await;
    }

    async fn wait(
        &mut self,
        may_read: bool,
        until: Instant,
        work: impl Future<Output = ()>,
        room: impl Future<Output = ()>,
    ) -> Woken {
        let Io {
            outgoing,
            open,
            socket_turns,
            ..
        } = &self.io;
        let [from_socket, from_stdout, from_stderr] = open.map(|open| open && may_read);
        let socket_first = from_socket && *socket_turns < SOCKET_TURNS_MAX;
        let Driver {
            end,
            socket,
            stdout,
            stderr,
            ..
        } = &mut self.driver;
        let read = |source, bytes| Woken::Read(source, bytes);
        tokio::select! {
            biased;
            status = end => Woken::Ended(status),
            () = work => Woken::Other,
            () = room, if !may_read => Woken::Other,
            written = socket.write_some(outgoing), if !outgoing.is_empty() => Woken::Written(written),
            bytes = read_some(socket), if socket_first => read(Source::Socket, bytes),
            bytes = read_some(stdout), if from_stdout => read(Source::Pipe(Pipe::Stdout), bytes),
            bytes = read_some(stderr), if from_stderr => read(Source::Pipe(Pipe::Stderr), bytes),
            bytes = read_some(socket), if from_socket => read(Source::Socket, bytes),
            () = sleep_until(until.into()) => Woken::Other,
        }
    }

    /// Returns whether output may be read, and when to look again.
    fn reading(&self) -> (bool, Instant) {
        let now = Instant::now();
        let lines = self.io.lines.iter().filter_map(Lines::until);
        let timers = self.io.timers.iter().map(|(at, _)| *at);
        let timer = timers.chain(lines).min().unwrap_or(now + IDLE);
        let mut inner = self.context.lock();
        // An interrupted cell is not to be held up by a client that does not read.
        let is_disturbed = |fate| fate != Fate::Undisturbed;
        if matches!(inner.machine.phase, Phase::Running(_, fate) if is_disturbed(fate)) {
            inner.log.stop_waiting();
        }
        match inner.log.has_room(now, self.times.patience) {
            Ok(()) => (true, timer),
            Err(until) => (false, timer.min(until)),
        }
    }

    /// Does what has been asked for. Returns false if another driver has taken the place of this one.
    fn do_actions(&mut self) -> bool {
        loop {
            let mut inner = self.context.lock();
            if inner.epoch != self.epoch {
                return false;
            }
            let Some(action) = inner.actions.pop_front() else {
                return true;
            };
            drop(inner);
            let now = Instant::now();
            match action {
                Action::Send(frame) => self.io.outgoing.extend(frame),
                Action::Begin(cell, timeout) => {
                    self.io.collector.begin_cell();
                    self.io.timers.clear();
                    let deadline = timeout.map(|timeout| (now + timeout, Timer::Deadline(cell)));
                    self.io.timers.extend(deadline);
                }
                Action::Interrupt(cell) => {
                    self.interrupt(cell);
                    self.await_repeat(cell, FIRST_REPEAT, now);
                }
                Action::AwaitGrace(cell) => self
                    .io
                    .timers
                    .push((now + self.times.grace, Timer::Grace(cell))),
                Action::Kill => {
                    self.driver.control.group.kill();
                }
            }
        }
    }

    fn fire_timers(&mut self, now: Instant) {
        if self.lifecycle.is_frozen() {
            for (at, _) in &mut self.io.timers {
                *at = (*at).max(now + FROZEN_DELAY);
            }
            return;
        }
        let timers = std::mem::take(&mut self.io.timers);
        let (due, later): (Vec<_>, Vec<_>) = timers.into_iter().partition(|(at, _)| *at <= now);
        self.io.timers = later;
        for (_, timer) in due {
            match timer {
                Timer::Deadline(cell) => self.report(Event::TimeUp(cell)),
                Timer::Grace(cell) => self.report(Event::GraceOver(cell)),
                Timer::Closed => self.report(Event::DriverBroken),
                Timer::Repeat(cell, delay) => self.repeat(cell, delay, now),
            }
        }
        // Timers may have caused actions.
        self.do_actions();
    }

    fn await_repeat(&mut self, cell: u64, delay: Duration, now: Instant) {
        let timer = Timer::Repeat(cell, delay);
        self.io.timers.push((now + delay, timer));
    }

    fn repeat(&mut self, cell: u64, delay: Duration, now: Instant) {
        let running = self.context.lock().machine.running();
        if running.is_none_or(|running| running.number != cell) {
            return;
        }
        self.interrupt(cell);
        self.await_repeat(cell, delay * REPEAT_FACTOR, now);
    }

    fn interrupt(&mut self, cell: u64) {
        self.driver.control.interrupt();
        // A driver that does not read would let frames accumulate.
        if self.io.outgoing.is_empty() {
            let requests = self.context.lock().requests;
            let frame = ToDriver::Interrupt { cell }.encode(requests, &[]);
            self.io.outgoing.extend(frame);
        }
    }

    /// Lets an event take effect, unless another driver has taken the place of this one.
    pub fn report(&self, event: Event) {
        let mut inner = self.context.lock();
        if inner.epoch == self.epoch {
            // Only events of clients are refused.
            let _ = inner.on(event);
        }
        drop(inner);
        self.context.notify();
    }
}
