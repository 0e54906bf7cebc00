package io.neurovisor.lab;

import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolResult;
import java.util.concurrent.CompletableFuture;

/** A tool that runs in the background; it ends when this is closed, or earlier by itself. */
final class RunningTool implements AutoCloseable {
    private final CompletableFuture<ToolResult> result = new CompletableFuture<>();
    private final Thread thread;

    private RunningTool(Tool tool) {
        this.thread = Thread.ofPlatform().daemon().name("lab-qemu").unstarted(() -> run(tool));
    }

    static RunningTool start(Tool tool) {
        RunningTool running = new RunningTool(tool);
        running.thread.start();
        return running;
    }

    CompletableFuture<ToolResult> result() {
        return result;
    }

    private void run(Tool tool) {
        try {
            result.complete(tool.run());
        } catch (RuntimeException failure) {
            result.completeExceptionally(failure);
        }
    }

    /** Returns when the tool has ended. */
    @Override
    public void close() {
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException interrupt) {
                // Noted for later: returning now would leave the machine's files behind.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
