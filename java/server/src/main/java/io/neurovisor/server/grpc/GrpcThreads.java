package io.neurovisor.server.grpc;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The threads that accept connections, serve them and start calls. */
final class GrpcThreads implements AutoCloseable {
    private final EventLoopGroup acceptors = loop("grpc-accept", 1);
    private final EventLoopGroup workers =
            loop("grpc", Math.max(2, Runtime.getRuntime().availableProcessors()));
    private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();

    EventLoopGroup acceptors() {
        return acceptors;
    }

    EventLoopGroup workers() {
        return workers;
    }

    ExecutorService calls() {
        return calls;
    }

    /**
     * Returns when every event loop and the executor of calls have run a task.
     *
     * @throws NeuroVisorException if one of them does not do so within the limit
     */
    void checkAlive(Duration limit) {
        Deadline deadline = Deadline.after(limit, Ticker.SYSTEM);
        List<Future<?>> tasks = new ArrayList<>();
        acceptors.forEach(thread -> tasks.add(thread.submit(() -> {})));
        workers.forEach(thread -> tasks.add(thread.submit(() -> {})));
        tasks.add(calls.submit(() -> {}));
        try {
            for (Future<?> task : tasks) {
                task.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
            }
        } catch (TimeoutException | ExecutionException exception) {
            throw new NeuroVisorException(
                    Fault.INTERNAL,
                    "a thread that serves gRPC has not run a task within " + limit.toMillis() + " ms",
                    exception);
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("the check of gRPC was interrupted", exception);
        }
    }

    @Override
    public void close() {
        calls.close();
        for (EventLoopGroup loop : List.of(acceptors, workers)) {
            Future<?> _ = loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        }
    }

    private static EventLoopGroup loop(String name, int threads) {
        return new MultiThreadIoEventLoopGroup(
                threads, new DefaultThreadFactory(name, true), NioIoHandler.newFactory());
    }
}
