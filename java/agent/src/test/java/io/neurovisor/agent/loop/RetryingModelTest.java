package io.neurovisor.agent.loop;

import static io.neurovisor.agent.loop.ScriptedModel.fails;
import static io.neurovisor.agent.loop.ScriptedModel.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.agent.model.RetryingModel;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class RetryingModelTest {
    private final List<Duration> pauses = new ArrayList<>();

    @Test
    void retriesTransientFailuresWithBackOff() {
        ScriptedModel model = ScriptedModel.of(
                fails(ModelFailure.Reason.UNREACHABLE),
                fails(ModelFailure.Reason.BUSY),
                fails(ModelFailure.Reason.BROKEN_STREAM),
                says("ok"));
        assertThat(ask(model, Duration.ofMinutes(1))).isEqualTo("ok");
        assertThat(pauses).hasSize(3);
        for (int attempt = 0; attempt < 3; attempt++) {
            assertThat(pauses.get(attempt).toMillis()).isBetween(250L << attempt, 500L << attempt);
        }
    }

    @Test
    void givesUpWithTheLastReason() {
        ScriptedModel model = ScriptedModel.of(fails(ModelFailure.Reason.SERVER_ERROR));
        assertThatThrownBy(() -> ask(model, Duration.ofMinutes(1))).hasMessage("it is SERVER_ERROR");
        assertThat(model.requests()).hasSize(4);
    }

    @ParameterizedTest
    @EnumSource(ModelFailure.Reason.class)
    void doesNotRetryPermanentFailures(ModelFailure.Reason reason) {
        ScriptedModel model = ScriptedModel.of(fails(reason));
        assertThatThrownBy(() -> ask(model, Duration.ofMinutes(1))).isInstanceOf(ModelFailure.class);
        assertThat(model.requests()).hasSize(reason.isTransient() ? 4 : 1);
    }

    @Test
    void honoursRetryAfterWithinBounds() {
        ScriptedModel model = ScriptedModel.of(
                () -> {
                    throw new ModelFailure(ModelFailure.Reason.BUSY, "busy", Duration.ofSeconds(7), null);
                },
                () -> {
                    throw new ModelFailure(ModelFailure.Reason.BUSY, "busy", Duration.ofHours(7), null);
                },
                says("ok"));
        assertThat(ask(model, Duration.ofMinutes(1))).isEqualTo("ok");
        assertThat(pauses).containsExactly(Duration.ofSeconds(7), Duration.ofSeconds(30));
    }

    @Test
    void noPauseExceedsTheRemainingTime() {
        ScriptedModel model = ScriptedModel.of(fails(ModelFailure.Reason.BUSY), says("late"));
        assertThatThrownBy(() -> ask(model, Duration.ofMillis(100))).isInstanceOf(ModelFailure.class);
        assertThat(pauses).isEmpty();
    }

    @Test
    void anInterruptedPauseCancels() {
        RetryingModel model = new RetryingModel(
                ScriptedModel.of(fails(ModelFailure.Reason.BUSY)),
                _ -> {
                    throw new InterruptedException();
                },
                new Random(1),
                Ticker.SYSTEM);
        assertThatThrownBy(() -> model.ask(request(Duration.ofMinutes(1)), ReplyListener.NONE))
                .isInstanceOfSatisfying(
                        ModelFailure.class,
                        failure -> assertThat(failure.reason()).isEqualTo(ModelFailure.Reason.CANCELLED));
    }

    private String ask(ScriptedModel model, Duration timeout) {
        return new RetryingModel(model, pauses::add, new Random(1), Ticker.SYSTEM)
                .ask(request(timeout), ReplyListener.NONE)
                .text();
    }

    private static ModelRequest request(Duration timeout) {
        return new ModelRequest(List.of(new Message.User("x")), timeout);
    }
}
