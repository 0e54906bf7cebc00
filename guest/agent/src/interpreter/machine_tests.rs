//! The table of a context: what each event does in each phase.

use super::limits::QUEUED_MAX;
use super::machine::{Cell, End, Event, Exit, Fate, Machine, Phase, Refusal, Step};
use crate::wire::sandbox::v1::{CellOutcome, CellVariables};

const EXIT: Exit = Exit {
    code: 137,
    signal: 9,
};

fn cell(number: u64) -> Cell {
    Cell {
        number,
        code_bytes: 1,
        stop_on_error: false,
        attached: true,
    }
}

fn kept(cell: u64, outcome: CellOutcome) -> Step {
    end(cell, outcome, CellVariables::Kept, Exit::default())
}

fn lost(cell: u64, outcome: CellOutcome) -> Step {
    end(cell, outcome, CellVariables::Lost, EXIT)
}

fn end(cell: u64, outcome: CellOutcome, variables: CellVariables, exit: Exit) -> Step {
    Step::End(End {
        cell,
        outcome,
        variables,
        exit,
    })
}

/// A context in which cell 1 runs with a fate, and cell 2 waits.
fn running(fate: Fate) -> Machine {
    let mut machine = Machine::new();
    for event in [Event::Ready, Event::Submit(cell(1)), Event::Submit(cell(2))] {
        machine.on(event).unwrap();
    }
    machine.phase = Phase::Running(cell(1), fate);
    machine
}

fn in_phase(phase: Phase) -> Machine {
    let mut machine = Machine::new();
    machine.phase = phase;
    machine
}

#[test]
fn defines_every_event_while_a_cell_runs() {
    use CellOutcome::{Died, DriverBroken, Error, Interrupted, Ok as Done, Skipped, TimedOut};
    let fates = [
        Fate::Undisturbed,
        Fate::Interrupted,
        Fate::TimedOut,
        Fate::Broken,
    ];
    let next = Step::Begin(2);
    let skipped = end(2, Skipped, CellVariables::Lost, Exit::default());
    let ended = |failed| Event::CellEnded { cell: 1, failed };
    let interrupt = vec![Step::Interrupt(1)];
    let time_up = vec![Step::Interrupt(1), Step::AwaitGrace(1)];
    let abandoned = vec![Step::Abandon(1, "R"), Step::Abandon(2, "R")];
    #[rustfmt::skip]
    let table = [
        (Event::Ready,            [vec![Step::Kill], vec![Step::Kill], vec![Step::Kill], vec![]]),
        (ended(false),            [vec![kept(1, Done), next], vec![kept(1, Done), next], vec![kept(1, TimedOut), next], vec![kept(1, Done), next]]),
        (ended(true),             [vec![kept(1, Error), next], vec![kept(1, Interrupted), next], vec![kept(1, TimedOut), next], vec![kept(1, Error), next]]),
        (Event::CellEnded { cell: 2, failed: false }, [vec![Step::Kill], vec![Step::Kill], vec![Step::Kill], vec![]]),
        (Event::TimeUp(1),        [time_up.clone(), time_up, vec![], vec![]]),
        (Event::TimeUp(2),        [vec![], vec![], vec![], vec![]]),
        (Event::GraceOver(1),     [vec![], vec![], vec![Step::Kill], vec![]]),
        (Event::GraceOver(2),     [vec![], vec![], vec![], vec![]]),
        (Event::Interrupt(0),     [interrupt.clone(), interrupt.clone(), vec![], vec![]]),
        (Event::Interrupt(1),     [interrupt.clone(), interrupt.clone(), vec![], vec![]]),
        (Event::ClientGone(1),    [interrupt.clone(), interrupt, vec![], vec![]]),
        (Event::DriverBroken,     [vec![Step::Kill], vec![Step::Kill], vec![Step::Kill], vec![]]),
        (Event::DriverEnded(EXIT), [vec![lost(1, Died), skipped], vec![lost(1, Died), skipped], vec![lost(1, TimedOut), skipped], vec![lost(1, DriverBroken), skipped]]),
        (Event::Abandon("R"),     [abandoned.clone(), abandoned.clone(), abandoned.clone(), abandoned]),
    ];
    for (event, expected) in table {
        for (fate, steps) in fates.into_iter().zip(expected) {
            assert_eq!(running(fate).on(event), Ok(steps), "{event:?} {fate:?}");
        }
    }
}

