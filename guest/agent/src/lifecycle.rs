//! The phases of a VM and the steps between them.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::watch;

use crate::connection::ConnectionNumber;

/// The phase of a VM between its boot and its only execution, or its life as a sandbox.
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
    /// A living sandbox, with any number of processes.
    Adopted,
    /// All programs of the sandbox stand still, until they are thawed over this connection. This state is saved as a
    /// checkpoint.
    Frozen(ConnectionNumber),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    BeginPrime,
    /// Taken only when all traces have been removed. If that fails, the VM stays unusable.
    EndPrime,
    BeginWarm,
    EndWarm,
    Refresh(ConnectionNumber),
    Execute,
    Adopt,
    Freeze(ConnectionNumber),
    /// Possible only over the connection of the last Freeze or Refresh. A sandbox is not saved while a connection is open, so it
    /// has been unique since then. Over another connection it may be a clone, which must not run a program before a Refresh.
    Thaw(ConnectionNumber),
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
const ADOPTED: WrongPhase = "this VM is a living sandbox: start processes in it";
const NOT_ADOPTED: WrongPhase = "this VM is not a living sandbox: call Adopt first";
const ALREADY_ADOPTED: WrongPhase = "this VM has been adopted already";
const FROZEN: WrongPhase = "the programs of this sandbox stand still: call Refresh, then Thaw";
const NOT_FROZEN: WrongPhase = "the programs of this sandbox are not frozen";
const MAY_BE_A_CLONE: WrongPhase =
    "this sandbox may be a clone of a saved one: call Refresh before Thaw, over the same connection";
const TOO_LATE_TO_WARM: WrongPhase =
    "Warm is possible only before Refresh, while a template is made";

impl Phase {
    fn is_frozen(self) -> bool {
        matches!(self, Phase::Frozen(_))
    }

    fn after(self, step: Step) -> Result<Phase, WrongPhase> {
        match (self, step) {
            (Phase::Booted, Step::BeginPrime) => Ok(Phase::PrimingBooted),
            (Phase::Refreshed, Step::BeginPrime) => Ok(Phase::PrimingRefreshed),
            (Phase::PrimingBooted, Step::EndPrime) => Ok(Phase::Booted),
            (Phase::PrimingRefreshed, Step::EndPrime) => Ok(Phase::Refreshed),
            (Phase::Booted, Step::BeginWarm) => Ok(Phase::Warming),
            (Phase::Warming, Step::EndWarm) => Ok(Phase::Warmed),
            (Phase::Booted | Phase::Warmed, Step::Refresh(_)) => Ok(Phase::Refreshed),
            (Phase::Refreshed, Step::Execute) => Ok(Phase::Spent),
            (Phase::Refreshed, Step::Adopt) => Ok(Phase::Adopted),
            (Phase::Adopted, Step::Freeze(by)) | (Phase::Frozen(_), Step::Refresh(by)) => {
                Ok(Phase::Frozen(by))
            }
            (Phase::Frozen(last), Step::Thaw(by)) if last == by => Ok(Phase::Adopted),

            (_, Step::EndPrime) => Err(NOT_PRIMING),
            (_, Step::EndWarm) => Err(NOT_WARMING),
            (Phase::Spent, _) => Err(SPENT),
            (Phase::Frozen(_), Step::Thaw(_)) => Err(MAY_BE_A_CLONE),
            (Phase::Frozen(_), _) => Err(FROZEN),
            (Phase::Adopted, Step::Adopt) => Err(ALREADY_ADOPTED),
            (Phase::Adopted, Step::Thaw(_)) => Err(NOT_FROZEN),
            (Phase::Adopted, _) => Err(ADOPTED),
            (_, Step::Freeze(_) | Step::Thaw(_)) => Err(NOT_ADOPTED),
            (Phase::Warming, _) => Err(WARMING),
            (Phase::Warmed, Step::BeginPrime | Step::BeginWarm) => Err(WARMED),
            (Phase::Refreshed, Step::BeginWarm) => Err(TOO_LATE_TO_WARM),
            (Phase::PrimingBooted | Phase::PrimingRefreshed, _) => Err(PRIMING),
            (Phase::Refreshed, Step::Refresh(_)) => Err(ALREADY_REFRESHED),
            (Phase::Booted | Phase::Warmed, Step::Execute | Step::Adopt) => Err(NOT_REFRESHED),
        }
    }
}

