//! The phases of a VM and the steps between them.

use std::sync::{Arc, Mutex, PoisonError};

/// The phase of a VM between its boot and its only execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Equal to every other clone of its template.
    Booted,
    PrimingBooted,
    /// Interpreters that will wait for programs are being started.
    Warming,
    /// The interpreters wait. This state is saved as a template.
    Warmed,
    /// Randomness, clock and names have been replaced.
    Refreshed,
    PrimingRefreshed,
    /// Its execution runs or has run.
    Spent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    BeginPrime,
    /// Taken only when all traces have been removed. If that fails, the VM stays unusable.
    EndPrime,
    BeginWarm,
    EndWarm,
    Refresh,
    Execute,
}

/// Why a step is not possible in a phase, as a sentence for the host.
pub type WrongPhase = &'static str;

const NOT_REFRESHED: WrongPhase =
    "this VM still equals every other clone of its template: call Refresh first";
const PRIMING: WrongPhase = "this VM is being primed: wait for Prime to return";
const SPENT: WrongPhase =
    "this VM has run its only execution, or is running it: destroy it and use a fresh one";
const ALREADY_REFRESHED: WrongPhase = "this VM has been refreshed already";
const NOT_PRIMING: WrongPhase = "this VM is not being primed";
const WARMING: WrongPhase = "interpreters are being started: wait for Warm to return";
const NOT_WARMING: WrongPhase = "no interpreters are being started in this VM";
const WARMED: WrongPhase =
    "the interpreters of this VM wait for their programs: save it as a template, or call Refresh";
const TOO_LATE_TO_WARM: WrongPhase =
    "Warm is possible only before Refresh, while a template is made";

impl Phase {
    fn after(self, step: Step) -> Result<Phase, WrongPhase> {
        match (self, step) {
            (Phase::Booted, Step::BeginPrime) => Ok(Phase::PrimingBooted),
            (Phase::Refreshed, Step::BeginPrime) => Ok(Phase::PrimingRefreshed),
            (Phase::PrimingBooted, Step::EndPrime) => Ok(Phase::Booted),
            (Phase::PrimingRefreshed, Step::EndPrime) => Ok(Phase::Refreshed),
            (Phase::Booted, Step::BeginWarm) => Ok(Phase::Warming),
            (Phase::Warming, Step::EndWarm) => Ok(Phase::Warmed),
            (Phase::Booted | Phase::Warmed, Step::Refresh) => Ok(Phase::Refreshed),
            (Phase::Refreshed, Step::Execute) => Ok(Phase::Spent),

            (_, Step::EndPrime) => Err(NOT_PRIMING),
            (_, Step::EndWarm) => Err(NOT_WARMING),
            (Phase::Spent, _) => Err(SPENT),
            (Phase::Warming, _) => Err(WARMING),
            (Phase::Warmed, Step::BeginPrime | Step::BeginWarm) => Err(WARMED),
            (Phase::Refreshed, Step::BeginWarm) => Err(TOO_LATE_TO_WARM),
            (Phase::PrimingBooted | Phase::PrimingRefreshed, _) => Err(PRIMING),
            (Phase::Refreshed, Step::Refresh) => Err(ALREADY_REFRESHED),
            (Phase::Booted | Phase::Warmed, Step::Execute) => Err(NOT_REFRESHED),
        }
    }
}

/// The phase of this VM, which its services share.
#[derive(Clone)]
pub struct Lifecycle(Arc<Mutex<Phase>>);

impl Lifecycle {
    pub fn booted() -> Self {
        Self(Arc::new(Mutex::new(Phase::Booted)))
    }

    /// Takes a step. On an error the phase is unchanged.
    pub fn take(&self, step: Step) -> Result<(), WrongPhase> {
        let mut phase = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *phase = phase.after(step)?;
        Ok(())
    }

    /// Checks whether a step could be taken.
    pub fn check(&self, step: Step) -> Result<(), WrongPhase> {
        let phase = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        phase.after(step).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defines_every_step_from_every_phase() {
        use Phase::{Booted, PrimingBooted, PrimingRefreshed, Refreshed, Spent, Warmed, Warming};
        let steps = [
            Step::BeginPrime,
            Step::EndPrime,
            Step::BeginWarm,
            Step::EndWarm,
            Step::Refresh,
            Step::Execute,
        ];
        let (no_prime, no_warm) = (Err(NOT_PRIMING), Err(NOT_WARMING));
        #[rustfmt::skip]
        let table = [
            (Booted,           [Ok(PrimingBooted),    no_prime,      Ok(Warming),           no_warm,    Ok(Refreshed),          Err(NOT_REFRESHED)]),
            (PrimingBooted,    [Err(PRIMING),         Ok(Booted),    Err(PRIMING),          no_warm,    Err(PRIMING),           Err(PRIMING)]),
            (Warming,          [Err(WARMING),         no_prime,      Err(WARMING),          Ok(Warmed), Err(WARMING),           Err(WARMING)]),
            (Warmed,           [Err(WARMED),          no_prime,      Err(WARMED),           no_warm,    Ok(Refreshed),          Err(NOT_REFRESHED)]),
            (Refreshed,        [Ok(PrimingRefreshed), no_prime,      Err(TOO_LATE_TO_WARM), no_warm,    Err(ALREADY_REFRESHED), Ok(Spent)]),
            (PrimingRefreshed, [Err(PRIMING),         Ok(Refreshed), Err(PRIMING),          no_warm,    Err(PRIMING),           Err(PRIMING)]),
            (Spent,            [Err(SPENT),           no_prime,      Err(SPENT),            no_warm,    Err(SPENT),             Err(SPENT)]),
        ];
        for (phase, expected) in table {
            for (step, outcome) in steps.into_iter().zip(expected) {
                assert_eq!(phase.after(step), outcome, "{phase:?} {step:?}");
            }
        }
    }

    #[test]
    fn rejects_a_second_execution() {
        let lifecycle = Lifecycle::booted();
        assert_eq!(lifecycle.take(Step::Execute), Err(NOT_REFRESHED));
        lifecycle.take(Step::Refresh).unwrap();
        lifecycle.take(Step::Execute).unwrap();
        assert_eq!(lifecycle.take(Step::Execute), Err(SPENT));
    }
}
