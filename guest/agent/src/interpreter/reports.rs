//! What a session does with what its driver and programs send.

use std::time::Instant;

use rustix::io::read;

use super::context::Final;
use super::driver::collector::{Pipe, Report};
use super::driver::frame::Broken;
use super::machine::Event;
use super::session::{Session, Source, Timer, CLOSED_MAX, DRAINED_BYTES_MAX};
use crate::kernel_log;
use crate::process::{Descriptor, READ_BYTES};
use crate::wire::sandbox::v1::cell_event;
use crate::wire::sandbox::v1::{CellInputRequest, InspectContextResponse};

impl Session {
    /// Takes what has been read of a source: nothing at its end.
    pub fn take(&mut self, source: Source, bytes: &[u8]) {
        match source {
            _ if bytes.is_empty() => {
                self.io.open[source.index()] = false;
                if source == Source::Socket {
                    let at = Instant::now() + CLOSED_MAX;
                    self.io.timers.push((at, Timer::Closed));
                }
            }
            Source::Socket => {
                self.io.socket_turns += 1;
                self.frames(bytes);
            }
            Source::Pipe(pipe) => {
                self.io.socket_turns = 0;
                let lines = &mut self.io.lines[pipe as usize];
                let complete = lines.push(bytes, Instant::now());
                self.raw(pipe, &complete);
            }
        }
    }

    fn frames(&mut self, bytes: &[u8]) {
        let mut reports = Vec::new();
        let collector = &mut self.io.collector;
        let decoded = self.io.decoder.push(bytes, |piece| {
            reports.extend(collector.piece(piece)?);
            Ok(())
        });
        for report in reports {
            self.take_report(report);
        }
        if let Err(broken) = decoded {
            self.io.open[Source::Socket.index()] = false;
            self.broken(broken);
        }
    }

    fn raw(&mut self, pipe: Pipe, bytes: &[u8]) {
        let cell = self.running_cell();
        for report in self.io.collector.raw(pipe, cell, bytes) {
            self.take_report(report);
        }
    }

    /// Reports the beginnings of lines that have waited for their rest until now.
    pub fn report_lines(&mut self, now: Instant) {
        for pipe in [Pipe::Stdout, Pipe::Stderr] {
            let lines = &mut self.io.lines[pipe as usize];
            if lines.until().is_some_and(|until| until <= now) {
                let beginning = lines.take();
                self.raw(pipe, &beginning);
            }
        }
    }

    fn running_cell(&self) -> u64 {
        let running = self.context.lock().machine.running();
        running.map_or(0, |cell| cell.number)
    }

    fn take_report(&mut self, report: Report) {
        match report {
            Report::Ready(abilities) => {
                self.context.lock().abilities = abilities;
                self.report(Event::Ready);
            }
            Report::Event(cell, event) => self.event(cell, event),
            Report::Input(cell, request) => self.input(cell, request),
            Report::Interrupted(cell) => self.stop_repeating(cell),
            Report::Ended {
                cell,
                failed,
                count,
                dropped,
            } => self.cell_ended(cell, failed, count, dropped > 0),
            Report::Variables {
                id,
                variables,
                truncated,
            } => {
                let waiting = self.context.lock().inspections.remove(&id);
                // The call may have ended. An answer to no call is of no use, and does no harm.
                if let Some(waiting) = waiting {
                    let _ = waiting.send(InspectContextResponse {
                        variables,
                        truncated,
                    });
                }
            }
        }
    }

    /// The cell may handle its interrupt, for example save something, and is not to be interrupted in that.
    fn stop_repeating(&mut self, cell: u64) {
        let is_repeat = |timer: &Timer| matches!(timer, Timer::Repeat(of, _) if *of == cell);
        self.io.timers.retain(|(_, timer)| !is_repeat(timer));
    }

    fn event(&self, cell: u64, event: cell_event::Event) {
        let mut inner = self.context.lock();
        if inner.epoch == self.epoch {
            // A forged number could name a cell of the future.
            let cell = if inner.log.knows(cell) { cell } else { 0 };
            inner.log.push(cell, event, Instant::now());
        }
        drop(inner);
        self.context.changed.notify_waiters();
    }

    /// Asks the clients of the cell, or answers that there is none.
    fn input(&self, cell: u64, request: CellInputRequest) {
        let mut inner = self.context.lock();
        let is_read = inner.log.is_read(cell);
        if let Some(running) = inner
            .running
            .as_mut()
            .filter(|running| running.cell == cell)
        {
            running.awaits_input = true;
            match running.has_input && is_read {
                true => {
                    let event = cell_event::Event::InputRequest(request);
                    inner.log.push(cell, event, Instant::now());
                }
                false => {
                    inner.answer(cell, "", true);
                }
            }
        }
        drop(inner);
        self.context.notify();
    }

    /// Reports the end of a cell after what its programs have written until now.
    fn cell_ended(&mut self, cell: u64, failed: bool, count: u64, truncated: bool) {
        if self.running_cell() == cell {
            self.drain_pipes();
            for report in self.io.collector.end_of_text(cell) {
                self.take_report(report);
            }
            self.context.lock().last = Final {
                count,
                truncated: truncated || self.io.collector.truncated,
            };
        }
        self.report(Event::CellEnded { cell, failed });
    }

    fn drain_pipes(&mut self) {
        let mut buffer = vec![0; READ_BYTES];
        for pipe in [Pipe::Stdout, Pipe::Stderr] {
            let mut drained = 0;
            while drained < DRAINED_BYTES_MAX {
                let source = match pipe {
                    Pipe::Stdout => &self.driver.stdout,
                    Pipe::Stderr => &self.driver.stderr,
                };
                let count = read_now(source, &mut buffer);
                if count == 0 {
                    break;
                }
                drained += count;
                self.take(Source::Pipe(pipe), &buffer[..count]);
            }
            let rest = self.io.lines[pipe as usize].take();
            self.raw(pipe, &rest);
        }
    }

    /// Reads what a driver that has ended has left.
    pub fn drain_all(&mut self) {
        let mut buffer = vec![0; READ_BYTES];
        let mut drained = 0;
        while drained < DRAINED_BYTES_MAX && self.io.open[Source::Socket.index()] {
            let count = read_now(&self.driver.socket, &mut buffer);
            if count == 0 {
                break;
            }
            drained += count;
            self.frames(&buffer[..count]);
        }
        self.drain_pipes();
    }

    fn broken(&self, broken: Broken) {
        kernel_log::error(format_args!(
            "the driver of context {} is broken: {}",
            self.context.id, broken.0
        ));
        self.report(Event::DriverBroken);
    }
}

/// Reads without waiting. Returns 0 if there is nothing.
fn read_now(source: &Descriptor, buffer: &mut [u8]) -> usize {
    read(source, buffer).unwrap_or(0)
}
