//! The life of a context: events go in, steps come out. Pure: it starts and ends nothing.

use std::collections::VecDeque;

use super::limits::{QUEUED_BYTES_MAX, QUEUED_MAX};
use crate::wire::sandbox::v1::{CellOutcome, CellVariables};

/// A cell that waits or runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    pub number: u64,
    pub code_bytes: usize,
    pub stop_on_error: bool,
    /// Ends with the stream of its client.
    pub attached: bool,
}

/// How the running cell will be reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Undisturbed,
    Interrupted,
    TimedOut,
    Broken,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    Starting,
    Idle,
    Running(Cell, Fate),
    /// The driver sent what is not allowed, and is being killed.
    Broken,
    Dead,
}

/// How a driver has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exit {
    pub code: i32,
    pub signal: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Ready,
    Submit(Cell),
    /// The driver reports the end of a cell.
    CellEnded {
        cell: u64,
        failed: bool,
    },
    /// The time of the running cell has passed.
    TimeUp(u64),
    /// It did not end in spite of the interrupt.
    GraceOver(u64),
    /// 0 is the running cell.
    Interrupt(u64),
    /// The stream of the client that started a cell has ended.
    ClientGone(u64),
    DriverBroken,
    DriverEnded(Exit),
    /// The driver is replaced or removed, for a reason.
    Abandon(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Begin(u64),
    Interrupt(u64),
    /// Waits for the end of an interrupted cell, then asks for its death.
    AwaitGrace(u64),
    Kill,
    End(End),
    Abandon(u64, &'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    pub cell: u64,
    pub outcome: CellOutcome,
    pub variables: CellVariables,
    /// Set if the driver has ended.
    pub exit: Exit,
}

/// Why an event is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Dead,
    QueueFull,
    CellUnknown,
}

pub struct Machine {
    pub phase: Phase,
    queue: VecDeque<Cell>,
}

impl Machine {
    pub fn new() -> Self {
        Self {
            phase: Phase::Starting,
            queue: VecDeque::new(),
        }
    }

    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    pub fn running(&self) -> Option<Cell> {
        match self.phase {
            Phase::Running(cell, _) => Some(cell),
            _ => None,
        }
    }

    /// Returns how many cells are before one.
    pub fn ahead_of(&self, cell: u64) -> usize {
        let running = self.running();
        let all = running.iter().chain(&self.queue);
        all.take_while(|one| one.number != cell).count()
    }

    pub fn on(&mut self, event: Event) -> Result<Vec<Step>, Refusal> {
        Ok(match event {
            Event::Ready => self.ready(),
            Event::Submit(cell) => self.submit(cell)?,
            Event::CellEnded { cell, failed } => self.cell_ended(cell, failed),
            Event::TimeUp(cell) => self.disturb(cell, Fate::TimedOut),
            Event::GraceOver(cell) => match self.phase {
                Phase::Running(running, Fate::TimedOut) if running.number == cell => {
                    vec![Step::Kill]
                }
                _ => vec![],
            },
            Event::Interrupt(cell) => self.interrupt(cell)?,
            Event::ClientGone(cell) => self.client_gone(cell),
            Event::DriverBroken => self.driver_broken(),
            Event::DriverEnded(exit) => self.driver_ended(exit),
            Event::Abandon(reason) => self.abandon(reason),
        })
    }

    fn ready(&mut self) -> Vec<Step> {
        match self.phase {
            Phase::Starting => {
                self.phase = Phase::Idle;
                self.begin_next()
            }
            // A driver is ready once.
            _ => self.driver_broken(),
        }
    }

    fn submit(&mut self, cell: Cell) -> Result<Vec<Step>, Refusal> {
        if matches!(self.phase, Phase::Dead | Phase::Broken) {
            return Err(Refusal::Dead);
        }
        let bytes: usize = self.queue.iter().map(|queued| queued.code_bytes).sum();
        if self.queue.len() >= QUEUED_MAX || bytes + cell.code_bytes > QUEUED_BYTES_MAX {
            return Err(Refusal::QueueFull);
        }
        self.queue.push_back(cell);
        Ok(match self.phase {
            Phase::Idle => self.begin_next(),
            _ => vec![],
        })
    }

    fn begin_next(&mut self) -> Vec<Step> {
        match self.queue.pop_front() {
            Some(cell) => {
                self.phase = Phase::Running(cell, Fate::Undisturbed);
                vec![Step::Begin(cell.number)]
            }
            None => vec![],
        }
    }

