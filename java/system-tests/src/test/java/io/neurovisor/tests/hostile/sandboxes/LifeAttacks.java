package io.neurovisor.tests.hostile.sandboxes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.guest.StatsRequest;
import io.neurovisor.proto.guest.StatsResponse;
import io.neurovisor.tests.hostile.guest.ForgedFrames;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Attacks between the calls of clients, and in the answer by which a machine becomes a sandbox. */
final class LifeAttacks {
    /** A stream of the host that it has not begun. */
    private static final int UNOPENED = 9999;

    private static final String ENDED = "the guest agent ended its connection";
    private static final String FLOODED = "the guest agent began more than 100 requests and 50 a second for 10 s";
    private static final long MEMORY_BYTES = (long) SandboxSize.SMALL.memoryMebibytes() << 20;

    private LifeAttacks() {}

    static List<SandboxAttack> all() {
        return List.of(
                unasked(
                        "an answer to nothing",
                        ForgedFrames.headers(UNOPENED, ForgedFrames.END_HEADERS, ":status", "200")),
                unasked(
                        "data of a call that was never made",
                        ForgedFrames.frame(ForgedFrames.DATA, 0, UNOPENED, new byte[1000])),
                unasked("a good-bye", ForgedFrames.goAway(0, 0, "\u001b[2J")),
                SandboxAttack.idle("hanging up", ENDED, (_, agent) -> agent.hangUp()),
                SandboxAttack.idle("a flood of pings", FLOODED, (_, agent) -> {
                    byte[] pings = ForgedFrames.repeat(ForgedFrames.frame(ForgedFrames.PING, 0, 0, new byte[8]), 1000);
                    while (agent.write(pings)) {
                        // Until the host closes the connection.
                    }
                }),
                new SandboxAttack(
                        "silence, and no sign of life when asked",
                        List.of(new Silent(), HostileServices.starting(_ -> {})),
                        (sandbox, _) -> sandbox.processes()
                                .start(
                                        ProcessAttacks.command("true"),
                                        Deadline.after(Duration.ofMillis(200), Ticker.SYSTEM)),
                        Optional.of("the guest agent did not answer in time")),
                SandboxAttack.bounded(
                        "a claim of endless disk space",
                        List.of(new AdoptedGuest(-1)),
                        (sandbox, _) -> assertThat(sandbox.diskBytes()).isBetween(0L, MEMORY_BYTES)),
                SandboxAttack.bounded(
                        "a claim of more disk space than memory",
                        List.of(new AdoptedGuest(Long.MAX_VALUE)),
                        (sandbox, _) -> assertThat(sandbox.diskBytes()).isEqualTo(MEMORY_BYTES)),
                SandboxAttack.bounded(
                        "a false answer to Adopt",
                        List.of(new AdoptedGuest()),
                        (sandbox, _) -> assertThatThrownBy(() -> ProcessAttacks.run(sandbox))
                                .isInstanceOfSatisfying(
                                        NeuroVisorException.class,
                                        failure -> assertThat(failure.fault()).isEqualTo(Fault.GUEST_REFUSED))));
    }

    private static SandboxAttack unasked(String name, byte[] frames) {
        return SandboxAttack.idle(
                name, ENDED, (_, agent) -> assertThat(agent.write(frames)).isTrue());
    }

    /** A guest that becomes a sandbox and answers nothing more. */
    private static final class Silent extends AdoptedGuest {
        @Override
        public void stats(StatsRequest request, StreamObserver<StatsResponse> host) {
            HostileServices.call(host).setOnCancelHandler(() -> {});
        }
    }
}
