package io.neurovisor.engine.process;

/** Where the output begins that a process is attached to for. */
public sealed interface OutputStart {
    /** All output that the guest has kept. */
    record Kept() implements OutputStart {}

    /** Output from these positions on; a gap is reported if the guest has dropped some of it. */
    record From(OutputOffsets offsets) implements OutputStart {}

    /** Only output that is produced from now on. */
    record Now() implements OutputStart {}
}