/// The phase of this VM, which its services share.
#[derive(Clone)]
pub struct Lifecycle(Arc<watch::Sender<State>>);

#[derive(Clone, Copy)]
struct State {
    phase: Phase,
    freezes: u64,
}

impl Lifecycle {
    pub fn booted() -> Self {
        Self(Arc::new(watch::Sender::new(State {
            phase: Phase::Booted,
            freezes: 0,
        })))
    }

    /// Takes a step. On an error the phase is unchanged.
    pub fn take(&self, step: Step) -> Result<(), WrongPhase> {
        let mut taken = Ok(());
        self.0.send_if_modified(|state| {
            taken = state.phase.after(step).map(|after| state.phase = after);
            state.freezes += u64::from(taken.is_ok() && matches!(step, Step::Freeze(_)));
            taken.is_ok()
        });
        taken
    }

    /// Checks whether a step could be taken.
    pub fn check(&self, step: Step) -> Result<(), WrongPhase> {
        self.phase().after(step).map(drop)
    }

    /// Checks that this VM is a living sandbox whose programs run.
    pub fn require_adopted(&self) -> Result<(), WrongPhase> {
        match self.phase() {
            Phase::Adopted => Ok(()),
            phase if phase.is_frozen() => Err(FROZEN),
            _ => Err(NOT_ADOPTED),
        }
    }

    pub fn is_frozen(&self) -> bool {
        self.phase().is_frozen()
    }

    /// Returns how often this VM has been frozen.
    pub fn freezes(&self) -> u64 {
        self.0.borrow().freezes
    }

    /// Returns a future that completes when this VM is frozen again, even if it has been thawed since.
    pub fn next_freeze(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut states = self.0.subscribe();
        let before = self.freezes();
        async move {
            if states
                .wait_for(|state| state.freezes > before)
                .await
                .is_err()
            {
                // Nothing can freeze it any more.
                std::future::pending::<()>().await;
            }
        }
    }

    fn phase(&self) -> Phase {
        self.0.borrow().phase
    }