    fn cell_ended(&mut self, number: u64, failed: bool) -> Vec<Step> {
        let (cell, fate) = match self.phase {
            Phase::Running(cell, fate) if cell.number == number => (cell, fate),
            // Forged: no such cell runs.
            _ => return self.driver_broken(),
        };
        let outcome = match fate {
            Fate::TimedOut => CellOutcome::TimedOut,
            Fate::Interrupted if failed => CellOutcome::Interrupted,
            _ if failed => CellOutcome::Error,
            _ => CellOutcome::Ok,
        };
        let mut steps = vec![end(number, outcome, CellVariables::Kept)];
        if outcome != CellOutcome::Ok && cell.stop_on_error {
            let skipped = self.queue.drain(..);
            steps.extend(
                skipped.map(|one| end(one.number, CellOutcome::Skipped, CellVariables::Kept)),
            );
        }
        self.phase = Phase::Idle;
        steps.extend(self.begin_next());
        steps
    }

    /// Interrupts the running cell, if it is this one.
    fn disturb(&mut self, number: u64, fate: Fate) -> Vec<Step> {
        let Phase::Running(cell, before) = self.phase else {
            return vec![];
        };
        if cell.number != number || matches!(before, Fate::TimedOut | Fate::Broken) {
            return vec![];
        }
        self.phase = Phase::Running(cell, fate);
        let mut steps = vec![Step::Interrupt(number)];
        if fate == Fate::TimedOut {
            steps.push(Step::AwaitGrace(number));
        }
        steps
    }

    fn interrupt(&mut self, number: u64) -> Result<Vec<Step>, Refusal> {
        let running = self.running().map(|cell| cell.number);
        match (number, running) {
            (0, None) => Err(Refusal::CellUnknown),
            (0, Some(running)) => Ok(self.disturb(running, Fate::Interrupted)),
            (_, Some(running)) if running == number => Ok(self.disturb(number, Fate::Interrupted)),
            _ => {
                let index = self.queue.iter().position(|cell| cell.number == number);
                self.queue.remove(index.ok_or(Refusal::CellUnknown)?);
                Ok(vec![end(
                    number,
                    CellOutcome::Interrupted,
                    CellVariables::Kept,
                )])
            }
        }
    }

    fn client_gone(&mut self, number: u64) -> Vec<Step> {
        let all = self.queue.iter().copied().chain(self.running());
        let is_attached = all
            .into_iter()
            .any(|cell| cell.number == number && cell.attached);
        match is_attached {
            // A cell that has ended meanwhile needs nothing.
            true => self.interrupt(number).unwrap_or_default(),
            false => vec![],
        }
    }

    fn driver_broken(&mut self) -> Vec<Step> {
        match self.phase {
            Phase::Dead | Phase::Broken | Phase::Running(_, Fate::Broken) => return vec![],
            Phase::Running(cell, _) => self.phase = Phase::Running(cell, Fate::Broken),
            Phase::Starting | Phase::Idle => self.phase = Phase::Broken,
        }
        vec![Step::Kill]
    }

    fn driver_ended(&mut self, exit: Exit) -> Vec<Step> {
        let mut steps = Vec::new();
        if let Phase::Running(cell, fate) = self.phase {
            let outcome = match fate {
                Fate::TimedOut => CellOutcome::TimedOut,
                Fate::Broken => CellOutcome::DriverBroken,
                Fate::Undisturbed | Fate::Interrupted => CellOutcome::Died,
            };
            steps.push(Step::End(End {
                cell: cell.number,
                outcome,
                variables: CellVariables::Lost,
                exit,
            }));
        }
        let skipped = self.queue.drain(..);
        steps.extend(skipped.map(|one| end(one.number, CellOutcome::Skipped, CellVariables::Lost)));
        self.phase = Phase::Dead;
        steps
    }

    fn abandon(&mut self, reason: &'static str) -> Vec<Step> {
        let running = self.running();
        let all = running.into_iter().chain(self.queue.drain(..));
        let steps = all.map(|cell| Step::Abandon(cell.number, reason)).collect();
        self.phase = Phase::Starting;
        steps
    }
}

fn end(cell: u64, outcome: CellOutcome, variables: CellVariables) -> Step {
    Step::End(End {
        cell,
        outcome,
        variables,
        exit: Exit::default(),
    })
}