#[test]
fn defines_every_event_while_no_cell_runs() {
    let phases = [Phase::Starting, Phase::Idle, Phase::Broken, Phase::Dead];
    let unknown = Err(Refusal::CellUnknown);
    let (nothing, kill) = (Ok(vec![]), Ok(vec![Step::Kill]));
    #[rustfmt::skip]
    let table = [
        (Event::Ready,                                [nothing.clone(), kill.clone(), nothing.clone(), nothing.clone()]),
        (Event::Submit(cell(1)),                      [nothing.clone(), Ok(vec![Step::Begin(1)]), Err(Refusal::Dead), Err(Refusal::Dead)]),
        (Event::CellEnded { cell: 1, failed: false }, [kill.clone(), kill.clone(), nothing.clone(), nothing.clone()]),
        (Event::TimeUp(1),                            [nothing.clone(), nothing.clone(), nothing.clone(), nothing.clone()]),
        (Event::GraceOver(1),                         [nothing.clone(), nothing.clone(), nothing.clone(), nothing.clone()]),
        (Event::Interrupt(0),                         [unknown.clone(), unknown.clone(), unknown.clone(), unknown.clone()]),
        (Event::Interrupt(1),                         [unknown.clone(), unknown.clone(), unknown.clone(), unknown]),
        (Event::ClientGone(1),                        [nothing.clone(), nothing.clone(), nothing.clone(), nothing.clone()]),
        (Event::DriverBroken,                         [kill.clone(), kill, nothing.clone(), nothing.clone()]),
        (Event::DriverEnded(EXIT),                    [nothing.clone(), nothing.clone(), nothing.clone(), nothing.clone()]),
        (Event::Abandon("R"),                         [nothing.clone(), nothing.clone(), nothing.clone(), nothing]),
    ];
    for (event, expected) in table {
        for (phase, outcome) in phases.iter().zip(expected) {
            assert_eq!(
                in_phase(phase.clone()).on(event),
                outcome,
                "{event:?} {phase:?}"
            );
        }
    }
}

#[test]
fn begins_a_cell_that_waited_for_the_driver() {
    let mut machine = Machine::new();
    machine.on(Event::Submit(cell(1))).unwrap();
    assert_eq!(machine.on(Event::Ready), Ok(vec![Step::Begin(1)]));
    assert_eq!(machine.running(), Some(cell(1)));
}

#[test]
fn skips_queued_cells_after_a_failure() {
    let mut machine = running(Fate::Undisturbed);
    machine.phase = Phase::Running(
        Cell {
            stop_on_error: true,
            ..cell(1)
        },
        Fate::Undisturbed,
    );
    let steps = machine.on(Event::CellEnded {
        cell: 1,
        failed: true,
    });
    let expected = vec![kept(1, CellOutcome::Error), kept(2, CellOutcome::Skipped)];
    assert_eq!((steps, &machine.phase), (Ok(expected), &Phase::Idle));
}

#[test]
fn removes_a_queued_cell() {
    for event in [Event::Interrupt(2), Event::ClientGone(2)] {
        let mut machine = running(Fate::Undisturbed);
        assert_eq!(
            machine.on(event),
            Ok(vec![kept(2, CellOutcome::Interrupted)])
        );
        assert_eq!(machine.queued(), 0);
    }
}

#[test]
fn keeps_a_detached_cell_without_its_client() {
    let mut machine = running(Fate::Undisturbed);
    machine.phase = Phase::Running(
        Cell {
            attached: false,
            ..cell(1)
        },
        Fate::Undisturbed,
    );
    assert_eq!(machine.on(Event::ClientGone(1)), Ok(vec![]));
}

#[test]
fn limits_the_queue_by_number_and_bytes() {
    let mut machine = running(Fate::Undisturbed);
    for number in 3..=QUEUED_MAX as u64 + 1 {
        assert_eq!(machine.on(Event::Submit(cell(number))), Ok(vec![]));
    }
    assert_eq!(machine.on(Event::Submit(cell(99))), Err(Refusal::QueueFull));
    let mut machine = running(Fate::Undisturbed);
    let large = |number| {
        Event::Submit(Cell {
            code_bytes: 8 << 20,
            ..cell(number)
        })
    };
    assert_eq!(machine.on(large(3)), Ok(vec![]));
    assert_eq!(machine.on(large(4)), Err(Refusal::QueueFull));
    assert_eq!(
        (
            machine.ahead_of(1),
            machine.ahead_of(2),
            machine.ahead_of(3)
        ),
        (0, 1, 2)
    );
}
