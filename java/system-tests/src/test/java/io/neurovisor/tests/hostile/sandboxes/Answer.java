package io.neurovisor.tests.hostile.sandboxes;

import static java.util.Objects.requireNonNull;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/**
 * A stream to the host that a compromised agent fills, in a thread of its own. It waits where HTTP/2 holds it back, so that an
 * endless attack fills no buffers of the agent, which shares its memory with the host of a test.
 */
final class Answer<T> {
    private final ServerCallStreamObserver<T> host;
    private final Semaphore ready = new Semaphore(0);
    private final Semaphore credit = new Semaphore(0);
    private final CountDownLatch cancelled = new CountDownLatch(1);

    private Answer(ServerCallStreamObserver<T> host) {
        this.host = requireNonNull(host, "host is null");
    }

    /** @param credit returns the credit of a request, 0 if it has none */
    static <Q, T> StreamObserver<Q> begin(StreamObserver<T> host, Consumer<Answer<T>> script, ToIntFunction<Q> credit) {
        Answer<T> answer = new Answer<>(HostileServices.call(host));
        answer.host.setOnReadyHandler(answer.ready::release);
        answer.host.setOnCancelHandler(answer::cancel);
        Thread _ = Thread.startVirtualThread(() -> answer.send(script));
        return new StreamObserver<>() {
            @Override
            public void onNext(Q request) {
                answer.credit.release(credit.applyAsInt(request));
            }

            @Override
            public void onError(Throwable gone) {
                answer.cancel();
            }

            @Override
            public void onCompleted() {}
        };
    }

    private void send(Consumer<Answer<T>> script) {
        try {
            script.accept(this);
            cancelled.await();
        } catch (CancellationException hungUp) {
            // The host has closed the call.
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
    }

    /** Sends a message whether the host has granted it or not. */
    void say(T message) {
        while (!host.isReady() && cancelled.getCount() > 0) {
            take(ready, 1);
        }
        if (cancelled.getCount() == 0) {
            throw new CancellationException("the host has closed the call");
        }
        host.onNext(message);
    }

    /** Waits until the host has granted so many bytes, and uses them up. */
    void awaitCredit(int bytes) {
        take(credit, bytes);
    }

    private static void take(Semaphore semaphore, int permits) {
        try {
            semaphore.acquire(permits);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        }
    }

    private void cancel() {
        cancelled.countDown();
        // Enough for every wait.
        ready.release();
        credit.release(1 << 20);
    }
}
