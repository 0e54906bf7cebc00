package io.neurovisor.server.doctor;

import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.ProgramRun;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.host.doctor.Finding;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;

/** Compares a guest's clock with the host's by running a program that prints the time. */
record GuestClock(InstantSource clock) {
    private static final String NAME = "guest-clock";
    private static final Duration ALLOWED = Duration.ofSeconds(1);
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    /** Runs the program, after which the machine cannot be used again. */
    Finding examine(Machine machine) {
        Answer answer = new Answer();
        Instant before = clock.instant();
        ProgramRun run = machine.run(
                new Program(Language.BASH, "echo $EPOCHREALTIME"), TIMEOUT, new TraceId(UUID.randomUUID()), answer);
        Instant after = clock.instant();
        if (run.exit().outcome() != Outcome.COMPLETED) {
            String detail = "the program that prints the time: " + run.exit().outcome() + " " + run.detail();
            return run.exit().outcome() == Outcome.TIMED_OUT
                    ? Finding.unknown(NAME, detail, MachineExamination.AGAIN)
                    : Finding.fail(NAME, detail, "");
        }
        return parse(answer.text)
                .map(guest -> compare(guest, before, after))
                .orElseGet(() -> Finding.fail(NAME, "the guest does not return the time", ""));
    }

    /** Compares the guest's time with the host's times before and after it was read. */
    static Finding compare(Instant guest, Instant before, Instant after) {
        Duration behind = Duration.between(guest, before);
        Duration ahead = Duration.between(after, guest);
        Duration skew = behind.compareTo(ahead) > 0 ? behind : ahead;
        if (skew.compareTo(ALLOWED) > 0) {
            return Finding.fail(
                    NAME,
                    "the guest's clock is " + skew.toMillis() + " ms " + (skew.equals(behind) ? "behind" : "ahead"),
                    "");
        }
        return Finding.pass(NAME, "within " + Math.max(1, skew.toMillis()) + " ms of this machine's");
    }

    /** Parses seconds with a fraction; empty for any other output. */
    static Optional<Instant> parse(String text) {
        if (!text.strip().matches("\\d{1,12}[.,]\\d{6}")) {
            return Optional.empty();
        }
        BigDecimal seconds = new BigDecimal(text.strip().replace(',', '.'));
        return Optional.of(Instant.ofEpochSecond(
                seconds.longValue(),
                seconds.remainder(BigDecimal.ONE).movePointRight(9).longValue()));
    }

    private static final class Answer implements OutputSink {
        private static final int MAX_CHARACTERS = 64;

        private String text = "";

        @Override
        public void stdout(ByteBuffer bytes) {
            if (text.length() < MAX_CHARACTERS) {
                text += StandardCharsets.US_ASCII.decode(bytes);
            }
        }

        @Override
        public void stderr(ByteBuffer bytes) {}

        @Override
        public void file(String path, ByteBuffer part, boolean last) {}
    }
}