    /// Takes the step of a refresh over a connection that does not exist.
    #[cfg(test)]
    pub fn refresh_in_test(&self) {
        let step = Step::Refresh(ConnectionNumber::in_test(0));
        self.take(step).unwrap();
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    const ONE: ConnectionNumber = ConnectionNumber::in_test(1);
    const OTHER: ConnectionNumber = ConnectionNumber::in_test(2);

    #[test]
    fn defines_every_step_from_every_phase() {
        use Phase::{
            Adopted, Booted, Frozen, PrimingBooted, PrimingRefreshed, Refreshed, Spent, Warmed,
            Warming,
        };
        let steps = [
            Step::BeginPrime,
            Step::EndPrime,
            Step::BeginWarm,
            Step::EndWarm,
            Step::Refresh(ONE),
            Step::Execute,
            Step::Adopt,
            Step::Freeze(ONE),
            Step::Thaw(ONE),
        ];
        let (no_prime, no_warm) = (Err(NOT_PRIMING), Err(NOT_WARMING));
        let no_sandbox = Err(NOT_ADOPTED);
        #[rustfmt::skip]
        let table = [
            (Booted,            [Ok(PrimingBooted),    no_prime,      Ok(Warming),           no_warm,    Ok(Refreshed),          Err(NOT_REFRESHED), Err(NOT_REFRESHED),   no_sandbox,      no_sandbox]),
            (PrimingBooted,     [Err(PRIMING),         Ok(Booted),    Err(PRIMING),          no_warm,    Err(PRIMING),           Err(PRIMING),       Err(PRIMING),         no_sandbox,      no_sandbox]),
            (Warming,           [Err(WARMING),         no_prime,      Err(WARMING),          Ok(Warmed), Err(WARMING),           Err(WARMING),       Err(WARMING),         no_sandbox,      no_sandbox]),
            (Warmed,            [Err(WARMED),          no_prime,      Err(WARMED),           no_warm,    Ok(Refreshed),          Err(NOT_REFRESHED), Err(NOT_REFRESHED),   no_sandbox,      no_sandbox]),
            (Refreshed,         [Ok(PrimingRefreshed), no_prime,      Err(TOO_LATE_TO_WARM), no_warm,    Err(ALREADY_REFRESHED), Ok(Spent),          Ok(Adopted),          no_sandbox,      no_sandbox]),
            (PrimingRefreshed,  [Err(PRIMING),         Ok(Refreshed), Err(PRIMING),          no_warm,    Err(PRIMING),           Err(PRIMING),       Err(PRIMING),         no_sandbox,      no_sandbox]),
            (Spent,             [Err(SPENT),           no_prime,      Err(SPENT),            no_warm,    Err(SPENT),             Err(SPENT),         Err(SPENT),           Err(SPENT),      Err(SPENT)]),
            (Adopted,           [Err(ADOPTED),         no_prime,      Err(ADOPTED),          no_warm,    Err(ADOPTED),           Err(ADOPTED),       Err(ALREADY_ADOPTED), Ok(Frozen(ONE)), Err(NOT_FROZEN)]),
            (Frozen(ONE),       [Err(FROZEN),          no_prime,      Err(FROZEN),           no_warm,    Ok(Frozen(ONE)),        Err(FROZEN),        Err(FROZEN),          Err(FROZEN),     Ok(Adopted)]),
            (Frozen(OTHER),     [Err(FROZEN),          no_prime,      Err(FROZEN),           no_warm,    Ok(Frozen(ONE)),        Err(FROZEN),        Err(FROZEN),          Err(FROZEN),     Err(MAY_BE_A_CLONE)]),
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
        lifecycle.take(Step::Refresh(ONE)).unwrap();
        lifecycle.take(Step::Execute).unwrap();
        assert_eq!(lifecycle.take(Step::Execute), Err(SPENT));
    }

    #[tokio::test]
    async fn a_freeze_is_noticed_after_a_thaw() {
        let lifecycle = Lifecycle::booted();
        for step in [
            Step::Refresh(ONE),
            Step::Adopt,
            Step::Freeze(ONE),
            Step::Thaw(ONE),
        ] {
            lifecycle.take(step).unwrap();
        }
        let before = lifecycle.freezes();
        let mut freeze = Box::pin(lifecycle.next_freeze());
        let mut context = Context::from_waker(Waker::noop());
        assert!(freeze.as_mut().poll(&mut context).is_pending());
        lifecycle.take(Step::Freeze(ONE)).unwrap();
        lifecycle.take(Step::Thaw(ONE)).unwrap();
        freeze.await;
        assert_eq!(lifecycle.freezes(), before + 1);
    }

    #[test]
    fn serves_processes_and_files_only_in_a_running_sandbox() {
        let lifecycle = Lifecycle::booted();
        assert_eq!(lifecycle.require_adopted(), Err(NOT_ADOPTED));
        lifecycle.take(Step::Refresh(ONE)).unwrap();
        assert_eq!(lifecycle.require_adopted(), Err(NOT_ADOPTED));
        lifecycle.take(Step::Adopt).unwrap();
        assert_eq!(lifecycle.require_adopted(), Ok(()));
        lifecycle.take(Step::Freeze(ONE)).unwrap();
        assert_eq!(lifecycle.require_adopted(), Err(FROZEN));
        lifecycle.take(Step::Refresh(OTHER)).unwrap();
        assert_eq!(lifecycle.require_adopted(), Err(FROZEN));
        lifecycle.take(Step::Thaw(OTHER)).unwrap();
        assert_eq!(lifecycle.require_adopted(), Ok(()));
    }
}
